"""Ultrasound in DICOM files, of one frame or many, by pydicom."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pydicom
from pydicom.dataset import FileDataset
from pydicom.errors import InvalidDicomError
from pydicom.pixel_data_handlers.util import (
    apply_color_lut,
    apply_modality_lut,
    apply_voi_lut,
    convert_color_space,
)

from livercad.errors import InputError
from livercad.studies.ultrasound.grey import grey_of_colours, stretched
from livercad.studies.ultrasound.sizes import refuse_long

MODALITIES = ("US", "IVUS", "OT", "SC", "")
"""Ultrasound, and captures of screens that may show it."""
_CENTIMETRE = 3
"""Physical units of a calibrated region (PS3.3 C.8.5.5.1.15)."""
_TWO_D = 1
"""Spatial format of a region that shows a section of the body (PS3.3 C.8.5.5.1.1)."""
_REFUSALS = (
    *(OSError, ValueError, EOFError, AttributeError, KeyError),
    *(NotImplementedError, RuntimeError, TypeError),
)
"""What pydicom and its decoders raise on damaged and on unknown files."""


@dataclass(frozen=True)
class DicomHeader:
    """What a file's header tells.

    Parameters
    ----------
    shape : tuple of int
        Rows, columns.
    frames : int
        How many.
    patient : str
        Patient ID, or empty.
    spacing_mm : tuple of float or None
        As of `read_frame`.
    """

    shape: tuple[int, int]
    frames: int
    patient: str
    spacing_mm: tuple[float, float] | None


def read_dicom_header(path: Path) -> DicomHeader:
    """Read the header of an ultrasound file.

    Parameters
    ----------
    path : Path
        DICOM.

    Returns
    -------
    DicomHeader
        Without the pixels having been looked at.

    Raises
    ------
    InputError
        If it is no DICOM image, one of another modality, or too long (`livercad.studies.ultrasound.sizes`).
    """
    with _told(path):
        data = pydicom.dcmread(path, stop_before_pixels=True)
        modality = str(data.get("Modality", "") or "")
        shape = int(data.Rows), int(data.Columns)
        frames = int(data.get("NumberOfFrames") or 1)
        patient = str(data.get("PatientID", "") or "").strip()
        spacing = _spacing(data)
    if modality not in MODALITIES:
        raise InputError(
            path, found=f"an image of the modality {modality}", expected="ultrasound (US)", todo="Take it out."
        )
    refuse_long(path, shape)
    return DicomHeader(shape, frames, patient, spacing)


def read_frame(path: Path, frame: int = 1) -> tuple[npt.NDArray[np.uint8], float, tuple[float, float] | None]:
    """Read a frame as grey.

    Colours become grey by their brightness, MONOCHROME1 is inverted, windows and tables of values are applied, and
    greys of more than 8 bits scaled by the bits stored. JPEG, JPEG 2000 and RLE are decoded; lossless JPEG (process 14)
    and JPEG-LS need decoders that do not come with LiverCAD.

    Parameters
    ----------
    path : Path
        DICOM.
    frame : int, default 1
        From 1.

    Returns
    -------
    array : ndarray of uint8, shape (rows, columns)
        Grey.
    coloured : float
        Share of coloured pixels, in [0, 1].
    spacing_mm : tuple of float or None
        From row to row and from column to column, of the first 2-D region that is calibrated in cm, else Pixel Spacing.

    Raises
    ------
    InputError
        If it cannot be decoded, is too long, or has no such frame.
    """
    with _told(path):
        data, pixels = _decoded(path, path.stat().st_mtime_ns)
        frames = int(data.get("NumberOfFrames") or 1)
        if not 1 <= frame <= frames:
            raise InputError(path, found=f"{frames} frames", expected=f"a frame {frame}", todo="Correct the table.")
        values = pixels[frame - 1] if frames > 1 else pixels
        array, coloured = _grey(data, values)
        return array, coloured, _spacing(data)


@lru_cache(maxsize=1)
def _decoded(path: Path, _changed: int) -> tuple[FileDataset, npt.NDArray[Any]]:
    """A file with its pixels; kept until the next file, as frames of one are read one after the other."""
    data = pydicom.dcmread(path)
    refuse_long(path, (int(data.Rows), int(data.Columns)))
    return data, data.pixel_array


def _grey(data: FileDataset, values: npt.NDArray[Any]) -> tuple[npt.NDArray[np.uint8], float]:
    interpretation = str(data.PhotometricInterpretation)
    if values.ndim == 3:
        rgb = convert_color_space(values, interpretation, "RGB") if interpretation.startswith("YBR_FULL") else values
        return grey_of_colours(np.asarray(rgb, np.uint8))
    if interpretation == "PALETTE COLOR":
        looked_up = apply_color_lut(values, data)
        return grey_of_colours((looked_up >> (8 * (looked_up.dtype.itemsize - 1))).astype(np.uint8))
    shown = apply_voi_lut(apply_modality_lut(values, data), data)
    signed = bool(data.PixelRepresentation) or float(shown.min()) < 0
    low, high = (float(shown.min()), float(shown.max())) if signed else (0.0, 2.0 ** int(data.BitsStored) - 1)
    grey = stretched(shown, low, high)
    return (np.invert(grey) if interpretation == "MONOCHROME1" else grey), 0.0


def _spacing(data: FileDataset) -> tuple[float, float] | None:
    for region in data.get("SequenceOfUltrasoundRegions") or ():
        units = region.get("PhysicalUnitsXDirection"), region.get("PhysicalUnitsYDirection")
        steps = abs(float(region.get("PhysicalDeltaY") or 0)) * 10, abs(float(region.get("PhysicalDeltaX") or 0)) * 10
        if region.get("RegionSpatialFormat", _TWO_D) == _TWO_D and units == (_CENTIMETRE, _CENTIMETRE) and all(steps):
            return steps
    told = data.get("PixelSpacing")
    spacing = tuple(float(step) for step in told or ())
    return (spacing[0], spacing[1]) if len(spacing) == 2 and min(spacing) > 0 else None


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except InvalidDicomError as error:
        raise InputError(
            path,
            found="no DICOM file, and by its ending no picture that is read",
            expected="ultrasound as PNG, JPEG, BMP (with such endings) or DICOM",
            todo="Export it as one of these.",
        ) from error
    except _REFUSALS as error:
        reason = " ".join(str(error).split())
        raise InputError(
            path,
            found=f"a DICOM file that cannot be read ({reason})",
            expected="a whole ultrasound image, uncompressed or as JPEG, JPEG 2000 or RLE",
            todo="Export it again, or as PNG.",
        ) from error
