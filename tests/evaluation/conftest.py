"""Masks with known answers, and folders of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from livercad.core.volume import Volume
from livercad.studies.nifti import write_volume

WriteMasks = Callable[..., None]


@pytest.fixture
def write_masks() -> WriteMasks:
    """Write the masks given by name into a case's folder."""

    def write(folder: Path, affine: np.ndarray, **masks: np.ndarray) -> None:
        for name, array in masks.items():
            write_volume(Volume(array, affine), folder / f"{name}.nii.gz")

    return write


@pytest.fixture
def blobs() -> Callable[[int, tuple[int, int, int]], np.ndarray]:
    """An irregular mask for each seed: the union of a few ellipsoids."""

    def make(seed: int, shape: tuple[int, int, int] = (40, 36, 30)) -> np.ndarray:
        rng = np.random.default_rng(seed)
        grid = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1)
        mask = np.zeros(shape, dtype=bool)
        for _ in range(4):
            center, radii = rng.uniform(0.35, 0.65, 3) * shape, rng.uniform(3, 8, 3)
            mask |= (((grid - center) / radii) ** 2).sum(axis=-1) < 1
        return mask

    return make
