"""Images of one's own with a class each, such as ultrasound of the liver, to replay their labelling."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from livercad.errors import InputError
from livercad.progress import Progress
from livercad.studies.ultrasound.collection import read_collection
from livercad.studies.ultrasound.hashes import middle_of, sector_of
from livercad.studies.ultrasound.phantoms import is_phantom

FEWEST_IN_A_CLASS = 20
SIDE = 96
CELL = 16
"""Pixels of a cell of oriented gradients."""
LBP_RADII = (1, 3)
PERCENTILES = (1, 5, 25, 50, 75, 95, 99)


@dataclass(frozen=True)
class Images:
    """Images with their classes.

    Parameters
    ----------
    cases : tuple of str
        Names of the images, sorted; each is labelled by itself.
    classes : tuple of str
        Of each.
    groups : ndarray of int, shape (n,)
        Images of a case, images of a patient and near-duplicates share one.
    features : ndarray of float32, shape (n, d)
        What is made of each image.
    is_phantom : bool
        Whether they were made.
    unusable : str
        What else there is and why it cannot be used, for the end of a sentence; may be empty.
    """

    cases: tuple[str, ...]
    classes: tuple[str, ...]
    groups: npt.NDArray[np.int64]
    features: npt.NDArray[np.float32]
    is_phantom: bool
    unusable: str = ""


def read_images(folder: Path, progress: Progress) -> Images:
    """Read a folder of images with their classes.

    Parameters
    ----------
    folder : Path
        With a table that tells classes, see `livercad.studies.ultrasound.folder.find_images`. Images without a class
        are passed over.
    progress : Progress
        Told of every image.

    Raises
    ------
    InputError
        If the table is wrong, or a class has fewer images than `FEWEST_IN_A_CLASS`.
    """
    collection = read_collection(folder, progress)
    rows = sorted(
        (row for row, image in enumerate(collection.listed) if image.kind), key=lambda row: collection.listed[row].name
    )
    classes = tuple(collection.listed[row].kind for row in rows)
    _check(folder, classes, collection.unusable)
    pictures = [Image.fromarray(collection.images[row].array) for row in rows]
    return Images(
        cases=tuple(collection.listed[row].name for row in rows),
        classes=classes,
        groups=np.array([collection.grouping.groups[row] for row in rows]),
        features=np.stack([features_of(middle_of(picture, sector_of(picture))) for picture in pictures]),
        is_phantom=is_phantom(folder),
        unusable=collection.unusable,
    )


def features_of(image: Image.Image) -> npt.NDArray[np.float32]:
    """Describe an image: oriented gradients, textures (local binary patterns), and how bright it is.

    Parameters
    ----------
    image : Image
        Grey.

    Returns
    -------
    ndarray of float32
        As many numbers for every image.
    """
    from skimage.feature import hog, local_binary_pattern

    pixels = np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BOX))
    gradients = hog(pixels, orientations=8, pixels_per_cell=(CELL, CELL), cells_per_block=(2, 2))
    textures = [np.bincount(local_binary_pattern(pixels, 8, radius, "uniform").astype(int).ravel(), minlength=10)
                for radius in LBP_RADII]  # fmt: skip
    small = np.asarray(image.resize((6, 6), Image.Resampling.BOX)).ravel()
    bright = np.percentile(pixels, PERCENTILES)
    parts = [gradients, *(np.sqrt(texture / pixels.size) for texture in textures), bright / 255, small / 255]
    return np.concatenate(parts).astype(np.float32)


def _check(folder: Path, classes: tuple[str, ...], unusable: str) -> None:
    counts = Counter(classes)
    if len(counts) < 2 or min(counts.values()) < FEWEST_IN_A_CLASS:
        told = ", ".join(f"{kind} ({counts[kind]})" for kind in sorted(counts))
        raise InputError(
            folder,
            found=f"the classes {told or '(none)'}{unusable}",
            expected=f"at least two classes, and at least {FEWEST_IN_A_CLASS} images of each",
            todo="Mend the table (docs/simulation.md).",
        )
