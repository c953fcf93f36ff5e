"""Small CT on all kinds of grids, DICOM series of them written by pydicom, and folders of studies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid
from scipy.spatial.transform import Rotation

from livercad.core.volume import Volume
from livercad.studies.discover import find_studies


def _affine(matrix: np.ndarray) -> np.ndarray:
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = matrix, (12.5, -40.25, 700.0)
    return affine


GRIDS = {
    "plain": _affine(np.diag([1.0, 1.0, 1.0])),
    "anisotropic": _affine(np.diag([0.7, 0.9, 5.0])),
    "flipped": _affine(np.diag([-0.75, -0.75, 2.5])),
    "left-handed": _affine(np.diag([0.75, -0.75, 2.5])),
    "upside down": _affine(np.diag([-0.75, 0.75, -2.5])),
    "permuted": _affine(np.array([[0, 0, -1.5], [0.8, 0, 0], [0, 0.9, 0]])),
    "oblique": _affine(Rotation.from_euler("xyz", [12, -7, 25], degrees=True).as_matrix() * [-0.7, -0.8, 3.0]),
}
"""Voxel to RAS mm."""


def ct_array(shape: tuple[int, int, int] = (24, 20, 12), seed: int = 0) -> np.ndarray:
    """A body in air: fat around soft tissue, a little bone; int16 HU with noise."""
    rng = np.random.default_rng(seed)
    x, y, _ = np.meshgrid(*[np.linspace(-1, 1, n) for n in shape], indexing="ij")
    radius = np.hypot(x, y)
    hu = np.select([radius < 0.1, radius < 0.6, radius < 0.8], [600.0, 60.0, -100.0], -1000.0)
    return np.maximum(hu + rng.normal(0, 8, shape), -1024).astype(np.int16)


def write_dicom_series(
    folder: Path,
    volume: Volume,
    description: str = "",
    *,
    study: str = "",
    prefix: str = "",
    slope: float = 1.0,
    **tags: object,
) -> list[Path]:
    """Write a volume in HU as a DICOM series, one slice a file, the file names in no order of position.

    Extra keyword arguments set DICOM attributes of every slice; None removes one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ volume.affine
    columns, rows = lps[:3, 0], lps[:3, 1]
    series, study = generate_uid(), study or generate_uid()
    paths = []
    for k in range(volume.shape[2]):
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = CTImageStorage, generate_uid()
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        path = folder / f"{prefix}{k * 7 % volume.shape[2]:03d}.dcm"
        slice_ = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
        slice_.is_little_endian, slice_.is_implicit_VR = True, False
        slice_.SOPClassUID, slice_.SOPInstanceUID = CTImageStorage, meta.MediaStorageSOPInstanceUID
        slice_.SeriesInstanceUID, slice_.StudyInstanceUID, slice_.StudyDate = series, study, "20200102"
        slice_.SeriesDescription, slice_.Modality, slice_.ImageType = (
            description,
            "CT",
            ["ORIGINAL", "PRIMARY", "AXIAL"],
        )
        slice_.Rows, slice_.Columns = volume.shape[1], volume.shape[0]
        slice_.PixelSpacing = [_text(np.linalg.norm(rows)), _text(np.linalg.norm(columns))]
        directions = [*columns / np.linalg.norm(columns), *rows / np.linalg.norm(rows)]
        slice_.ImageOrientationPatient = [_text(number) for number in directions]
        slice_.ImagePositionPatient = [_text(number) for number in lps[:3, 2] * k + lps[:3, 3]]
        slice_.BitsAllocated, slice_.BitsStored, slice_.HighBit, slice_.PixelRepresentation = 16, 16, 15, 0
        slice_.SamplesPerPixel, slice_.PhotometricInterpretation = 1, "MONOCHROME2"
        slice_.RescaleSlope, slice_.RescaleIntercept = slope, -1024
        slice_.PixelData = np.round((volume.array[:, :, k].T + 1024.0) / slope).astype("<u2").tobytes()
        for name, value in tags.items():
            if value is None:
                delattr(slice_, name)
            else:
                setattr(slice_, name, value)
        pydicom.dcmwrite(path, slice_, write_like_original=False)
        paths.append(path)
    return paths


def lay(folder: Path, *names: str) -> None:
    """Make files; finding reads no NIfTI, so that their content does not matter."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


def found(folder: Path) -> dict[str, dict[str | None, str]]:
    """The studies in a folder without problems: case → phase → file name."""
    discovery = find_studies(folder)
    assert discovery.problems == ()
    return {
        study.case: {series.phase and series.phase.value: series.files[0].name for series in study.series}
        for study in discovery.studies
    }


def _text(number: float) -> str:
    """A number as a DICOM decimal string of at most 16 characters."""
    return f"{number:.10f}"[:16]
