"""What an image looks like in 256 bits (a difference hash), to find the same picture again."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

SIDE = 16
"""Brighter or darker than its right neighbour: so many comparisons a row, and so many rows."""
DARK = 8
"""Grey values up to this are the black around an ultrasound sector."""
SPARSE = 0.1
"""Rows and columns with fewer lit pixels, as a share of the fullest's, are writing or the sector's very corners."""
MIDDLE = (0.2, 0.15, 0.8, 0.9)
"""Left, top, right and bottom of the part of a sector that is looked at, as shares of its bounding box: what lies
outside is the sector's border, and much the same in all images of a scanner."""


def sector_of(image: Image.Image) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the sector of a grey image (mode L); what is written beside it does not count."""
    lit = np.asarray(image) > DARK
    ends = []
    for counts in (lit.sum(axis=0), lit.sum(axis=1)):
        full = np.flatnonzero(counts > SPARSE * counts.max())
        ends.append((int(full[0]), int(full[-1]) + 1) if full.size else (0, len(counts)))
    (left, right), (top, bottom) = ends
    return left, top, right, bottom


def middle_of(image: Image.Image, bounds: tuple[int, int, int, int]) -> Image.Image:
    """Cut out the part of an image that differs between patients, `MIDDLE` of its bounds; it is grey (mode L)."""
    left, top, right, bottom = bounds
    width, height = right - left, bottom - top
    box = (left + MIDDLE[0] * width, top + MIDDLE[1] * height, left + MIDDLE[2] * width, top + MIDDLE[3] * height)
    return image.crop(tuple(round(edge) for edge in box))  # type: ignore[arg-type]


def difference_hash(image: Image.Image) -> npt.NDArray[np.bool_]:
    """Hash an image by its gradients (N. Krawetz, "Kind of like that", 2013).

    Own code: the library ImageHash does the same and brings PyWavelets for hashes that are not needed here.

    Parameters
    ----------
    image : Image
        Any size and mode; the part of it that differs between patients, without borders that they share.

    Returns
    -------
    ndarray of bool, shape (SIDE · SIDE,)
        Whether each of SIDE × SIDE places is darker than the next to its right.
    """
    small = np.asarray(image.convert("L").resize((SIDE + 1, SIDE), Image.Resampling.BOX), np.int16)
    return np.asarray((np.diff(small, axis=1) > 0).ravel())


def bits_apart(some: npt.NDArray[np.bool_], others: npt.NDArray[np.bool_]) -> npt.NDArray[np.int32]:
    """Count in how many bits hashes differ; shapes (m, bits) and (n, bits) give (m, n)."""
    # In float32, which counts exactly up to 2^24 and has a fast product.
    first, second = some.astype(np.float32), others.astype(np.float32)
    apart = first.sum(axis=1)[:, None] + second.sum(axis=1) - 2 * first @ second.T
    return np.round(apart).astype(np.int32)
