"""The images of a case: their names, and each as the one NIfTI file that clients download."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from livercad.errors import InputError
from livercad.server.errors import UnknownNameError
from livercad.server.names import LONGEST
from livercad.studies.files import stem_of
from livercad.studies.nifti import is_nifti, write_volume
from livercad.studies.reading import load_series
from livercad.studies.study import Series, Study

FOLDER = Path(".livercad") / "images"
"""Converted images, in the studies folder. Hidden, so that no case is looked for there."""


def names_of(study: Study) -> tuple[str, ...]:
    """Name the images of a case.

    Parameters
    ----------
    study : Study
        The case.

    Returns
    -------
    tuple of str
        In the order of its series, each name only once: the file's without extension, or the DICOM series' UID.
    """
    names: dict[Series, str] = {}
    for series in sorted(study.series, key=lambda series: series.files[0]):
        name = plain = _fit_for_an_address(series.uid or stem_of(series.files[0]))
        number = 1
        while name in names.values():
            number += 1
            name = f"{plain}-{number}"
        names[series] = name
    return tuple(names[series] for series in study.series)


def image_named(study: Study, name: str) -> Series:
    """Look an image of a case up.

    Parameters
    ----------
    study : Study
        The case.
    name : str
        One of `names_of`.

    Returns
    -------
    Series
        The image.

    Raises
    ------
    UnknownNameError
        If the case has none of this name.
    """
    names = names_of(study)
    if name not in names:
        raise UnknownNameError(
            f"image {name!r} of case {study.case!r}",
            found="no such image",
            expected=f"one of {', '.join(names)}",
            todo=f"GET /livercad/cases/{study.case} lists them.",
        )
    return study.series[names.index(name)]


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
    """Extension of the file that `nifti_file` returns."""
    name = series.files[0].name.lower()
    return ".nii" if is_nifti(Path(name)) and name.endswith(".nii") else ".nii.gz"


def nifti_file(case: str, series: Series, root: Path) -> Path:
    """Tell where an image is as NIfTI, or will be once it is converted.

    Parameters
    ----------
    case : str
        The case.
    series : Series
        The image.
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


def ensure_nifti_file(study: Study, series: Series, root: Path) -> Path:
    """Convert an image unless it is NIfTI or was converted before.

    Parameters
    ----------
    study : Study
        The case.
    series : Series
        One of its images.
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
    file = nifti_file(study.case, series, root)
    if not file.exists():
        volume = load_series(series)
        _remove_conversions_of_former_files(study, root)
        write_volume(volume, file)
    return file


def _remove_conversions_of_former_files(study: Study, root: Path) -> None:
    current = {stamp_of(series) for series in study.series}
    for folder in (root / FOLDER / study.case).glob("*"):
        if folder.name not in current:
            shutil.rmtree(folder, ignore_errors=True)


def _fit_for_an_address(name: str) -> str:
    """The name as `livercad.server.names.check_name` lets it through; a file's may hold what leads elsewhere in one."""
    return "".join(sign if sign.isprintable() and sign not in "/\\" else "_" for sign in name)[:LONGEST] or "image"
