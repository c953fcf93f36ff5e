"""Studies for the server's tests."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
from fakes import synthetic_abdomen
from livercad.core.volume import Volume
from livercad.studies.nifti import write_volume
from scipy.spatial.transform import Rotation


def oblique_abdomen() -> Volume:
    """The synthetic abdomen on a turned, flipped grid of three different spacings."""
    volume = synthetic_abdomen(3)
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xyz", (8, -12, 15), degrees=True).as_matrix() @ np.diag([3.1, -4.2, -5.3])
    affine[:3, 3] = (-90.5, 120.25, 60.75)
    return Volume(volume.array, affine)


def write_oblique(folder: Path, case: str) -> Path:
    """Write it as ``folder/case.nii.gz``."""
    path = folder / f"{case}.nii.gz"
    write_volume(oblique_abdomen(), path)
    return path


def write_phases(folder: Path, case: str) -> Path:
    """Write a folder of an arterial and a portal phase, of different lesions."""
    for seed, phase in enumerate(("arterial", "portal")):
        write_volume(synthetic_abdomen(seed), folder / case / f"{phase}.nii.gz")
    return folder / case


def voxels(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Array and affine of a NIfTI file, read without LiverCAD."""
    image = nib.load(path)
    return np.asarray(image.dataobj), image.affine
