"""What a case's images hold, as hashes: how copies of it are known."""

from __future__ import annotations

import hashlib
from pathlib import Path

import nibabel as nib
import numpy as np

from livercad.core.volume import Volume
from livercad.studies.hashing import hash_series, unreadable
from livercad.studies.reading import load_series
from livercad.studies.study import Series, Study


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


def stamp_series(series: Series) -> str:
    """Hash of place, size and date of a series' files, in order; InputError if one is missing."""
    try:
        stats = [(str(path.absolute()), path.stat()) for path in series.files]
    except OSError as error:
        raise unreadable(Path(error.filename), error) from error
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
        raise unreadable(Path(error.filename), error) from error
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
