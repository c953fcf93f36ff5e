"""Smooth random fields and the implicit shapes that anatomy is built from.

A shape is a signed distance in mm, negative inside; near its surface it is exact to first order, which is all that
walls, gaps and impressions of a few millimetres need.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
Axes = tuple[FloatArray, FloatArray, FloatArray]
Region = tuple[tuple[float, float], tuple[float, float], tuple[float, float]]

REGION_MM: Region = ((-260.0, 260.0), (-260.0, 260.0), (-300.0, 160.0))
"""The part of patient space, along R, A, S, that a random field covers: fixed, so that no field depends on the grid."""


class SmoothField:
    """Gaussian noise on a lattice, interpolated by cubic B-splines: mean 0, SD about 1 everywhere.

    Parameters
    ----------
    rng : numpy.random.Generator
        Draws the lattice.
    scale_mm : float
        Distance of lattice points; bumps are about twice as wide.
    region : tuple of tuple of float, optional
        Lower and upper limit (mm) along R, A, S; beyond it the field goes on with its value at the limit.
    """

    def __init__(self, rng: np.random.Generator, scale_mm: float, region: Region = REGION_MM) -> None:
        self._region = region
        counts = [int(np.ceil((high - low) / scale_mm)) + 4 for low, high in region]
        # A cubic B-spline of white noise has variance 151/315 per axis.
        self._lattice = (rng.standard_normal(counts) / (151 / 315) ** 1.5).astype(np.float32)
        self._scale = scale_mm

    def _weights(self, coordinates: npt.ArrayLike, axis: int) -> FloatArray:
        """Dense B-spline weights, shape (points, lattice points along the axis)."""
        low, high = self._region[axis]
        steps = (np.clip(np.asarray(coordinates, dtype=np.float64), low, high) - low) / self._scale
        distance = np.abs(steps[:, None] + 1 - np.arange(self._lattice.shape[axis]))
        near, far = 2 / 3 - distance**2 * (1 - distance / 2), np.clip(2 - distance, 0, None) ** 3 / 6
        return np.where(distance < 1, near, far).astype(np.float32)

    def on(self, axes: Axes) -> FloatArray:
        """Values on a grid.

        Parameters
        ----------
        axes : tuple of ndarray
            Patient coordinates (mm) along R, A and S.

        Returns
        -------
        ndarray, shape (len R, len A, len S)
            The field there.
        """
        r, a, s = (self._weights(axis, n) for n, axis in enumerate(axes))
        part = np.tensordot(r, self._lattice, (1, 0))
        part = np.matmul(a, part)
        return np.matmul(part, s.T)

    def at(self, points: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Values at single points.

        Parameters
        ----------
        points : array_like, shape (n, 3)
            Patient coordinates R, A, S in mm.

        Returns
        -------
        ndarray, shape (n,)
            The field there.
        """
        points = np.atleast_2d(points)
        r, a, s = (self._weights(points[:, n], n) for n in range(3))
        return np.einsum("pi,pj,pk,ijk->p", r, a, s, self._lattice).astype(np.float64)


def around(center: Iterable[float], x: FloatArray, y: FloatArray, z: FloatArray) -> Axes:
    """Coordinates relative to a centre; all in mm."""
    cx, cy, cz = (np.float32(c) for c in center)
    return x - cx, y - cy, z - cz


def ellipsoid(x: FloatArray, y: FloatArray, z: FloatArray, radii: tuple[float, float, float]) -> FloatArray:
    """Signed distance to an ellipsoid around the origin.

    Parameters
    ----------
    x, y, z : ndarray
        Coordinates relative to its centre, in mm.
    radii : tuple of float
        Half axes in mm.

    Returns
    -------
    ndarray
        First-order signed distance in mm (I. Quilez, "Ellipsoid: SDF").
    """
    a, b, c = (np.float32(radius) for radius in radii)
    u, v, w = x / a, y / b, z / c
    length = np.sqrt(u * u + v * v + w * w) + np.float32(1e-6)
    u, v, w = u / a, v / b, w / c
    return length * (length - 1) / (np.sqrt(u * u + v * v + w * w) + np.float32(1e-6))


def rounded_tube(x: FloatArray, y: FloatArray, half_x: float, half_y: float, squareness: float) -> FloatArray:
    """Signed distance, along the ray from the axis, to an endless tube with a rounded cross-section.

    Parameters
    ----------
    x, y : ndarray
        Coordinates relative to the tube's axis, in mm.
    half_x, half_y : float
        Half width and half depth in mm.
    squareness : float
        0 for an ellipse, towards 1 for a rounded rectangle.

    Returns
    -------
    ndarray
        Distance in mm, negative inside.
    """
    u, v = (x / np.float32(half_x)) ** 2, (y / np.float32(half_y)) ** 2
    level = np.sqrt(np.sqrt(u * u + v * v + np.float32(2 * (1 - squareness)) * u * v)) + np.float32(1e-6)
    return np.sqrt(x * x + y * y) * (1 - 1 / level)


def smooth_union(first: FloatArray, second: FloatArray, blend_mm: float) -> FloatArray:
    """Unite two shapes with a fillet between them.

    Parameters
    ----------
    first, second : ndarray
        Signed distances in mm.
    blend_mm : float
        Width of the fillet in mm.

    Returns
    -------
    ndarray
        Signed distance in mm (polynomial smooth minimum).
    """
    k = np.float32(blend_mm)
    overlap = np.clip(1 - np.abs(first - second) / k, 0, None)
    return np.minimum(first, second) - overlap * overlap * (k / 4)


def smooth_intersection(first: FloatArray, second: FloatArray, blend_mm: float) -> FloatArray:
    """Intersect two shapes with the edge between them rounded; see `smooth_union`."""
    return -smooth_union(-first, -second, blend_mm)
