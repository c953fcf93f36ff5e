"""Lesions measured on their masks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import cc3d
import numpy as np
import numpy.typing as npt

from livercad.core.circle import smallest_circle
from livercad.errors import InputError
from livercad.studies.ultrasound.image import MarkedLesion
from livercad.studies.ultrasound.pictures import read_picture

SMALLEST_PIXELS = 9
"""Pieces of a mask below are slips of the pencil."""


def lesions_of_masks(
    paths: Sequence[Path], values: tuple[int, ...], shape: tuple[int, int], kind: str
) -> tuple[MarkedLesion, ...]:
    """Measure the lesions that masks show: each piece (8-connected) of each mask is one.

    Parameters
    ----------
    paths : sequence of Path
        Masks of one image.
    values : tuple of int
        Which grey values are lesion; empty for all but 0.
    shape : tuple of int
        Rows, columns of the image.
    kind : str
        Class of its lesions.

    Returns
    -------
    tuple of MarkedLesion
        The largest first; circles by `livercad.core.circle.smallest_circle`. Empty where no mask has a lesion.

    Raises
    ------
    InputError
        If a mask cannot be read, or is of another size than the image.
    """
    lesions: list[MarkedLesion] = []
    for path in paths:
        own, found = _measured(path, path.stat().st_mtime_ns if path.exists() else 0, values)
        if own != shape:
            raise InputError(
                path,
                found=f"a mask of {own[0]} × {own[1]} pixels (rows × columns)",
                expected=f"the size of its image, {shape[0]} × {shape[1]}",
                todo="Use the masks of these images.",
            )
        lesions += [replace(lesion, kind=kind) for lesion in found]
    return tuple(sorted(lesions, key=lambda lesion: -lesion.circle.diameter))


@lru_cache(maxsize=1 << 16)
def _measured(path: Path, _changed: int, values: tuple[int, ...]) -> tuple[tuple[int, ...], list[MarkedLesion]]:
    """A mask's size and what it shows; kept, since a server lists a folder again whenever it has changed."""
    mask = read_mask(path, values)
    return mask.shape, lesions_of_mask(mask)


def read_mask(path: Path, values: tuple[int, ...] = ()) -> npt.NDArray[np.bool_]:
    """Read a mask: shape (rows, columns), True in lesions; see `lesions_of_masks`."""
    array, _ = read_picture(path)
    return np.isin(array, values) if values else array > 0


def lesions_of_mask(mask: npt.NDArray[np.bool_], kind: str = "") -> list[MarkedLesion]:
    """Measure each piece of a mask, shape (rows, columns)."""
    pieces = cc3d.connected_components(np.ascontiguousarray(mask, np.uint8), connectivity=8)
    found = cc3d.statistics(pieces)
    lesions = []
    for number in range(1, int(pieces.max()) + 1):
        if found["voxel_counts"][number] < SMALLEST_PIXELS:
            continue
        rows, columns = found["bounding_boxes"][number][:2]
        circle = smallest_circle(pieces[rows, columns] == number)
        x, y = circle.center
        circle = type(circle)((x + columns.start, y + rows.start), circle.diameter)
        box = (columns.start - 0.5, rows.start - 0.5, columns.stop - 0.5, rows.stop - 0.5)
        lesions.append(MarkedLesion(circle, kind, box))
    return lesions
