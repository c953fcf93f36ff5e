"""Ultrasound files written for tests."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRLittleEndian, JPEG2000Lossless, JPEGBaseline8Bit, generate_uid
from scipy import ndimage

US_MULTI_FRAME = "1.2.840.10008.5.1.4.1.1.3.1"


def sector(seed: int = 0, shape: tuple[int, int] = (96, 128)) -> npt.NDArray[np.uint8]:
    """A picture like a sector: smooth greys in a fan, black around it; shape (rows, columns)."""
    rows, columns = np.indices(shape)
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal(shape), shape[0] / 24)
    greys = 120 + 60 * noise / noise.std()
    fan = np.abs(columns - shape[1] / 2) < 10 + rows * 0.5
    return np.where(fan, np.clip(greys, 10, 255), 0).astype(np.uint8)


def write_us_dicom(
    path: Path, pixels: npt.NDArray[Any], *, jpeg: bool = False, codec: str = "JPEG", **tags: Any
) -> Path:
    """Write a DICOM file of pixels (rows, columns) or (rows, columns, 3), with frames in front for NumberOfFrames."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = US_MULTI_FRAME
    meta.MediaStorageSOPInstanceUID = generate_uid()
    compressed = JPEGBaseline8Bit if codec == "JPEG" else JPEG2000Lossless
    meta.TransferSyntaxUID = compressed if jpeg else ExplicitVRLittleEndian
    data = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    data.is_little_endian, data.is_implicit_VR = True, False
    data.SOPClassUID, data.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    data.Modality, data.PatientID = "US", "patient-7"
    own = pixels.shape[1:] if "NumberOfFrames" in tags else pixels.shape
    colour = len(own) == 3
    data.Rows, data.Columns = own[:2]
    data.SamplesPerPixel = 3 if colour else 1
    data.PhotometricInterpretation = "RGB" if colour else "MONOCHROME2"
    if colour:
        data.PlanarConfiguration = 0
    bits = pixels.dtype.itemsize * 8
    data.BitsAllocated = data.BitsStored = bits
    data.HighBit, data.PixelRepresentation = bits - 1, 0
    for name, value in tags.items():
        setattr(data, name, value)
    if jpeg:
        frames = pixels if "NumberOfFrames" in tags else pixels[None]
        data.PixelData = encapsulate([_jpeg(frame, codec) for frame in frames])
        data["PixelData"].is_undefined_length = True
    else:
        data.PixelData = pixels.tobytes()
    data.save_as(path, write_like_original=False)
    return path


def region(x_cm: float, y_cm: float) -> Dataset:
    """A calibrated 2-D region."""
    told = Dataset()
    told.RegionSpatialFormat, told.RegionDataType = 1, 1
    told.PhysicalUnitsXDirection = told.PhysicalUnitsYDirection = 3
    told.PhysicalDeltaX, told.PhysicalDeltaY = x_cm, y_cm
    return told


def _jpeg(frame: npt.NDArray[np.uint8], codec: str) -> bytes:
    stream = io.BytesIO()
    options = {"quality": 95, "subsampling": 0} if codec == "JPEG" else {"no_jp2": True}
    Image.fromarray(frame).save(stream, format=codec, **options)
    return stream.getvalue()
