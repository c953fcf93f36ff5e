"""What a network says of squares cut out of an image, put back onto the image's own grid."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import map_coordinates

from livercad.core.circle import PixelBox

Piece = tuple[PixelBox, npt.NDArray[np.floating[Any]]]
"""A part of the image, and values (rows, columns) that lie evenly in it; it may reach beyond the image."""


def put_back(pieces: Iterable[Piece], shape: tuple[int, int]) -> npt.NDArray[np.float32]:
    """Lay values over an image: the way back from `livercad.core.planar_roi.planar_square`.

    Parameters
    ----------
    pieces : iterable of Piece
        With values of any resolution, interpolated linearly; within half a step of a piece's edge the nearest goes on.
    shape : tuple of int
        Rows, columns of the image.

    Returns
    -------
    ndarray of float32, shape (rows, columns)
        Where pieces overlap their mean, where none lies 0.
    """
    total, count = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for (x0, y0, x1, y1), values in pieces:
        rows, at_rows = _along(y0, y1, shape[0], values.shape[0])
        columns, at_columns = _along(x0, x1, shape[1], values.shape[1])
        at = np.meshgrid(at_rows, at_columns, indexing="ij")
        total[rows, columns] += map_coordinates(np.asarray(values, np.float32), at, order=1, mode="nearest")
        count[rows, columns] += 1
    return total / np.maximum(count, 1)


def saliency_of(pieces: Iterable[Piece], shape: tuple[int, int]) -> npt.NDArray[np.float32]:
    """Lay an activation map over an image, its strongest place 1.

    Parameters
    ----------
    pieces : iterable of Piece
        With activations of 0 or more.
    shape : tuple of int
        Rows, columns of the image.

    Returns
    -------
    ndarray of float32, shape (rows, columns)
        In [0, 1]; 0 everywhere if nothing is active.
    """
    activation = put_back(pieces, shape)
    highest = float(activation.max())
    return activation / np.float32(highest) if highest > 0 else activation


def is_on(box: PixelBox, shape: tuple[int, int]) -> bool:
    """Whether some of a box lies on an image of so many rows and columns."""
    x0, y0, x1, y1 = box
    return x0 < shape[1] - 0.5 and y0 < shape[0] - 0.5 and x1 > -0.5 and y1 > -0.5


def is_within(box: PixelBox, shape: tuple[int, int]) -> bool:
    """Whether all of a box lies on an image of so many rows and columns."""
    x0, y0, x1, y1 = box
    return x0 >= -0.5 and y0 >= -0.5 and x1 <= shape[1] - 0.5 and y1 <= shape[0] - 0.5


def _along(low: float, high: float, length: int, steps: int) -> tuple[slice, npt.NDArray[np.float64]]:
    """Pixels of an axis whose middle lies in [low, high), and where they lie among the values there."""
    first, last = max(0, int(np.ceil(low))), min(length, int(np.ceil(high)))
    pixels = np.arange(first, max(first, last))
    return slice(first, max(first, last)), (pixels - low) / (high - low) * steps - 0.5
