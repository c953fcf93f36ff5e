"""Ultrasound images that clients send into the studies folder, and that they remove."""

from __future__ import annotations

import filecmp
import shutil
import tempfile
from pathlib import Path

from livercad.errors import InputError
from livercad.server.catalogue import Catalogue
from livercad.server.drawings import Drawings
from livercad.server.errors import ConflictError
from livercad.server.new_cases import FOLDER
from livercad.server.uploads import images_in
from livercad.studies.dicom_headers import ULTRASOUND, read_series_headers
from livercad.studies.files import PICTURE_SUFFIXES
from livercad.studies.hashing import hash_file
from livercad.studies.ultrasound.cases import ImageCase
from livercad.studies.ultrasound.layouts import has_table
from livercad.studies.ultrasound.rows import TABLE


def add_image_file(catalogue: Catalogue, name: str, source: Path, drawings: Drawings) -> str:
    """Copy an ultrasound image into the studies folder.

    Parameters
    ----------
    catalogue : Catalogue
        Of the folder.
    name : str
        Of the new case, and of the file without its ending.
    source : Path
        PNG, JPEG, BMP, or DICOM of ultrasound, of one frame or many.
    drawings : Drawings
        What was drawn on images of this folder, which must not lie on another image.

    Returns
    -------
    str
        The case. Sending the same file again changes nothing.

    Raises
    ------
    InputError
        If it cannot be read, is too large, or the name makes no case.
    ConflictError
        If there is such a case or file already, circles were drawn on another image of this name, or the folder has a
        table of its images.
    """
    if has_table(catalogue.root) and name not in catalogue.ultrasound:
        raise ConflictError(
            f"case {name!r}",
            found="a folder with a table of its images, which no row for a new one can be written into",
            expected="a folder without a table",
            todo=f"Put the file into the folder by hand, with a row of its own in {TABLE}.",
        )
    suffix = source.suffix.lower() if source.suffix.lower() in PICTURE_SUFFIXES else ".dcm"
    target = catalogue.root / f"{name}{suffix}"
    former = catalogue.ultrasound.get(name)
    if former and former.images[0].path == target and filecmp.cmp(source, target, shallow=False):
        return name
    if former or name in catalogue.studies or target.exists():
        raise _conflict(name, "a case or a file of this name, with another image")
    drawn = drawings.current(target.name) or drawings.current(f"{target.name}#1")
    if drawn and drawn.sha256 != hash_file(source):
        raise _conflict(name, f"circles that {drawn.annotator or 'somebody'} has drawn on another image of this name")
    with tempfile.TemporaryDirectory(dir=_made(catalogue.root / FOLDER)) as place:
        ready = Path(place, target.name)
        shutil.copyfile(source, ready)
        _check(ready)
        ready.rename(target)
    before = set(catalogue.studies)
    catalogue.update()
    case = catalogue.ultrasound.get(name)
    if case is None or case.images[0].path != target or not before <= set(catalogue.studies):
        target.unlink()
        catalogue.update()
        raise _conflict(name, "that the folder, by its other files, has no such case with it")
    return name


def remove_image_files(catalogue: Catalogue, case: ImageCase) -> None:
    """Delete a case's images.

    Parameters
    ----------
    catalogue : Catalogue
        Of the studies folder.
    case : ImageCase
        The case.

    Raises
    ------
    ConflictError
        Unless it is one file in the studies folder itself, as an upload makes it.
    """
    files = {image.path for image in case.images}
    if any(file.parent != catalogue.root for file in files) or len(files) > 1:
        raise ConflictError(
            f"case {case.case!r}",
            found=f"{len(files)} files, or files in other folders, which nobody has sent as they are",
            expected="one file in the studies folder itself",
            todo="Delete them by hand.",
        )
    for file in files:
        file.unlink(missing_ok=True)


def _check(file: Path) -> None:
    """Refuse what is no ultrasound, or cannot be read whole."""
    if file.suffix not in PICTURE_SUFFIXES and (told := read_series_headers([file])[0].modality) not in ULTRASOUND:
        raise InputError(
            file.name,
            found=f"a DICOM file of the modality {told or '(none)'}",
            expected=f"one of {' or '.join(ULTRASOUND)}",
            todo="Send CT as NIfTI; export captures of screens as PNG.",
        )
    images_in(file.parent)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _conflict(name: str, found: str) -> ConflictError:
    return ConflictError(
        f"case {name!r}", found=found, expected="a new name", todo="Send it under another name, or remove that one."
    )
