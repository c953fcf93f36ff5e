"""A folder of ultrasound images, read whole and grouped for splits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from livercad.progress import Progress, part, silent
from livercad.studies.candidates import Problem
from livercad.studies.ultrasound.duplicates import Grouping, find_duplicates, group_images
from livercad.studies.ultrasound.folder import find_images
from livercad.studies.ultrasound.image import ListedImage, UltrasoundImage
from livercad.studies.ultrasound.reading import read_all


@dataclass(frozen=True)
class Collection:
    """Images with what is marked on them, and which must stay together.

    Parameters
    ----------
    listed : tuple of ListedImage
        Case, class and lesions of each image that could be read.
    images : tuple of UltrasoundImage
        Their pixels, in the same order.
    grouping : Grouping
        In the same order: copies, cases and patients joined.
    problems : tuple of Problem
        Images that cannot be used.
    left_out : tuple of Problem
        Files that were passed over.
    """

    listed: tuple[ListedImage, ...]
    images: tuple[UltrasoundImage, ...]
    grouping: Grouping
    problems: tuple[Problem, ...]
    left_out: tuple[Problem, ...]


def read_collection(folder: Path, progress: Progress = silent) -> Collection:
    """Find, read and group the images of a folder.

    Parameters
    ----------
    folder : Path
        See `livercad.studies.ultrasound.folder.find_images`.
    progress : Progress
        Told of every image.

    Returns
    -------
    Collection
        Without the images that cannot be read, which `problems` tells.

    Raises
    ------
    InputError
        If there is no such folder, its table is wrong, or it has no images at all.
    """
    found = find_images(folder, part(progress, 0, 0.4))
    images, unread = read_all(found.images, part(progress, 0.4, 1))
    names = {image.name for image in images}
    listed = tuple(each for each in found.images if each.name in names)
    grouping = group_images(listed, find_duplicates(images))
    return Collection(listed, images, grouping, (*found.problems, *unread), found.left_out)
