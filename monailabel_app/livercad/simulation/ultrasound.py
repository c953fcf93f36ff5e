"""Images of one's own with a class each, such as ultrasound of the liver, to replay their labelling."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from livercad.errors import InputError
from livercad.progress import Progress
from livercad.studies.ultrasound.hashes import difference_hash, group_duplicates, middle_of

TABLE, IMAGES = "index.csv", "images"
CASE, CATEGORY = "case", "category"
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
        Sorted.
    classes : tuple of str
        Of each.
    groups : ndarray of int, shape (n,)
        Near-duplicates share one.
    features : ndarray of float32, shape (n, d)
        What is made of each image.
    """

    cases: tuple[str, ...]
    classes: tuple[str, ...]
    groups: npt.NDArray[np.int64]
    features: npt.NDArray[np.float32]


def read_images(folder: Path, progress: Progress) -> Images:
    """Read a folder of images with their classes.

    Parameters
    ----------
    folder : Path
        With ``index.csv``, which has the columns ``case`` and ``category``, and ``images/CASE.png``.
    progress : Progress
        Told of every image.

    Raises
    ------
    InputError
        If the table or an image is missing or wrong, or a class has fewer images than `FEWEST_IN_A_CLASS`.
    """
    table = _table(folder / TABLE)
    features, hashes = [], []
    for number, case in enumerate(sorted(table)):
        progress(number, len(table), "reading images")
        image = _middle_of(folder / IMAGES / f"{case}.png")
        features.append(features_of(image))
        hashes.append(difference_hash(image))
    cases = tuple(sorted(table))
    return Images(cases, tuple(table[case] for case in cases), group_duplicates(hashes), np.stack(features))


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


def _table(path: Path) -> dict[str, str]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as error:
        raise _error(path, f"that it cannot be read ({error})") from error
    if not rows or not {CASE, CATEGORY} <= rows[0].keys():
        raise _error(path, f"the columns {', '.join(rows[0]) if rows else '(none)'}")
    table = {row[CASE]: row[CATEGORY] for row in rows}
    if len(table) < len(rows):
        raise _error(path, "a case more than once")
    counts = {kind: list(table.values()).count(kind) for kind in sorted(set(table.values()))}
    if len(counts) < 2 or min(counts.values()) < FEWEST_IN_A_CLASS:
        raise _error(path, "the classes " + ", ".join(f"{kind or '(empty)'} ({n})" for kind, n in counts.items()))
    return table


def _middle_of(path: Path) -> Image.Image:
    try:
        with Image.open(path) as file:
            image = file.convert("L")
    except OSError as error:
        raise InputError(
            path, found=f"no readable image ({error})", expected=f"the image of a case in {TABLE}", todo="Add it."
        ) from error
    return middle_of(image)


def _error(path: Path, found: str) -> InputError:
    return InputError(
        path,
        found=found,
        expected=f"a line an image with the columns {CASE} and {CATEGORY}, at least two classes, and at least "
        f"{FEWEST_IN_A_CLASS} images of each",
        todo="Mend the table (docs/simulation.md).",
    )
