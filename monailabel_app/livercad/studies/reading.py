"""From a series on disk to a checked CT volume."""

from __future__ import annotations

import numpy as np

from livercad.core.volume import Volume
from livercad.studies.checks import check_ct
from livercad.studies.dicom import read_dicom
from livercad.studies.itk import ITK_SUFFIXES, read_itk_file
from livercad.studies.nifti import read_volume
from livercad.studies.study import Series


def load_series(series: Series) -> Volume:
    """Read one series as CT.

    Parameters
    ----------
    series : Series
        As found by `livercad.studies.discover.find_studies`.

    Returns
    -------
    Volume
        HU on the series' own grid: int16 where all values are whole and fit (so that a long study stays small),
        else float32.

    Raises
    ------
    InputError
        If it cannot be read or is no CT in HU; the message names the file or series and what was found.
    """
    volume = _read(series)
    check_ct(volume, series.source)
    return volume.like(_narrow(volume.array))


def _read(series: Series) -> Volume:
    if series.uid:
        return read_dicom(series)
    path = series.files[0]
    return read_itk_file(path) if path.name.lower().endswith(ITK_SUFFIXES) else read_volume(path)


def _narrow(array: np.ndarray) -> np.ndarray:
    if array.dtype.kind == "f":
        return array.astype(np.float32, copy=False)
    limits = np.iinfo(np.int16)
    fits = array.dtype == np.int16 or (array.min() >= limits.min and array.max() <= limits.max)
    return array.astype(np.int16 if fits else np.float32, copy=False)
