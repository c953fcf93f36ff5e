"""Smooth and cellular patterns in the plane, the same wherever they are sampled."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.spatial import cKDTree

Array = npt.NDArray[np.float32]

EXTENT_MM = 420.0
"""Side of the square, around the middle, in which patterns are defined; beyond, its border goes on."""


def smooth(seed: int, grain_mm: float, x: Array, y: Array) -> Array:
    """Sample a smooth random field.

    Parameters
    ----------
    seed : int
        Another seed, another field.
    grain_mm : float
        Distance in which it changes.
    x, y : ndarray of float32
        Places, mm, of one shape.

    Returns
    -------
    ndarray of float32
        Mean 0, standard deviation about 1.
    """
    count = int(EXTENT_MM / grain_mm) + 2
    grid = np.random.default_rng(seed).standard_normal((count, count), dtype=np.float32)
    places = [(x + EXTENT_MM / 2) / grain_mm, (y + EXTENT_MM / 2) / grain_mm]
    # Between its places a linear interpolation of white noise keeps two thirds of the deviation, on average.
    return np.asarray(ndimage.map_coordinates(grid, places, order=1, mode="nearest") * 1.5, np.float32)


def cells(seed: int, size_mm: float, radius_mm: float, x: Array, y: Array) -> tuple[Array, Array]:
    """Sample nodules: the nearest of random middles rules a place.

    Parameters
    ----------
    seed : int
        Another seed, other nodules.
    size_mm : float
        Of a nodule.
    radius_mm : float
        Around the middle, in which there are nodules.
    x, y : ndarray of float32, shape (n,)
        Places, mm.

    Returns
    -------
    level : ndarray of float32, shape (n,)
        Each nodule's own value; of mean 0 and standard deviation 1 over many.
    to_border : ndarray of float32, shape (n,)
        How far the place is from the next nodule, mm.
    """
    rng = np.random.default_rng(seed)
    count = max(6, int((2 * radius_mm / size_mm) ** 2))
    middles = rng.uniform(-radius_mm, radius_mm, (count, 2))
    distance, nearest = cKDTree(middles).query(np.column_stack([x, y]), k=2)
    level = rng.standard_normal(count)[nearest[:, 0]]
    return level.astype(np.float32), ((distance[:, 1] - distance[:, 0]) / 2).astype(np.float32)
