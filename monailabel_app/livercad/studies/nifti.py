"""NIfTI files in and out, with their grid."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import numpy.typing as npt
from isal import igzip
from nibabel.filebasedimages import ImageFileError
from nibabel.fileholders import FileHolder
from nibabel.spatialimages import HeaderDataError
from nibabel.wrapstruct import WrapStructError

from livercad.core.volume import Volume
from livercad.errors import InputError
from livercad.studies.atomic import replacing

GZIP_MAGIC = b"\x1f\x8b"
SLAB = 16
"""Slices converted at once, so that a scaled study never stands in memory as 64-bit numbers."""
UNREADABLE = (OSError, EOFError, zlib.error, ValueError, MemoryError, WrapStructError, HeaderDataError, ImageFileError)
"""What nibabel and gzip raise on damaged files (MemoryError where the header asks for absurdly many voxels)."""


def read_volume(path: Path) -> Volume:
    """Read a volume or a mask from a NIfTI file (.nii, .nii.gz; NIfTI-1 and -2).

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Volume
        In the file's own axis order. Integers without scaling keep their type, everything else becomes float32
        with ``scl_slope`` and ``scl_inter`` applied. The affine is the sform if there is one, else the qform
        (the order of nibabel and of the NIfTI-1 standard's recommendation).

    Raises
    ------
    InputError
        If the file is missing, empty, truncated or damaged, is not 3-D, or tells no voxel spacing or orientation.
    """
    try:
        with _opened(path) as stream:
            kind = _image_class(path, stream)
            header = kind.header_class.from_fileobj(stream, check=False)
            shape = _shape_3d(path, header)
            _check_grid(path, header)
            stream.seek(0)
            # Read through an open stream and never memory-mapped: a mapped file may change under the analysis.
            image = kind.from_file_map({"image": FileHolder(fileobj=stream)}, mmap=False)
            array = _voxels(path, image).reshape(shape, order="F")
            while stream.read(1 << 20):  # to the end, where gzip keeps its check sum
                pass
            return Volume(array, np.asarray(image.affine, dtype=np.float64))
    except UNREADABLE as error:
        raise InputError(
            path,
            found=_what_is_wrong(path, error),
            expected="a whole NIfTI file",
            todo="Copy or export the file again.",
        ) from error


def write_volume(volume: Volume, path: Path) -> None:
    """Write a volume or a mask as NIfTI-1, atomically.

    Parameters
    ----------
    volume : Volume
        Its type is kept (bool becomes uint8). The affine goes into sform and qform, both with code 1 (scanner).
        A qform holds no shear, so that of a sheared affine is the nearest without.
    path : Path
        Ends in .nii, or in .nii.gz to be compressed (gzip level 1: masks shrink enough, and fast).
    """
    array = volume.array.astype(np.uint8) if volume.array.dtype == np.bool_ else volume.array
    array = np.asfortranarray(array)  # the order of the file, in which nibabel writes many times faster
    image = nib.Nifti1Image(array, volume.affine, dtype=array.dtype)
    image.set_qform(volume.affine, code=1)
    image.set_sform(volume.affine, code=1)
    image.header.set_xyzt_units("mm")
    with replacing(path) as temporary, _created(temporary) as stream:
        image.to_file_map({"image": FileHolder(fileobj=stream)})


def is_nifti(path: Path) -> bool:
    """Whether a file's name ends as NIfTI files do."""
    return path.name.lower().endswith((".nii", ".nii.gz"))


@contextmanager
def _opened(path: Path) -> Iterator[BufferedIOBase]:
    with path.open("rb") as raw:
        compressed = raw.read(2) == GZIP_MAGIC  # the content decides: many a .nii is gzipped and the other way round
        raw.seek(0)
        if compressed:
            with igzip.open(raw, "rb") as stream:
                yield stream
        else:
            yield raw


@contextmanager
def _created(path: Path) -> Iterator[BufferedIOBase]:
    if path.name.endswith(".gz"):
        # No name and no time in the gzip header: the same mask is the same file.
        with path.open("wb") as raw, igzip.IGzipFile("", "wb", 1, raw, mtime=0) as stream:
            yield stream
    else:
        with path.open("wb") as raw:
            yield raw


def _image_class(path: Path, stream: BufferedIOBase) -> Any:
    head = stream.read(540)
    stream.seek(0)
    for kind in (nib.Nifti1Image, nib.Nifti2Image):
        if kind.header_class.may_contain_header(head):
            return kind
    size = path.stat().st_size
    raise InputError(
        path,
        found="an empty file" if size == 0 else f"{size} bytes that do not begin with a NIfTI header",
        expected="a NIfTI file with its header and voxels in one",
        todo="Copy or export the file again.",
    )


def _shape_3d(path: Path, header: Any) -> tuple[int, int, int]:
    shape = tuple(int(n) for n in header.get_data_shape())
    if len(shape) < 3 or any(n != 1 for n in shape[3:]) or any(n < 1 for n in shape):
        raise InputError(
            path,
            found=f"an image of {len(shape)} dimensions ({' × '.join(map(str, shape))} voxels)",
            expected="one 3-D volume",
            todo="Split a 4-D file into one file for each phase; 2-D images cannot be used.",
        )
    if header.get_data_dtype().kind not in "iuf":
        raise InputError(
            path,
            found=f"voxels that are no single numbers (NIfTI type {header['datatype']}: colours or complex numbers)",
            expected="one grey value for each voxel",
            todo="Export the original CT instead of a rendering of it.",
        )
    return shape[0], shape[1], shape[2]


def _check_grid(path: Path, header: Any) -> None:
    """Look at the header as it stands in the file: on loading, nibabel quietly makes a spacing of 0 into 1 mm."""
    spacing = np.asarray(header["pixdim"][1:4], dtype=np.float64)
    if header["sform_code"] > 0:
        rows = np.array([header["srow_x"], header["srow_y"], header["srow_z"]], dtype=np.float64)[:, :3]
        if not np.isfinite(rows).all() or abs(np.linalg.det(rows)) < 1e-9:
            raise InputError(
                path,
                found=f"a header whose sform is no grid in space ({rows.tolist()})",
                expected="three independent voxel axes in mm",
                todo="Convert the study again from its DICOM files.",
            )
    elif not np.isfinite(spacing).all() or (spacing <= 0).any():
        raise InputError(
            path,
            found=f"no voxel spacing (pixdim {spacing.tolist()})",
            expected="the size of a voxel in mm along its three axes",
            todo="Convert the study again from its DICOM files, or write the spacing into the header.",
        )
    elif header["qform_code"] <= 0:
        raise InputError(
            path,
            found="a header that does not tell how the patient lies in it (qform_code and sform_code are 0)",
            expected="a qform or an sform, without which left and right cannot be told apart",
            todo="Convert the study again from its DICOM files, or write the orientation into the header.",
        )


def _voxels(path: Path, image: Any) -> npt.NDArray[np.generic]:
    proxy = image.dataobj
    stored = np.dtype(proxy.dtype)
    scaled = (proxy.slope, proxy.inter) != (1.0, 0.0)
    if not scaled and (stored.kind in "iu" or stored.itemsize <= 4):
        array = proxy.get_unscaled()
        wanted = np.dtype(np.float32) if stored.kind == "f" else stored.newbyteorder("=")
        return np.asarray(array).astype(wanted, copy=False)
    array = np.empty(image.shape, dtype=np.float32, order="F")
    for start in range(0, image.shape[2], SLAB):
        slab = np.s_[:, :, start : start + SLAB]
        array[slab] = proxy[slab]
    return array


def _what_is_wrong(path: Path, error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, OSError) and error.errno is not None:
        return f"a file that cannot be opened ({error.strerror})"
    reason = " ".join(str(error).split()) or type(error).__name__
    return f"a damaged or truncated file of {path.stat().st_size} bytes ({reason})"
