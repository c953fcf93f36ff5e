"""Planes through a volume: where a picture lies in the patient.

Pictures follow the acquired slices, not the axes of RAS: the axial picture is a slice as the scanner made it (RECIST
diameters lie in it), coronal and sagittal ones stand at right angles to it. Axes may be flipped or permuted in the
file, and slices sheared by a tilted gantry: only the plane that is shown gets resampled, with true proportions in mm.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from livercad.core.geometry import Point, axial_axis

FloatArray = npt.NDArray[np.float64]

ROUNDING = 1e-6
"""In voxels or pixels: what floating point may add to a position that lies on a centre or an edge."""

OBLIQUE_COMPONENT = 0.26
"""A mark gets a further letter where the direction leans by more than 15° (sin 15° = 0.26) to that side."""


class View(StrEnum):
    """From where a picture looks at the patient, in radiological convention."""

    AXIAL = "axial"
    """From the feet: the patient's right is on the left, anterior at the top."""
    CORONAL = "coronal"
    """From the front: the patient's right is on the left, superior at the top."""
    SAGITTAL = "sagittal"
    """From the patient's left: anterior is on the left, superior at the top."""


VIEW_AXES = {View.AXIAL: (0, 1, 1.0), View.CORONAL: (0, 2, -1.0), View.SAGITTAL: (1, 2, -1.0)}
"""Which anatomical axis (left, posterior, superior) runs to the right, which up or down, and its sign downwards."""


def anatomical_axes(affine: FloatArray) -> FloatArray:
    """The patient's left, posterior and superior as the acquired slices have them.

    Parameters
    ----------
    affine : ndarray, shape (4, 4)
        Voxel IJK to RAS mm.

    Returns
    -------
    ndarray, shape (3, 3)
        One unit vector in RAS a row, at right angles to each other: along the rows or columns of a slice towards the
        left, along the others towards posterior, and across the slices towards superior.
    """
    columns = (affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)).T
    first, second = np.delete(columns, axial_axis(affine), axis=0)
    if abs(first[0]) + abs(second[1]) < abs(second[0]) + abs(first[1]):
        first, second = second, first
    left = first * (-1.0 if first[0] > 0 else 1.0)
    posterior = second * (-1.0 if second[1] > 0 else 1.0)
    posterior = posterior - left * (left @ posterior)
    posterior = posterior / np.linalg.norm(posterior)
    return np.stack([left, posterior, np.cross(left, posterior)])


def direction_mark(direction: npt.ArrayLike) -> str:
    """Name a direction in the patient.

    Parameters
    ----------
    direction : array_like, shape (3,)
        Unit vector in RAS.

    Returns
    -------
    str
        ``R``, ``L``, ``A``, ``P``, ``S`` or ``I``; where it is oblique by more than 15° further letters follow, the
        closest first.
    """
    components = np.asarray(direction, dtype=np.float64)
    letters = ["RL"[int(components[0] < 0)], "AP"[int(components[1] < 0)], "SI"[int(components[2] < 0)]]
    order = np.argsort(-np.abs(components), kind="stable")
    return "".join(letters[axis] for axis in order if abs(components[axis]) > OBLIQUE_COMPONENT)


