"""Points and boxes that say their frame, and the affines between frames."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Point = tuple[float, float, float]


class Frame(StrEnum):
    """What a coordinate means."""

    RAS = "RAS"
    """Patient space in mm: to the right, to the front (anterior), to the head (superior)."""
    IJK = "IJK"
    """Voxel indices of a volume; voxel i spans i − 0.5 to i + 0.5."""


def spacing_of(affine: npt.NDArray[np.float64]) -> Point:
    """Voxel size along I, J, K in mm.

    Parameters
    ----------
    affine : ndarray, shape (4, 4)
        Voxel IJK to RAS mm.

    Returns
    -------
    tuple of float
        Lengths of the affine's three columns.
    """
    i, j, k = np.linalg.norm(np.asarray(affine)[:3, :3], axis=0)
    return float(i), float(j), float(k)


def transform_points(points: npt.ArrayLike, affine: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Take points through an affine.

    Parameters
    ----------
    points : array_like, shape (..., 3)
        Coordinates in the affine's source frame.
    affine : ndarray, shape (4, 4)
        Source frame to target frame.

    Returns
    -------
    ndarray, shape (..., 3)
        Coordinates in the target frame.
    """
    return np.asarray(points, dtype=np.float64) @ affine[:3, :3].T + affine[:3, 3]


def axial_axis(affine: npt.NDArray[np.float64]) -> int:
    """The voxel axis that runs closest to head and feet.

    Parameters
    ----------
    affine : ndarray, shape (4, 4)
        Voxel IJK to RAS mm.

    Returns
    -------
    int
        0, 1 or 2: slices across this axis are the (possibly oblique) axial ones.
    """
    directions = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    return int(np.argmax(np.abs(directions[2])))


def corners_of(minimum: npt.ArrayLike, maximum: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """The eight corners of a box.

    Parameters
    ----------
    minimum, maximum : array_like, shape (3,)
        Opposite corners, in the box's own frame.

    Returns
    -------
    ndarray, shape (8, 3)
        In the same frame.
    """
    ends = np.stack([minimum, maximum], axis=1).astype(np.float64)
    return np.array(np.meshgrid(*ends)).reshape(3, -1).T


@dataclass(frozen=True)
class Box:
    """An axis-parallel box in one frame.

    Parameters
    ----------
    minimum, maximum : tuple of float, length 3
        Opposite corners, at voxel edges (not voxel centres), in mm for RAS and in voxels for IJK.
    frame : Frame
        The frame whose axes the box is parallel to.
    """

    minimum: Point
    maximum: Point
    frame: Frame

    def __post_init__(self) -> None:
        if any(low > high for low, high in zip(self.minimum, self.maximum, strict=True)):
            raise ValueError(f"A box's minimum must not lie above its maximum: {self.minimum}, {self.maximum}.")

    @classmethod
    def around(cls, mask: npt.NDArray[np.bool_]) -> Box:
        """The smallest box around the true voxels of a mask.

        Parameters
        ----------
        mask : ndarray of bool, shape (I, J, K)
            At least one voxel must be true.

        Returns
        -------
        Box
            In the IJK frame of the mask.

        Raises
        ------
        ValueError
            If the mask is empty.
        """
        first, last = [], []
        for axis in range(3):
            others = tuple(a for a in range(3) if a != axis)
            hits = np.flatnonzero(mask.any(axis=others))
            if hits.size == 0:
                raise ValueError("An empty mask has no box.")
            first.append(float(hits[0]) - 0.5)
            last.append(float(hits[-1]) + 0.5)
        return cls((first[0], first[1], first[2]), (last[0], last[1], last[2]), Frame.IJK)

    @property
    def center(self) -> Point:
        """Middle of the box, in its frame."""
        x, y, z = ((low + high) / 2 for low, high in zip(self.minimum, self.maximum, strict=True))
        return x, y, z

    @property
    def size(self) -> Point:
        """Side lengths, in mm for RAS and in voxels for IJK."""
        x, y, z = (high - low for low, high in zip(self.minimum, self.maximum, strict=True))
        return x, y, z

    def to(self, frame: Frame, affine: npt.NDArray[np.float64]) -> Box:
        """The smallest box in another frame that holds this one.

        Parameters
        ----------
        frame : Frame
            The frame wanted.
        affine : ndarray, shape (4, 4)
            Voxel IJK to RAS mm of the volume that gives IJK its meaning.

        Returns
        -------
        Box
            Equal to this one when the volume's axes are parallel to RAS, larger when it is oblique.
        """
        if frame == self.frame:
            return self
        matrix = affine if frame is Frame.RAS else np.linalg.inv(affine)
        moved = transform_points(corners_of(self.minimum, self.maximum), matrix)
        low, high = moved.min(axis=0), moved.max(axis=0)
        return Box((low[0], low[1], low[2]), (high[0], high[1], high[2]), frame)


@dataclass(frozen=True)
class Line:
    """A straight measurement in RAS.

    Parameters
    ----------
    start, end : tuple of float, length 3
        End points in RAS mm.
    """

    start: Point
    end: Point

    @property
    def length_mm(self) -> float:
        """Distance of the end points in mm."""
        return float(np.linalg.norm(np.subtract(self.end, self.start)))
