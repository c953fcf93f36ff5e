"""Walking a folder of studies: what is an image, what is DICOM, what is none of our business."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from livercad.core.names import names_only_masks
from livercad.studies.dicom_headers import is_dicom
from livercad.studies.itk import ITK_SUFFIXES

IMAGE_SUFFIXES = (".nii.gz", ".nii", *ITK_SUFFIXES)
PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp")
UNREAD_SUFFIXES = (".tif", ".tiff", ".gif")
"""Of pictures that are not read."""
SERVER_LABELS = "labels"
"""Where MONAI Label's datastore keeps its labels, inside the folder of studies."""
RESULTS_MARK = "run.json"
"""A folder that holds it is the output of a batch, whose volumes are results and no studies."""


@dataclass
class Files:
    """The files of a folder of studies, each list sorted.

    Parameters
    ----------
    images : list of Path
        NIfTI, NRRD and MetaImage files.
    dicoms : list of Path
        DICOM files.
    mask_folders : list of Path
        Folders that were not entered because their name says that they hold labels.
    others : Counter of str
        How many files of no use there are, by ending in small letters (``.png``; empty where there is none).
    pictures : list of Path
        Those of them that are PNG, JPEG or BMP.
    misnamed : list of Path
        Files whose path is no UTF-8 (`is_text`): no result could name them.
    """

    images: list[Path] = field(default_factory=list)
    dicoms: list[Path] = field(default_factory=list)
    mask_folders: list[Path] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)
    pictures: list[Path] = field(default_factory=list)
    misnamed: list[Path] = field(default_factory=list)


def stem_of(path: Path) -> str:
    """A file's name without its image extension.

    Parameters
    ----------
    path : Path
        An image file, or any other.

    Returns
    -------
    str
        ``scan.v2`` for ``scan.v2.nii.gz``.
    """
    suffix = next((suffix for suffix in IMAGE_SUFFIXES if path.name.lower().endswith(suffix)), "")
    return path.name[: -len(suffix)] if suffix else path.stem


def is_text(path: Path) -> bool:
    """Whether a path is UTF-8, as JSON, pages and tables need it; names from other systems may be something else."""
    return readable(path) == str(path)


def readable(path: Path) -> str:
    """A path for people, with � for what is no UTF-8 in it."""
    return os.fsencode(path).decode("utf-8", "replace")


def list_files(folder: Path) -> Files:
    """List images and DICOM files in a folder and below.

    Hidden files and folders, the server's labels and the results of a batch are passed over; symbolic links are
    followed.

    Parameters
    ----------
    folder : Path
        The folder of studies.

    Returns
    -------
    Files
        What was found.
    """
    files = Files()
    for path in walk(folder, files.mask_folders):
        if not is_text(path):
            files.misnamed.append(path)
        elif path.name.lower().endswith(IMAGE_SUFFIXES):
            files.images.append(path)
        elif is_dicom(path):
            files.dicoms.append(path)
        else:
            files.others[path.suffix.lower()] += 1
            files.pictures += [path] if path.suffix.lower() in PICTURE_SUFFIXES else []
    return files


def walk(folder: Path, mask_folders: list[Path] | None = None) -> Iterator[Path]:
    """Go through the files in a folder and below, as `list_files` does.

    Parameters
    ----------
    folder : Path
        The folder of studies.
    mask_folders : list of Path, optional
        Takes the folders whose names say that they hold labels: these are not entered then.

    Yields
    ------
    Path
        Folder by folder, sorted in each.
    """
    entered: set[str] = set()
    for place, folders, names in os.walk(folder, followlinks=True):
        here = os.path.realpath(place)
        if here in entered or (RESULTS_MARK in names and Path(place) != folder):
            folders.clear()
            continue
        entered.add(here)
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name.lower() != SERVER_LABELS)
        if mask_folders is not None:
            masks = [name for name in folders if names_only_masks(name) and is_text(Path(place, name))]
            mask_folders += [Path(place, name) for name in masks]
            folders[:] = [name for name in folders if name not in masks]
        yield from (Path(place, name) for name in sorted(names) if not name.startswith("."))