@dataclass(frozen=True, eq=False)
class Plane:
    """The pixels of a picture in the patient.

    Parameters
    ----------
    origin : ndarray, shape (3,)
        Centre of the pixel in row 0, column 0, in RAS mm.
    right, down : ndarray, shape (3,)
        Unit vectors in RAS along the columns and the rows of the picture, at right angles.
    pixel_mm : float
        Side of a square pixel in mm.
    rows, columns : int
        Size of the picture.
    """

    origin: FloatArray
    right: FloatArray
    down: FloatArray
    pixel_mm: float
    rows: int
    columns: int

    @property
    def affine(self) -> FloatArray:
        """Picture (row, column, depth) to RAS mm, shape (4, 4)."""
        matrix = np.eye(4)
        matrix[:3, 0] = self.down * self.pixel_mm
        matrix[:3, 1] = self.right * self.pixel_mm
        matrix[:3, 2] = np.cross(self.down, self.right) * self.pixel_mm
        matrix[:3, 3] = self.origin
        return matrix

    def pixels_of(self, points: npt.ArrayLike) -> FloatArray:
        """Project points onto the picture.

        Parameters
        ----------
        points : array_like, shape (..., 3)
            RAS mm.

        Returns
        -------
        ndarray, shape (..., 2)
            Row and column; whole numbers are centres of pixels.
        """
        return (np.asarray(points) - self.origin) @ np.stack([self.down, self.right], axis=1) / self.pixel_mm

    def part_around(self, points: npt.ArrayLike, margin: int) -> tuple[Plane, int, int]:
        """The part of the picture that shows points.

        Parameters
        ----------
        points : array_like, shape (n, 3)
            RAS mm.
        margin : int
            Pixels added on every side, as far as the picture goes.

        Returns
        -------
        Plane
            The part, at least one pixel.
        int, int
            Row and column of its first pixel in this picture.
        """
        pixels = self.pixels_of(points)
        last = np.array([self.rows - 1, self.columns - 1])
        row, column = np.clip(np.floor(pixels.min(axis=0)).astype(int) - margin, 0, last)
        end_row, end_column = np.clip(np.ceil(pixels.max(axis=0)).astype(int) + margin, [row, column], last)
        origin = self.origin + (row * self.down + column * self.right) * self.pixel_mm
        part = replace(self, origin=origin, rows=int(end_row - row) + 1, columns=int(end_column - column) + 1)
        return part, int(row), int(column)

    @property
    def marks(self) -> dict[str, str]:
        """Anatomical letters at the picture's ``left``, ``right``, ``top`` and ``bottom``."""
        return {
            "left": direction_mark(-self.right),
            "right": direction_mark(self.right),
            "top": direction_mark(-self.down),
            "bottom": direction_mark(self.down),
        }


@dataclass(frozen=True, eq=False)
class Region:
    """A block of the patient along the anatomical axes of a volume.

    Parameters
    ----------
    axes : ndarray, shape (3, 3)
        What `anatomical_axes` gave.
    minimum, maximum : ndarray, shape (3,)
        Extent towards left, posterior and superior in mm.
    """

    axes: FloatArray
    minimum: FloatArray
    maximum: FloatArray

    @classmethod
    def around(cls, points: npt.ArrayLike, axes: FloatArray, margin_mm: float = 0.0) -> Region:
        """The smallest block around points, with a margin.

        Parameters
        ----------
        points : array_like, shape (..., 3)
            RAS mm.
        axes : ndarray, shape (3, 3)
            The block's axes.
        margin_mm : float
            Added on every side.

        Returns
        -------
        Region
            The block.
        """
        along = (np.asarray(points, dtype=np.float64) @ axes.T).reshape(-1, 3)
        return cls(axes, along.min(axis=0) - margin_mm, along.max(axis=0) + margin_mm)

    def within(self, outer: Region) -> Region:
        """Clip to another block of the same axes."""
        low, high = np.maximum(self.minimum, outer.minimum), np.minimum(self.maximum, outer.maximum)
        return Region(self.axes, low, np.maximum(low, high))

    @property
    def center(self) -> Point:
        """Middle of the block in RAS mm."""
        r, a, s = ((self.minimum + self.maximum) / 2) @ self.axes
        return float(r), float(a), float(s)

    def plane(self, view: View, through: npt.ArrayLike, pixel_mm: float) -> Plane:
        """Cut the block.

        Parameters
        ----------
        view : View
            Axial, coronal or sagittal.
        through : array_like, shape (3,)
            A point of the plane, RAS mm; the centre of one pixel lies there.
        pixel_mm : float
            Side of a pixel in mm.

        Returns
        -------
        Plane
            As large as the block.
        """
        to_right, to_down, sign = VIEW_AXES[view]
        right, down = self.axes[to_right], self.axes[to_down] * sign
        point = np.asarray(through, dtype=np.float64)
        corners = np.stack([self.minimum, self.maximum]) @ self.axes
        pixels = []
        for direction in (down, right):
            offsets = (corners - point) @ direction / pixel_mm
            pixels.append((int(np.ceil(offsets.min() - ROUNDING)), int(np.floor(offsets.max() + ROUNDING))))
        (top, bottom), (left, last) = pixels
        origin = point + (top * down + left * right) * pixel_mm
        return Plane(origin, right, down, pixel_mm, max(1, bottom - top + 1), max(1, last - left + 1))
