"""A case's reference image as the one NIfTI file that stock clients download."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from livercad.errors import InputError
from livercad.studies.nifti import is_nifti, write_volume
from livercad.studies.reading import load_series
from livercad.studies.study import Series, Study

FOLDER = Path(".livercad") / "images"
"""Converted images, in the studies folder. Hidden, so that no case is looked for there."""


def stamp_of(series: Series) -> str:
    """Identify a series' files by path, size and date.

    Parameters
    ----------
    series : Series
        Of a case.

    Returns
    -------
    str
        16 hexadecimal digits.

    Raises
    ------
    InputError
        If a file has been removed or cannot be reached.
    """
    try:
        text = "\n".join(f"{path} {(stat := path.stat()).st_size} {stat.st_mtime_ns}" for path in series.files)
    except OSError as error:
        raise InputError(
            series.source,
            found=f"that {Path(error.filename).name} cannot be read any more ({error.strerror})",
            expected="all files of the series",
            todo="Put the file back, or remove the series.",
        ) from error
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def stamp_of_study(study: Study) -> str:
    """Identify all files of a study, see `stamp_of`."""
    return "-".join(stamp_of(series) for series in study.series)


def extension_of(series: Series) -> str:
    """Extension of the file that `reference_file` returns."""
    name = series.files[0].name.lower()
    return ".nii" if is_nifti(Path(name)) and name.endswith(".nii") else ".nii.gz"


def reference_file(case: str, series: Series, root: Path) -> Path:
    """Tell where the reference image is, or will be once it is converted.

    Parameters
    ----------
    case : str
        The case.
    series : Series
        Its reference.
    root : Path
        The studies folder.

    Returns
    -------
    Path
        The user's own file if it is NIfTI, else one in `FOLDER` that may not be there yet.
    """
    if not series.uid and is_nifti(series.files[0]):
        return series.files[0]
    return root / FOLDER / case / stamp_of(series) / f"{case}.nii.gz"


def ensure_reference_file(case: str, series: Series, root: Path) -> Path:
    """Convert the reference image unless it is NIfTI or was converted before.

    Parameters
    ----------
    case : str
        The case.
    series : Series
        Its reference.
    root : Path
        The studies folder.

    Returns
    -------
    Path
        A NIfTI file on the series' own grid.

    Raises
    ------
    InputError
        If the series cannot be read as CT.
    """
    file = reference_file(case, series, root)
    if not file.exists():
        volume = load_series(series)
        shutil.rmtree(root / FOLDER / case, ignore_errors=True)  # conversions of files that have changed
        write_volume(volume, file)
    return file
