"""Where an image shows tissue: the sector that the probe scans, without the black and the writing around it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

DARK = 3
"""Grey values up to this are nobody's echo: black, and what JPEG makes of it."""
WINDOW = 1 / 80
"""Side of the square that is lit or not, of the image's longer side."""
LIT = 0.35
"""A square is lit where more of it than this is above `DARK`: in weak noise every third pixel is."""
COARSE = 256
"""Pixels along the longer side at most, in which the hull is told."""
PIECE = 0.05
"""Lit pieces of a smaller share of the largest are writing and scales. Like the others our choice, by eye on AUL."""


def scanned(image: npt.NDArray[np.uint8] | npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """Find the sector: the convex hull of what is lit, as shadows and weak echoes within it are dark.

    Parameters
    ----------
    image : ndarray, shape (rows, columns)
        Grey values in [0, 255].

    Returns
    -------
    ndarray of bool, shape (rows, columns)
        Whether the probe looked there; everywhere if nothing is lit.
    """
    from skimage.morphology import convex_hull_image

    window = max(3, round(WINDOW * max(image.shape)))
    lit = ndimage.uniform_filter((image > DARK).astype(np.float32), window, mode="nearest") > LIT
    step = -(-max(image.shape) // COARSE)
    pieces, count = ndimage.label(lit[::step, ::step])
    if not count:
        return np.ones(image.shape, np.bool_)
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    hull = convex_hull_image((sizes >= PIECE * sizes.max())[pieces])
    rows, columns = image.shape
    return np.asarray(hull.repeat(step, axis=0).repeat(step, axis=1)[:rows, :columns], np.bool_)
