"""A pipeline without weights: the real Analyzer around predictors that threshold a simple synthetic abdomen."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
from scipy import ndimage

from livercad.core.findings import ModelUsed
from livercad.core.volume import Volume
from livercad.detection.components import LesionsFound, split_lesions
from livercad.errors import ImageContentError
from livercad.pipeline.analyzer import Analyzer
from livercad.progress import Progress, silent
from livercad.settings import Settings

LIVER_HU, LESION_HU = 110, 40
AFFINE = np.array([[-4.0, 0, 0, 120], [0, -4.0, 0, 110], [0, 0, 5.0, -80], [0, 0, 0, 1]])


def synthetic_abdomen(seed: int = 0, shape: tuple[int, int, int] = (64, 64, 40)) -> Volume:
    """A body with an ellipsoid liver that holds two round lesions, in HU (int16), axes left, posterior, superior."""
    rng = np.random.default_rng(seed)
    grid = np.stack(np.meshgrid(*[np.linspace(-1, 1, n) for n in shape], indexing="ij"))
    hu = np.full(shape, -1000, dtype=np.int16)
    hu[(grid[0] / 0.9) ** 2 + (grid[1] / 0.8) ** 2 < 1] = -20
    center = np.array([-0.3, 0.0, 0.0]) + rng.uniform(-0.05, 0.05, 3)
    liver = sum(((grid[a] - center[a]) / r) ** 2 for a, r in enumerate((0.45, 0.5, 0.6))) < 1
    hu[liver] = LIVER_HU
    for sign in (-1, 1):
        lesion_center = center + np.array([0.0, 0.2 * sign, 0.15 * sign])
        radius = rng.uniform(0.1, 0.16)
        hu[sum((grid[a] - lesion_center[a]) ** 2 for a in range(3)) < radius**2] = LESION_HU
    return Volume(hu, AFFINE)


def write_case(folder: Path, name: str, seed: int = 0, shape: tuple[int, int, int] = (64, 64, 40)) -> Path:
    """Write a synthetic abdomen as ``folder/name.nii.gz``."""
    folder.mkdir(parents=True, exist_ok=True)
    volume = synthetic_abdomen(seed, shape)
    path = folder / f"{name}.nii.gz"
    nib.save(nib.Nifti1Image(volume.array, volume.affine), path)
    return path


class FakeLiverFinder:
    """What has the synthetic liver's HU, its holes filled."""

    model = ModelUsed(name="fake-liver", version="1", sha256="0" * 64, runtime="numpy")

    def __call__(self, ct: Volume, progress: Progress = silent) -> Volume:
        progress(0, 1, "liver")
        mask = ndimage.binary_fill_holes(ct.array == LIVER_HU)
        if not mask.any():
            raise ImageContentError("the image", found="no liver", expected="an abdomen", todo="Check the study.")
        progress(1, 1, "liver")
        return ct.like(mask.astype(np.uint8))


class FakeLesionFinder:
    """What has the synthetic lesions' HU, inside the liver."""

    model = ModelUsed(name="fake-lesions", version="1", sha256="1" * 64, runtime="numpy")

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def __call__(self, ct: Volume, liver: Volume, progress: Progress = silent) -> LesionsFound:
        progress(0, 1, "lesions")
        probability = 0.9 * ((ct.array == LESION_HU) & (liver.array > 0))
        progress(1, 1, "lesions")
        certain = ct.like(probability.astype(np.float32))
        return split_lesions(certain, certain, self.settings)


def fake_analyzer(settings: Settings | None = None) -> Analyzer:
    """An Analyzer that needs no weights and takes milliseconds."""
    settings = settings or Settings()
    return Analyzer(FakeLiverFinder(), FakeLesionFinder(settings), settings)
