"""Where points of the fixed image lie in the moving image: a smooth bend, then a rigid motion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from livercad.core.geometry import transform_points

Points = npt.NDArray[np.float64]


def spline_weights(index: npt.ArrayLike, count: int) -> npt.NDArray[np.float64]:
    """Weights of a uniform cubic B-spline's control points.

    Parameters
    ----------
    index : array_like, shape (n,)
        Where to evaluate, in control points; beyond the last full cell the spline goes on as at its edge.
    count : int
        How many control points there are, at least 4.

    Returns
    -------
    ndarray, shape (n, count)
        Each row sums to 1.
    """
    inside = np.clip(np.asarray(index, dtype=np.float64), 1, count - 2)
    apart = np.abs(inside[:, None] - np.arange(count))
    return np.where(apart < 1, 2 / 3 - apart**2 * (1 - apart / 2), np.clip(2 - apart, 0, None) ** 3 / 6)


@dataclass(frozen=True, eq=False)
class Bend:
    """Displacements given by a uniform cubic B-spline.

    Parameters
    ----------
    coefficients : ndarray, shape (3, i, j, k)
        Displacement R, A, S (mm) of the control points.
    affine : ndarray, shape (4, 4)
        Control point indices to RAS mm.
    """

    coefficients: npt.NDArray[np.float64]
    affine: npt.NDArray[np.float64]

    def at(self, points: npt.ArrayLike) -> Points:
        """Displacement of points.

        Parameters
        ----------
        points : array_like, shape (n, 3)
            RAS mm.

        Returns
        -------
        ndarray, shape (n, 3)
            RAS mm.
        """
        index = transform_points(points, np.linalg.inv(self.affine)).T
        index = np.clip(index, 1, np.array(self.coefficients.shape[1:])[:, None] - 2)
        parts = [ndimage.map_coordinates(part, index, order=3, prefilter=False) for part in self.coefficients]
        return np.stack(parts, axis=-1)


@dataclass(frozen=True, eq=False)
class Mapping:
    """From points of the fixed image to points of the moving image.

    Parameters
    ----------
    rigid : ndarray, shape (4, 4)
        RAS mm to RAS mm.
    bend : Bend, optional
        What is added to a point before it is moved rigidly.
    """

    rigid: npt.NDArray[np.float64]
    bend: Bend | None = None

    def __call__(self, points: npt.ArrayLike) -> Points:
        """Take points from the fixed image to the moving one.

        Parameters
        ----------
        points : array_like, shape (n, 3)
            RAS mm in the fixed image.

        Returns
        -------
        ndarray, shape (n, 3)
            RAS mm in the moving image.
        """
        points = np.asarray(points, dtype=np.float64)
        return transform_points(points if self.bend is None else points + self.bend.at(points), self.rigid)


def shifted(by: npt.ArrayLike) -> Mapping:
    """A mapping that shifts, by R, A, S in mm."""
    rigid = np.eye(4)
    rigid[:3, 3] = by
    return Mapping(rigid)


IDENTITY = Mapping(np.eye(4))
