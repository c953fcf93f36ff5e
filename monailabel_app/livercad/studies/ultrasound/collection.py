"""A folder of ultrasound images, read whole and grouped for splits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from livercad.errors import InputError
from livercad.progress import Progress, part, silent
from livercad.studies.candidates import Problem
from livercad.studies.ultrasound.duplicates import Grouping, find_duplicates, group_images
from livercad.studies.ultrasound.folder import find_images
from livercad.studies.ultrasound.image import ListedImage, UltrasoundImage
from livercad.studies.ultrasound.reading import read_all
from livercad.studies.ultrasound.rows import TABLE

TOLD = 3
"""Problems that an error tells; a thousand images often have the same."""


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

    @property
    def unusable(self) -> str:
        """What is wrong with images that cannot be used, for the end of an error's `found`; empty where all can."""
        if not self.problems:
            return ""
        told = "; ".join(problem.reason.rstrip(".") for problem in self.problems[:TOLD])
        more = f"; and {len(self.problems) - TOLD} more" if len(self.problems) > TOLD else ""
        return f", and {len(self.problems)} that cannot be used ({told}{more})"

    def check_patients(self, folder: Path) -> None:
        """Raise an error where there is nobody to be tested on.

        Parameters
        ----------
        folder : Path
            For the message.

        Raises
        ------
        InputError
            If all images, of which there are several, are of one patient: often a Patient ID that stands for all.
        """
        if len(self.listed) < 2 or len(set(self.grouping.groups)) > 1:
            return
        names = {image.patient for image in self.listed}
        whose = f" ({names.pop()!r} by Patient ID, the column patient, or the case)" if len(names) == 1 else ""
        raise InputError(
            folder,
            found=f"that all {len(self.listed)} images are of one patient{whose}",
            expected="images of several patients, since nobody is both learnt from and tested on",
            todo=f"Tell whose each image is in the column patient of {TABLE}; it stands above Patient IDs, which "
            "de-identification may have made alike (docs/ultrasound.md).",
        )


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
