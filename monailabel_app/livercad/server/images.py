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


def extension_of(study: Study) -> str:
    """Extension of the file that `reference_file` returns."""
    name = study.reference.files[0].name.lower()
    return ".nii" if is_nifti(Path(name)) and name.endswith(".nii") else ".nii.gz"


def reference_file(study: Study, root: Path) -> Path:
    """Tell where the reference image is, or will be once it is converted.

    Parameters
    ----------
    study : Study
        The case.
    root : Path
        The studies folder.

    Returns
    -------
    Path
        The user's own file if it is NIfTI, else one in `FOLDER` that may not be there yet.
    """
    series = study.reference
    if not series.uid and is_nifti(series.files[0]):
        return series.files[0]
    return root / FOLDER / study.case / stamp_of(series) / f"{study.case}.nii.gz"


def ensure_reference_file(study: Study, root: Path) -> Path:
    """Convert the reference image unless it is NIfTI or was converted before.

    Parameters
    ----------
    study : Study
        The case.
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
    file = reference_file(study, root)
    if not file.exists():
        volume = load_series(study.reference)
        shutil.rmtree(root / FOLDER / study.case, ignore_errors=True)  # conversions of files that have changed
        write_volume(volume, file)
    return file
