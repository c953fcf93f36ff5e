"""The square around a lesion of a 2-D image, as networks see it: one definition for training, server and client."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from livercad.core.circle import SMALLEST_SIDE, Circle
from livercad.core.roi import DEFAULT_RATIO

MOST_SAMPLES = 4_000_000
"""At once. A square far larger than its image would else take all memory."""


def planar_square(
    image: npt.NDArray[np.generic],
    circle: Circle,
    pixels: int,
    *,
    ratio: float = DEFAULT_RATIO,
    smallest: float = SMALLEST_SIDE,
    angle: float = 0.0,
    shift: tuple[float, float] = (0.0, 0.0),
    outside: float = 0.0,
) -> npt.NDArray[np.float32]:
    """Cut the square of a ratio D/L out of an image and scale it.

    Parameters
    ----------
    image : ndarray, shape (rows, columns)
        Grey values.
    circle : Circle
        Around the lesion, in pixels of the image.
    pixels : int
        Along a side of what comes out.
    ratio : float, default 0.6
        D / L.
    smallest : float, default 64
        Pixels of the image along a side at least (Yamakawa 2020, section 2.3).
    angle : float, default 0
        Degrees by which the image is turned about the lesion's middle before it is cut, clockwise as it is seen
        (section 2.4): corners of the square show the image there, not black.
    shift : tuple of float, default (0, 0)
        How far the square's middle lies to the right of the lesion's and below it, in sides of the square.
    outside : float, default 0
        Value beyond the image.

    Returns
    -------
    ndarray of float32, shape (pixels, pixels)
        Interpolated linearly; each pixel is the mean over its area where that is larger than a pixel of the image.

    Raises
    ------
    ValueError
        If ratio or pixels is not above 0.
    """
    if pixels < 1:
        raise ValueError(f"A square has one pixel or more along its side, got {pixels}.")
    side = circle.side(ratio, smallest)
    finer = max(1, int(np.ceil(side / pixels)))
    along = ((np.arange(pixels * finer) + 0.5) / (pixels * finer) - 0.5) * side
    x, turned = along[None, :] + shift[0] * side, np.deg2rad(angle)
    blocks = []
    for lines in np.array_split(np.arange(pixels), -(-pixels * finer * along.size // MOST_SAMPLES)):
        y = (along.reshape(pixels, finer)[lines].ravel() + shift[1] * side)[:, None]
        # What is seen at (x, y) after the image has been turned clockwise lay there before, turned back.
        columns = circle.center[0] + np.cos(turned) * x + np.sin(turned) * y
        rows = circle.center[1] - np.sin(turned) * x + np.cos(turned) * y
        fine = _bilinear(image, rows, columns, outside)
        blocks.append(fine.reshape(lines.size, finer, pixels, finer).mean(axis=(1, 3), dtype=np.float32))
    return np.concatenate(blocks)


def _bilinear(
    image: npt.NDArray[np.generic], rows: npt.NDArray[np.float64], columns: npt.NDArray[np.float64], outside: float
) -> npt.NDArray[np.float32]:
    rows, columns = np.broadcast_arrays(rows, columns)
    height, width = image.shape
    # A pixel spans half a step to each side; within that the nearest value goes on.
    inside = (rows >= -0.5) & (rows <= height - 0.5) & (columns >= -0.5) & (columns <= width - 0.5)
    r, c = np.clip(rows[inside], 0, height - 1), np.clip(columns[inside], 0, width - 1)
    top, left = np.minimum(r.astype(np.intp), max(height - 2, 0)), np.minimum(c.astype(np.intp), max(width - 2, 0))
    bottom, right = np.minimum(top + 1, height - 1), np.minimum(left + 1, width - 1)
    down, over = (r - top).astype(np.float32), (c - left).astype(np.float32)
    values = image.astype(np.float32, copy=False)
    upper = values[top, left] * (1 - over) + values[top, right] * over
    lower = values[bottom, left] * (1 - over) + values[bottom, right] * over
    result = np.full(rows.shape, outside, np.float32)
    result[inside] = upper * (1 - down) + lower * down
    return result
