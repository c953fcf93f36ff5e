"""Small livers with a lesion, in files of any orientation, for the tests of trainings."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from livercad.core.geometry import transform_points
from livercad.core.volume import Volume
from livercad.learning.cases import LabelledCase
from livercad.learning.truth import cases_of_truth
from livercad.studies.nifti import write_volume

LIVER_HU, LESION_HU, BODY_HU = 110, 20, 150


def affine_of(flipped: bool) -> np.ndarray:
    affine = np.diag([-2.0, -2.0, 3.0, 1.0]) if not flipped else np.array(
        [[0, 0, 2.0, 0], [2.0, 0, 0, 0], [0, -3.0, 0, 0], [0, 0, 0, 1]]
    )  # fmt: skip
    affine[:3, 3] = (20, -30, 400)
    return affine


def write_liver(folder: Path, name: str, seed: int, flipped: bool = False) -> None:
    """A ball of 20 mm with a dark ball in it, somewhere to the right of its middle."""
    rng = np.random.default_rng(seed)
    shape = (30, 30, 20) if not flipped else (30, 20, 30)
    affine = affine_of(flipped)
    grid = transform_points(np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), -1), affine)
    middle = transform_points((np.array(shape) - 1) / 2, affine)
    place = middle + np.array([6, *rng.uniform(-4, 4, 2)])
    liver = np.linalg.norm(grid - middle, axis=-1) < 20
    lesion = np.linalg.norm(grid - place, axis=-1) < 6
    body = np.linalg.norm(grid - middle, axis=-1) < 26
    image = np.where(lesion, LESION_HU, np.where(liver, LIVER_HU, np.where(body, BODY_HU, -1000)))
    image = image + rng.normal(0, 4, shape)
    write_volume(Volume(image.astype(np.int16), affine), folder / "studies" / name / "portal.nii.gz")
    write_volume(Volume(liver.astype(np.uint8), affine), folder / "truth" / name / "liver.nii.gz")
    write_volume(Volume(lesion.astype(np.uint8), affine), folder / "truth" / name / "lesions.nii.gz")


def liver_cases(folder: Path, count: int) -> list[LabelledCase]:
    """As many cases, every other one with its axes in another order."""
    for number in range(count):
        write_liver(folder, f"liver-{number}", number, flipped=number % 2 == 1)
    cases, problems = cases_of_truth(folder)
    assert not problems
    return cases
