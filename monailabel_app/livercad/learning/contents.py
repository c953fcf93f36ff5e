"""What files and images hold, as hashes: how copies of a case are known."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

import nibabel as nib
import numpy as np

from livercad.core.volume import Volume
from livercad.errors import InputError
from livercad.studies.reading import load_series
from livercad.studies.study import Series, Study


def hash_file(path: Path) -> str:
    """Hash of a file's content.

    Parameters
    ----------
    path : Path
        The file. While its size and date stay, it is read once in this process.

    Returns
    -------
    str
        SHA-256, in hexadecimal.

    Raises
    ------
    InputError
        If it is missing or cannot be read.
    """
    try:
        stat = path.stat()
        return _hash(path, stat.st_size, stat.st_mtime_ns)
    except OSError as error:
        raise _unreadable(path, error) from error


def hash_voxels(volume: Volume) -> str:
    """Hash of what an image shows, whichever way its file has it.

    Parameters
    ----------
    volume : Volume
        HU. The order and direction of its axes, the kind of numbers and where it lies do not count, so that a DICOM
        series and its conversion to NIfTI are the same.

    Returns
    -------
    str
        SHA-256, in hexadecimal.
    """
    array = nib.orientations.apply_orientation(volume.array, nib.io_orientation(volume.affine))
    whole = hashlib.sha256(str(array.shape).encode())
    for k in range(array.shape[2]):
        whole.update(np.ascontiguousarray(np.rint(array[:, :, k]).astype(np.int32)).data)
    return whole.hexdigest()


def hash_series(series: Series) -> str:
    """Hash of a series' files, in order; their names do not count. Each is read once in this process."""
    return hashlib.sha256("".join(hash_file(path) for path in series.files).encode()).hexdigest()


def stamp_series(series: Series) -> str:
    """Hash of place, size and date of a series' files, in order; InputError if one is missing."""
    try:
        stats = [(str(path.absolute()), path.stat()) for path in series.files]
    except OSError as error:
        raise _unreadable(Path(error.filename), error) from error
    text = "\n".join(f"{path} {stat.st_size} {stat.st_mtime_ns}" for path, stat in stats)
    return hashlib.sha256(text.encode()).hexdigest()


def stamp_study(study: Study, reference: Series) -> str:
    """Hash of name, size and date of a study's files: whether `contents_of` may have changed, at once.

    Parameters
    ----------
    study : Study
        Its images.
    reference : Series
        As of `contents_of`.

    Returns
    -------
    str
        32 hexadecimal digits; the same where a folder has moved.

    Raises
    ------
    InputError
        If a file is missing.
    """
    try:
        stats = [(path.name, path.stat()) for series in study.series for path in series.files]
    except OSError as error:
        raise _unreadable(Path(error.filename), error) from error
    lines = [f"{name} {stat.st_size} {stat.st_mtime_ns}" for name, stat in stats]
    return hashlib.sha256("\n".join([*lines, reference.files[0].name]).encode()).hexdigest()[:32]


def contents_of(study: Study, reference: Series) -> tuple[str, ...]:
    """Hashes by which a copy of a case is known under another name.

    Parameters
    ----------
    study : Study
        Its images.
    reference : Series
        The image that results lie on.

    Returns
    -------
    tuple of str
        One of every series' files, and one of the reference's voxels, which stays when it is converted.

    Raises
    ------
    InputError
        If a file cannot be read.
    """
    return (*sorted({hash_series(series) for series in study.series}), hash_voxels(load_series(reference)))


def _unreadable(path: Path, error: OSError) -> InputError:
    return InputError(
        path,
        found=f"a file that cannot be read ({error.strerror})",
        expected="a readable file",
        todo="Check that the file is still there and that you may read it.",
    )


@functools.lru_cache(maxsize=1 << 16)
def _hash(path: Path, size: int, date_ns: int) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
