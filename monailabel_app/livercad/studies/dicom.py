"""DICOM series read as volumes, through GDCM."""

from __future__ import annotations

from pathlib import Path

import SimpleITK

from livercad.core.volume import Volume
from livercad.errors import InputError
from livercad.studies.itk import reason_of, volume_of
from livercad.studies.study import Series


def read_dicom(series: Series) -> Volume:
    """Read a DICOM series.

    Parameters
    ----------
    series : Series
        Its files in slice order, as `livercad.studies.discover.find_studies` gives them.

    Returns
    -------
    Volume
        Rescaled values (HU for CT), whole numbers where the first slice's rescale factors are whole, else float32.
        Axes: columns, rows, slices.

    Raises
    ------
    InputError
        If a file is missing, truncated or compressed in a way that GDCM cannot read; the message names it.
    """
    names = [str(path) for path in series.files]
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(names)
    try:
        reader.SetOutputPixelType(_pixel_type(names[0]))
        return volume_of(reader.Execute())
    except RuntimeError as error:
        raise InputError(
            _first_unreadable(series.files) or series.source,
            found=f"a DICOM file that cannot be read ({reason_of(error)})",
            expected="a whole DICOM slice",
            todo="Export or copy the series again.",
        ) from error


def _pixel_type(name: str) -> int:
    """What the first slice has, but a fractional rescale slope as 32-bit instead of 64-bit numbers."""
    reader = SimpleITK.ImageFileReader()
    reader.SetFileName(name)
    reader.ReadImageInformation()
    kind = reader.GetPixelID()
    return int(SimpleITK.sitkFloat32 if kind == SimpleITK.sitkFloat64 else kind)


def _first_unreadable(paths: tuple[Path, ...]) -> Path | None:
    for path in paths:
        try:
            SimpleITK.ReadImage(str(path))
        except RuntimeError:
            return path
    return None
