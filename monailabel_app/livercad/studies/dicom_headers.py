"""The headers of DICOM files, grouped into series, with the reason where a series is no axial CT volume."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pydicom

FEWEST_SLICES = 3
SPACING_TOLERANCE = 0.1
"""Share of the slice spacing by which one step may differ; a missing slice makes a step differ by a whole spacing."""
MOST_TILT = 0.02
"""Sine of the largest angle (about 1 degree) between the slices' normal and the way they are stacked."""
_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
CT = "CT"
ULTRASOUND = ("US", "IVUS")
"""Modalities whose images are read by `livercad.studies.ultrasound`."""
_DICOM_SUFFIXES = (".dcm", ".dicom", ".ima")
_TAGS = [
    *("SOPClassUID", "SeriesInstanceUID", "StudyInstanceUID", "StudyDate", "SeriesDescription", "Modality"),
    *("ImageType", "Rows", "Columns", "PixelSpacing", "ImageOrientationPatient", "ImagePositionPatient"),
    "NumberOfFrames",
]


@dataclass(frozen=True)
class DicomSeries:
    """One series as its headers tell it.

    Parameters
    ----------
    files : tuple of Path
        In slice order (along the normal of the slices) where the series is usable.
    uid, study_uid : str
        Series and study instance UID.
    study_date : str
        YYYYMMDD, or empty.
    description : str
        What the scanner calls it.
    problem : str
        Why it cannot be used as an axial CT volume; empty when it can.
    modality : str
        As the first file tells; may be empty.
    """

    files: tuple[Path, ...]
    uid: str
    study_uid: str
    study_date: str
    description: str
    problem: str
    modality: str = ""

    @property
    def called(self) -> str:
        """What to call the series in a message."""
        name = f"'{self.description}'" if self.description else self.uid or "without UID"
        return f"{self.files[0].parent} (DICOM series {name}, {len(self.files)} files)"


def is_dicom(path: Path) -> bool:
    """Whether a file's extension or its first bytes say that it is DICOM.

    Parameters
    ----------
    path : Path
        Any file.

    Returns
    -------
    bool
        False as well for a DICOMDIR, which holds no image, and for a file that cannot be opened.
    """
    if path.name.upper() == "DICOMDIR":
        return False
    if path.suffix.lower() in _DICOM_SUFFIXES:
        return True
    try:
        with path.open("rb") as stream:
            return stream.read(132)[128:] == b"DICM"
    except OSError:
        return False


def read_series_headers(paths: Iterable[Path]) -> list[DicomSeries]:
    """Group DICOM files into series and judge each.

    Parameters
    ----------
    paths : iterable of Path
        DICOM files in any order, of any number of series.

    Returns
    -------
    list of DicomSeries
        One for each series instance UID. A file that cannot be read is a series of its own, with the problem told.
    """
    series: dict[str, list[tuple[Path, Any]]] = defaultdict(list)
    found = []
    for path in paths:
        try:
            header = _read(path)
        except Exception as error:  # pydicom raises anything at all on damaged files
            found.append(DicomSeries((path,), "", "", "", path.name, f"its header cannot be read ({error})"))
            continue
        if "SeriesInstanceUID" not in header:
            problem = "it is no whole DICOM file (no series UID)"
            found.append(DicomSeries((path,), "", "", "", path.name, problem, _modality(header)))
            continue
        series[str(header.SeriesInstanceUID)].append((path, header))
    return found + [_judge(uid, members) for uid, members in series.items()]


def _read(path: Path) -> Any:
    header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=_TAGS, force=True)
    for tag in list(header.keys()):
        with suppress(ValueError, TypeError):  # of a number that cannot be read, the series tells
            header[tag]  # pydicom reads a value only when it is asked for
    return header


def _judge(uid: str, members: list[tuple[Path, Any]]) -> DicomSeries:
    members = sorted(members, key=lambda member: member[0])
    images = [member for member in members if not _is_localizer(member[1])]
    try:
        problem = _not_ct(images) or _not_one_grid([header for _, header in images])
        if not problem:
            images, problem = _stacked(images)
    except (ValueError, TypeError) as error:  # pydicom parses a number only when it is asked for
        problem = f"a number in its headers cannot be read ({error})"
    first = members[0][1]
    return DicomSeries(
        files=tuple(path for path, _ in images or members),
        uid=uid,
        study_uid=str(first.get("StudyInstanceUID", "")),
        study_date=str(first.get("StudyDate", "") or ""),
        description=str(first.get("SeriesDescription", "") or "").strip(),
        problem=problem,
        modality=_modality(first),
    )


