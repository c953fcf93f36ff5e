"""Images that show the same, grouped before any split: copies, and images of one patient."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from livercad.studies.atomic import write_text
from livercad.studies.ultrasound.hashes import bits_apart, difference_hash, middle_of, sector_of
from livercad.studies.ultrasound.image import ListedImage, UltrasoundImage

NEAR_BITS = 70
"""Of the 256 bits of `difference_hash` in which copies differ at most, in the middle of the sector and in the whole."""
ALIKE = 0.8
"""Correlation of the greys in the middle that copies have at least. Both limits were chosen by eye on BUSI and AUL:
pairs beyond them are different patients but for a few."""
NEAR_BITS_MIRRORED, ALIKE_MIRRORED = 40, 0.9
"""The same of mirror images, stricter: neither collection has any, and chance finds pairs of up to 42 bits there."""
THUMBNAIL = 48
"""Pixels along the side of what the correlation is computed on."""
_BLOCK = 1024


@dataclass(frozen=True)
class Pair:
    """Two images that show the same.

    Parameters
    ----------
    first, second : str
        Their names.
    bits : int
        In which their hashes differ, of 256: of the middles or of the whole, whichever more.
    correlation : float
        Of the greys in their middles, in [-1, 1].
    is_mirrored : bool
        Whether one is the other's mirror image, left to right.
    """

    first: str
    second: str
    bits: int
    correlation: float
    is_mirrored: bool


@dataclass(frozen=True)
class Grouping:
    """Which images must stay on one side of a split.

    Parameters
    ----------
    names : tuple of str
        The images, in their order.
    groups : tuple of int
        Group of each, from 0 in the order of names: images of one case, of one patient and copies of each other share
        one, also by way of a third.
    duplicates : tuple of tuple of str
        The names of copies of each other (by way of a third, too), without regard to cases; largest first.
    pairs : tuple of Pair
        All that were found to be copies.
    """

    names: tuple[str, ...]
    groups: tuple[int, ...]
    duplicates: tuple[tuple[str, ...], ...]
    pairs: tuple[Pair, ...]

    @property
    def group_of(self) -> dict[str, int]:
        """Group by name of the image."""
        return dict(zip(self.names, self.groups, strict=True))

    @property
    def copies(self) -> int:
        """How many images could be left out without losing what they show."""
        return sum(len(names) - 1 for names in self.duplicates)


def find_duplicates(images: Sequence[UltrasoundImage]) -> tuple[Pair, ...]:
    """Find pairs of near-duplicates: the same picture scaled, re-encoded, brighter, mirrored or written on.

    Difference hashes are compared of the whole sector and of its middle (`livercad.studies.ultrasound.hashes.MIDDLE`),
    and the greys of the middle by their correlation: unlike images of one scanner may be alike in one of these.

    Parameters
    ----------
    images : sequence of UltrasoundImage
        Names differ.

    Returns
    -------
    tuple of Pair
        In the images' order.
    """
    if len(images) < 2:
        return ()
    pictures = [Image.fromarray(image.array) for image in images]
    bounds = [sector_of(picture) for picture in pictures]
    middles = _both_ways([middle_of(picture, its) for picture, its in zip(pictures, bounds, strict=True)])
    sectors = _both_ways([picture.crop(its) for picture, its in zip(pictures, bounds, strict=True)])
    hashes = [np.stack([difference_hash(each) for each in some]) for some in middles]
    wholes = [np.stack([difference_hash(each) for each in some]) for some in sectors]
    greys = [np.stack([_standardised(each) for each in some]) for some in middles]
    pairs = []
    for start in range(0, len(images), _BLOCK):
        rows = slice(start, start + _BLOCK)
        apart = [
            np.maximum(bits_apart(hashes[0][rows], middle), bits_apart(wholes[0][rows], whole))
            for middle, whole in zip(hashes, wholes, strict=True)
        ]
        alike = [greys[0][rows] @ each.T for each in greys]
        near = [
            (apart[0] <= NEAR_BITS) & (alike[0] > ALIKE),
            (apart[1] <= NEAR_BITS_MIRRORED) & (alike[1] > ALIKE_MIRRORED),
        ]
        for row, column in zip(*np.nonzero(near[0] | near[1]), strict=True):
            if start + row >= column:
                continue
            way = int(not near[0][row, column])
            told = int(apart[way][row, column]), round(float(alike[way][row, column]), 3), bool(way)
            pairs.append(Pair(images[start + row].name, images[column].name, *told))
    return tuple(pairs)


def group_images(listed: Sequence[ListedImage], pairs: Sequence[Pair]) -> Grouping:
    """Join copies, cases and patients into groups that no split may part.

    Parameters
    ----------
    listed : sequence of ListedImage
        The images.
    pairs : sequence of Pair
        Copies among them, of `find_duplicates`.

    Returns
    -------
    Grouping
        Of all of them.
    """
    names = [image.name for image in listed]
    row = {name: number for number, name in enumerate(names)}
    copies = [(row[pair.first], row[pair.second]) for pair in pairs]
    kin = []
    for words in ([image.case for image in listed], [image.patient for image in listed]):
        first: dict[str, int] = {}
        kin += [(first.setdefault(word, number), number) for number, word in enumerate(words)]
    together = _components(len(names), copies)
    sets: dict[int, list[str]] = {}
    for name, number in zip(names, together.tolist(), strict=True):
        sets.setdefault(number, []).append(name)
    duplicates = sorted((tuple(each) for each in sets.values() if len(each) > 1), key=lambda each: (-len(each), each))
    groups = _components(len(names), copies + kin)
    return Grouping(tuple(names), tuple(groups.tolist()), tuple(duplicates), tuple(pairs))


def write_grouping(path: Path, grouping: Grouping, listed: Sequence[ListedImage]) -> None:
    """Write what was grouped.

    Parameters
    ----------
    path : Path
        ``.json``: duplicate sets and pairs with how like they are; else CSV: a row an image with case, patient, class,
        group, and the set of copies it is in, if any.
    grouping : Grouping
        Of `group_images`.
    listed : sequence of ListedImage
        The same images.
    """
    if path.suffix.lower() == ".json":
        told: dict[str, Any] = {
            "near_bits": NEAR_BITS,
            "alike": ALIKE,
            "images": len(grouping.names),
            "groups": len(set(grouping.groups)),
            "copies": grouping.copies,
            "duplicates": [list(names) for names in grouping.duplicates],
            "pairs": [asdict(pair) for pair in grouping.pairs],
        }
        write_text(path, json.dumps(told, indent=1) + "\n")
        return
    in_set = {name: number for number, names in enumerate(grouping.duplicates, start=1) for name in names}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["case", "image", "frame", "patient", "class", "group", "duplicates"])
    for image, group in zip(listed, grouping.groups, strict=True):
        writer.writerow(
            [image.case, image.name, image.frame, image.patient, image.kind, group, in_set.get(image.name, "")]
        )
    write_text(path, text.getvalue())


def _both_ways(pictures: Sequence[Image.Image]) -> tuple[list[Image.Image], list[Image.Image]]:
    """As they are, and mirrored left to right."""
    return list(pictures), [picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT) for picture in pictures]


def _standardised(image: Image.Image) -> npt.NDArray[np.float32]:
    """A thumbnail's greys with mean 0 and length 1, so that their product is the correlation."""
    greys = np.asarray(image.resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BOX), np.float64).ravel()
    greys -= greys.mean()
    return np.asarray(greys / max(float(np.linalg.norm(greys)), 1e-9), np.float32)


def _components(count: int, pairs: Sequence[tuple[int, int]]) -> npt.NDArray[np.int64]:
    rows, columns = zip(*pairs, strict=True) if pairs else ((), ())
    graph = coo_matrix((np.ones(len(pairs)), (rows, columns)), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)
