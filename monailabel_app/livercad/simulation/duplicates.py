"""Near-duplicates among images: the same picture again, scaled, re-encoded or written on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

SIDE = 16
"""Brighter or darker than its right neighbour: so many comparisons a row, and so many rows."""
NEAR = 50
"""Of the 256 bits: pairs that differ in no more may show the same, see docs/simulation.md. Chosen by eye on images of
the liver, rather too high: images that are taken for duplicates without need only stay on one side."""


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


def group_duplicates(hashes: Sequence[npt.NDArray[np.bool_]], near: int = NEAR) -> npt.NDArray[np.int64]:
    """Group images that are near-duplicates of each other, also by way of a third.

    Parameters
    ----------
    hashes : sequence of ndarray of bool
        One an image.
    near : int
        Bits in which near-duplicates differ at most.

    Returns
    -------
    ndarray of int, shape (n,)
        Group of each image.
    """
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    bits = np.stack(hashes).astype(np.int32)
    ones = bits.sum(axis=1)
    apart = ones[:, None] + ones - 2 * bits @ bits.T
    return np.asarray(connected_components(csr_matrix(apart <= near), directed=False)[1], np.int64)
