"""Studies for the server's tests."""

from __future__ import annotations

import locale
from pathlib import Path

import nibabel as nib
import numpy as np
import SimpleITK as sitk
from scipy.spatial.transform import Rotation

from fakes import synthetic_abdomen, write_case
from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.studies.nifti import write_volume

SLOW_SLICES = 41
"""The fake app takes its time with images of so many slices."""
SLOW_S = 2.0


def oblique_abdomen() -> Volume:
    """The synthetic abdomen on a turned, flipped grid of three different spacings."""
    volume = synthetic_abdomen(3)
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xyz", (8, -12, 15), degrees=True).as_matrix() @ np.diag([3.1, -4.2, -5.3])
    affine[:3, 3] = (-90.5, 120.25, 60.75)
    return Volume(volume.array, affine)


def abdomen_elsewhere(seed: int, phase: Phase) -> Volume:
    """The body of `synthetic_abdomen` where it lies, in other voxels: more, wider or narrower, from the top down."""
    usual, other = synthetic_abdomen(seed, phase=phase), synthetic_abdomen(seed, (56, 60, 48), phase)
    scale = (np.array(usual.shape) - 1) / (np.array(other.shape) - 1)
    upside_down = np.diag([1.0, 1.0, -1.0, 1.0])
    upside_down[2, 3] = other.shape[2] - 1
    return Volume(other.array[:, :, ::-1], usual.affine @ np.diag([*scale, 1.0]) @ upside_down)


def write_oblique(folder: Path, case: str) -> Path:
    """Write it as ``folder/case.nii.gz``."""
    path = folder / f"{case}.nii.gz"
    write_volume(oblique_abdomen(), path)
    return path


def write_phases(folder: Path, case: str) -> Path:
    """Write a folder of an arterial and a portal phase."""
    for phase in (Phase.ARTERIAL, Phase.PORTAL):
        write_volume(synthetic_abdomen(1, phase=phase), folder / case / f"{phase.value}.nii.gz")
    return folder / case


def voxels(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Array and affine of a NIfTI file, read without LiverCAD."""
    image = nib.load(path)
    return np.asarray(image.dataobj), image.affine


def write_slow(folder: Path, case: str, seed: int) -> Path:
    """Write a case that the fake app takes `SLOW_S` seconds for."""
    return write_case(folder, case, seed, shape=(64, 64, SLOW_SLICES))


def write_dicom(folder: Path, volume: Volume) -> Path:
    """Write a volume as an axial CT series."""
    image = sitk.GetImageFromArray(volume.array.T)
    to_lps = np.diag([-1.0, -1.0, 1.0])
    directions = to_lps @ volume.affine[:3, :3] / volume.spacing
    image.SetSpacing(volume.spacing)
    image.SetDirection(directions.ravel())
    image.SetOrigin(to_lps @ volume.affine[:3, 3])
    folder.mkdir(parents=True)
    writer = sitk.ImageFileWriter()
    writer.KeepOriginalImageUIDOn()
    common = {
        "0008|0016": "1.2.840.10008.5.1.4.1.1.2",
        "0008|0060": "CT",
        "0010|0010": "Phantom",
        "0020|000d": "1.2.826.0.1.3680043.2.1125.1",
        "0020|000e": "1.2.826.0.1.3680043.2.1125.1.1",
        "0020|0037": "\\".join(f"{value:.6f}" for value in directions[:, :2].T.ravel()),
        "0028|1052": "0",
        "0028|1053": "1",
    }
    for number in range(volume.shape[2]):
        piece = image[:, :, number]
        position = image.TransformIndexToPhysicalPoint((0, 0, number))
        own = {
            "0008|0018": f"1.2.826.0.1.3680043.2.1125.1.1.{number + 1}",
            "0018|0050": str(volume.spacing[2]),
            "0020|0013": str(number + 1),
            "0020|0032": "\\".join(f"{value:.6f}" for value in position),
        }
        for tag, value in {**common, **own}.items():
            piece.SetMetaData(tag, value)
        writer.SetFileName(str(folder / f"{number:03d}.dcm"))
        # ITK's DICOM writer leaves the process in the C locale, in which Python reads files as ASCII.
        former = locale.setlocale(locale.LC_ALL)
        writer.Execute(piece)
        locale.setlocale(locale.LC_ALL, former)
    return folder