def _modality(header: Any) -> str:
    return str(header.get("Modality", "") or "")


def _is_localizer(header: Any) -> bool:
    return "LOCALIZER" in str(header.get("ImageType", "")).upper()


def _not_ct(images: list[tuple[Path, Any]]) -> str:
    if not images:
        return "it is a scout (localizer)"
    headers = [header for _, header in images]
    modality = _modality(headers[0]) or "none"
    if modality != CT:
        return f"its modality is {modality}, not {CT}"
    if any(str(header.get("SOPClassUID", "")).startswith(_SECONDARY_CAPTURE) for header in headers):
        return "it is a secondary capture (a screen shot or a dose report)"
    if any(int(header.get("NumberOfFrames", 1) or 1) > 1 for header in headers):
        return "it is a multi-frame file, which is not read: convert it to NIfTI, for instance with dcm2niix"
    for name in ("Rows", "Columns", "PixelSpacing", "ImageOrientationPatient", "ImagePositionPatient"):
        missing = next((path for path, header in images if not header.get(name)), None)
        if missing:
            return f"{missing.name} has no {name}, so its place in the patient is unknown"
    if len(images) < FEWEST_SLICES:
        return f"it has {len(images)} slice(s), fewer than {FEWEST_SLICES}"
    return ""


def _not_one_grid(headers: list[Any]) -> str:
    sizes = {(int(header.Rows), int(header.Columns)) for header in headers if "Rows" in header}
    if len(sizes) > 1:
        return f"its slices differ in size: {', '.join(f'{columns} × {rows}' for rows, columns in sorted(sizes))}"
    for name, tolerance, what in (("PixelSpacing", 1e-3, "pixel spacing"), ("ImageOrientationPatient", 1e-3, "angle")):
        values = np.array([[float(number) for number in header[name].value] for header in headers])
        if not np.isfinite(values).all() or np.ptp(values, axis=0).max() > tolerance:
            return f"its slices differ in {what}"
        if name == "PixelSpacing" and (values <= 0).any():
            return f"it has no voxel spacing (PixelSpacing {values[0].tolist()})"
    normal = _normal(headers[0])
    if np.argmax(np.abs(normal)) != 2:
        return f"it is {'sagittal' if np.argmax(np.abs(normal)) == 0 else 'coronal'}, not axial"
    return ""


def _normal(header: Any) -> np.ndarray:
    orientation = np.array([float(number) for number in header.ImageOrientationPatient])
    return np.cross(orientation[:3], orientation[3:])


def _stacked(images: list[tuple[Path, Any]]) -> tuple[list[tuple[Path, Any]], str]:
    """The slices in order along their normal, and what is wrong with the steps between them."""
    normal = _normal(images[0][1])
    positions = np.array([[float(number) for number in header.ImagePositionPatient] for _, header in images])
    heights = positions @ normal
    order = np.argsort(heights, kind="stable")
    images, positions, heights = [images[index] for index in order], positions[order], heights[order]
    steps = np.diff(heights)
    spacing = float(np.median(steps))
    if (steps < 1e-3).any():
        twice = int(np.argmin(steps))
        return images, (
            f"it has several images at one place ({images[twice][0].name} and {images[twice + 1][0].name}): "
            "several phases or reconstructions under one series UID"
        )
    for (path, header), (below, above) in zip(images[1:], pairwise(heights), strict=True):
        if abs(above - below - spacing) > SPACING_TOLERANCE * spacing:
            return images, (
                f"slices are missing or unevenly spaced: a step of {above - below:.2f} mm before {path.name} "
                f"(z {float(header.ImagePositionPatient[2]):.1f}) where {spacing:.2f} mm is usual"
            )
    way = positions[-1] - positions[0]
    sine = float(np.linalg.norm(np.cross(way, normal)) / np.linalg.norm(way))
    if sine > MOST_TILT:
        return images, f"its gantry is tilted by {np.degrees(np.arcsin(min(sine, 1.0))):.0f} degrees"
    return images, ""
