"""Ultrasound in DICOM files, of one frame or many, by pydicom."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pydicom
from PIL import Image
from pydicom.dataset import FileDataset
from pydicom.encaps import generate_pixel_data_frame
from pydicom.errors import InvalidDicomError
from pydicom.pixel_data_handlers.util import (
    apply_color_lut,
    apply_modality_lut,
    apply_voi_lut,
    convert_color_space,
)
from pydicom.uid import JPEGBaseline8Bit, JPEGExtended12Bit

from livercad.errors import InputError, LiverCADError
from livercad.studies.ultrasound.grey import grey_of_colours, stretched
from livercad.studies.ultrasound.sizes import refuse_long

MODALITIES = ("US", "IVUS", "OT", "SC", "")
"""Ultrasound, and captures of screens that may show it."""
_CENTIMETRE = 3
"""Physical units of a calibrated region (PS3.3 C.8.5.5.1.15)."""
_TWO_D = 1
"""Spatial format of a region that shows a section of the body (PS3.3 C.8.5.5.1.1)."""
_LOSSY_JPEG = (JPEGBaseline8Bit, JPEGExtended12Bit)
_OF_BYTES = 255
"""Entries of a palette up to this are bytes."""


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
    what these can give, or the bits stored can hold, is scaled to 8 bits; signed values from the lowest to the highest.
    JPEG, JPEG 2000 and RLE are decoded; lossless JPEG (process 14) and JPEG-LS need decoders that do not come with
    LiverCAD.

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
    return data, _pixels(data)


def _pixels(data: FileDataset) -> npt.NDArray[Any]:
    """The pixels; where a colour JPEG itself tells what its components are, the header's word for it is mended.

    Left to itself pydicom 2.4 goes by the header, fails where that is wrong, and cannot read JPEG of RGB without
    Adobe's marker at all: it sets an attribute that Pillow 11 and later do not let be set.
    """
    if data.file_meta.TransferSyntaxUID not in _LOSSY_JPEG or int(data.SamplesPerPixel) != 3:
        return np.asarray(data.pixel_array)
    frames = generate_pixel_data_frame(data.PixelData, int(data.get("NumberOfFrames") or 1))
    with Image.open(io.BytesIO(next(frames))) as first:
        told = first.info
    is_rgb = data.PhotometricInterpretation == "RGB" and "jfif" not in told  # JFIF is YCbCr
    # With Adobe's marker the decoder makes RGB of whatever it says; as YBR_FULL components come as they are.
    data.PhotometricInterpretation = "RGB" if "adobe_transform" in told else "YBR_FULL"
    pixels = np.asarray(data.pixel_array)
    if is_rgb:
        data.PhotometricInterpretation = "RGB"
    return pixels


def _grey(data: FileDataset, values: npt.NDArray[Any]) -> tuple[npt.NDArray[np.uint8], float]:
    interpretation = str(data.PhotometricInterpretation)
    if values.ndim == 3:
        rgb = convert_color_space(values, interpretation, "RGB") if interpretation.startswith("YBR_FULL") else values
        return grey_of_colours(stretched(rgb, 0, 2.0 ** int(data.BitsStored) - 1) if rgb.itemsize > 1 else rgb)
    if interpretation == "PALETTE COLOR":
        looked_up = apply_color_lut(values, data)
        # Bytes may be padded to words (PS3.3 C.7.6.3.1.6).
        return grey_of_colours((looked_up >> (8 if looked_up.max() > _OF_BYTES else 0)).astype(np.uint8))
    shown = apply_voi_lut(apply_modality_lut(values, data), data)
    grey = stretched(shown, *_black_and_white(data, shown))
    return (np.invert(grey) if interpretation == "MONOCHROME1" else grey), 0.0


def _black_and_white(data: FileDataset, shown: npt.NDArray[Any]) -> tuple[float, float]:
    """What becomes black and what white: the ends of what tables give, else of what the bits stored can hold, rescaled.

    Of signed values the lowest and the highest that are there, as hardly any file uses all that the bits can hold.
    """
    for name in ("VOILUTSequence", "ModalityLUTSequence"):
        if data.get(name):
            return 0.0, 2.0 ** int(data[name][0].LUTDescriptor[2]) - 1
    if data.PixelRepresentation:
        return float(shown.min()), float(shown.max())
    slope, intercept = float(data.get("RescaleSlope") or 1), float(data.get("RescaleIntercept") or 0)
    low, high = sorted((intercept, slope * (2.0 ** int(data.BitsStored) - 1) + intercept))
    return low, high


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
    except (LiverCADError, MemoryError):
        raise
    except InvalidDicomError as error:
        raise InputError(
            path,
            found="no DICOM file, and by its ending no picture that is read",
            expected="ultrasound as PNG, JPEG, BMP (with such endings) or DICOM",
            todo="Export it as one of these.",
        ) from error
    except Exception as error:  # pydicom and its decoders raise anything at all on damaged and on unknown files
        reason = " ".join(str(error).split())
        raise InputError(
            path,
            found=f"a DICOM file that cannot be read ({reason})",
            expected="a whole ultrasound image, uncompressed or as JPEG, JPEG 2000 or RLE",
            todo="Export it again, or as PNG.",
        ) from error
