"""Ultrasound images read, whatever kind of file they come in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from livercad.errors import InputError
from livercad.progress import Progress, silent
from livercad.studies.candidates import Problem
from livercad.studies.dicom_headers import is_dicom
from livercad.studies.files import PICTURE_SUFFIXES
from livercad.studies.hashing import hash_file
from livercad.studies.ultrasound.dicom import read_dicom_header, read_frame
from livercad.studies.ultrasound.image import ListedImage, UltrasoundImage
from livercad.studies.ultrasound.pictures import picture_size, read_picture


@dataclass(frozen=True)
class FileHeader:
    """What is known of a file before its pixels are read.

    Parameters
    ----------
    shape : tuple of int
        Rows, columns.
    frames : int
        How many images it has.
    patient : str
        Patient ID of a DICOM file, or empty.
    spacing_mm : tuple of float or None
        From row to row and from column to column, where a DICOM file tells.
    """

    shape: tuple[int, int]
    frames: int = 1
    patient: str = ""
    spacing_mm: tuple[float, float] | None = None


@dataclass(frozen=True)
class UnreadImage(Problem):
    """An image that cannot be read.

    Parameters
    ----------
    image : str
        Its name.
    found : str
        What was found in its place, with its name for its path.
    """

    image: str = ""
    found: str = ""


def is_image(path: Path) -> bool:
    """Whether a file may be an ultrasound image: a picture by its ending, or DICOM."""
    return path.suffix.lower() in PICTURE_SUFFIXES or is_dicom(path)


def read_header(path: Path) -> FileHeader:
    """Read what a file's header tells.

    Parameters
    ----------
    path : Path
        A picture or a DICOM file.

    Returns
    -------
    FileHeader
        Size, frames, patient and spacing.

    Raises
    ------
    InputError
        If it is missing or no image.
    """
    if path.suffix.lower() in PICTURE_SUFFIXES:
        return FileHeader(picture_size(path))
    told = read_dicom_header(path)
    return FileHeader(told.shape, told.frames, told.patient, told.spacing_mm)


def read_image(listed: ListedImage) -> UltrasoundImage:
    """Read an image that a folder has.

    Parameters
    ----------
    listed : ListedImage
        Case, file and frame; `ListedImage(case, path.name, path)` for a file of no folder.

    Returns
    -------
    UltrasoundImage
        Grey, with what the file tells.

    Raises
    ------
    InputError
        If the file is missing, damaged, or no ultrasound image.
    """
    path = listed.path
    if path.suffix.lower() in PICTURE_SUFFIXES:
        (array, coloured), spacing = read_picture(path), None
    else:
        array, coloured, spacing = read_frame(path, listed.frame)
    return UltrasoundImage(array, listed.case, listed.name, path, listed.frame, spacing, hash_file(path), coloured)


def read_all(
    listed: Iterable[ListedImage], progress: Progress = silent
) -> tuple[tuple[UltrasoundImage, ...], tuple[UnreadImage, ...]]:
    """Read many images; one that cannot be read stops no other.

    Parameters
    ----------
    listed : iterable of ListedImage
        Which.
    progress : Progress
        Told of every image.

    Returns
    -------
    images : tuple of UltrasoundImage
        In their order, without those that cannot be read.
    problems : tuple of UnreadImage
        These, with the reason.
    """
    wanted, images, problems = list(listed), [], []
    for number, each in enumerate(wanted):
        progress(number, len(wanted), "reading images")
        try:
            images.append(read_image(each))
        except InputError as error:
            found = error.found.replace(str(each.path), each.name)
            problems.append(UnreadImage(each.case, str(error), path=each.path, image=each.name, found=found))
    progress(len(wanted), len(wanted), "reading images")
    return tuple(images), tuple(problems)
