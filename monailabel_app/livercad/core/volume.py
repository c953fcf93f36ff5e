"""A volume: an array that never goes without its affine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from livercad.core.geometry import axial_axis, corners_of, spacing_of, transform_points

GRID_TOLERANCE = 0.1
"""How far corners of two grids may lie apart, in voxels, to be one grid: headers store single precision."""


@dataclass(frozen=True, eq=False)
class Volume:
    """An array on a grid in patient space.

    Parameters
    ----------
    array : ndarray, shape (I, J, K)
        Voxel values in the file's own axis order; HU for CT, label values for masks.
    affine : ndarray, shape (4, 4)
        Voxel indices IJK (centre of a voxel at whole numbers) to RAS in mm.

    Raises
    ------
    ValueError
        If the array is not 3-D or the affine is not an invertible 4 × 4 matrix.
    """

    array: npt.NDArray[Any]
    affine: npt.NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.array.ndim != 3:
            raise ValueError(f"A volume needs an array of 3 axes (I, J, K), got shape {self.array.shape}.")
        affine = np.asarray(self.affine, dtype=np.float64)
        if affine.shape != (4, 4) or not np.isfinite(affine).all() or abs(np.linalg.det(affine[:3, :3])) < 1e-9:
            raise ValueError(f"A volume needs an invertible 4 × 4 affine (IJK to RAS mm), got {affine.tolist()}.")
        object.__setattr__(self, "affine", affine)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of voxels along I, J, K."""
        i, j, k = self.array.shape
        return i, j, k

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Voxel size along I, J, K in mm."""
        return spacing_of(self.affine)

    @property
    def slice_spacing(self) -> float:
        """Distance of the axial slices in mm."""
        return self.spacing[axial_axis(self.affine)]

    @property
    def slice_count(self) -> int:
        """Number of axial slices."""
        return self.shape[axial_axis(self.affine)]

    @property
    def voxel_volume_ml(self) -> float:
        """Volume of one voxel in ml."""
        return float(abs(np.linalg.det(self.affine[:3, :3]))) / 1000.0

    def like(self, array: npt.NDArray[Any]) -> Volume:
        """Put another array of the same shape on this volume's grid.

        Parameters
        ----------
        array : ndarray, shape (I, J, K)
            The other values.

        Returns
        -------
        Volume
            The values with this volume's affine.

        Raises
        ------
        ValueError
            If the shapes differ.
        """
        if array.shape != self.array.shape:
            raise ValueError(f"An array of shape {array.shape} does not fit a grid of {self.array.shape} voxels.")
        return Volume(array, self.affine)

    def crop(self, start: npt.ArrayLike, stop: npt.ArrayLike) -> Volume:
        """Cut a block of voxels; what it shows stays where it is in the patient.

        Parameters
        ----------
        start, stop : array_like of int, shape (3,)
            First voxel IJK, and the voxel after the last, clipped to the grid.

        Returns
        -------
        Volume
            A view of the block, its affine's origin moved along.
        """
        first = np.clip(np.asarray(start, dtype=int), 0, self.shape)
        last = np.clip(np.asarray(stop, dtype=int), first, self.shape)
        affine = self.affine.copy()
        affine[:3, 3] = self.affine[:3, :3] @ first + self.affine[:3, 3]
        block = tuple(slice(a, b) for a, b in zip(first, last, strict=True))
        return Volume(self.array[block], affine)


def grid_difference(one: Volume, other: Volume) -> str:
    """Say how two grids differ.

    Parameters
    ----------
    one, other : Volume
        What is compared; the text tells of `one` first.

    Returns
    -------
    str
        Empty where the shapes are equal and the corners lie within `GRID_TOLERANCE` of each other.
    """
    if one.shape != other.shape:
        return f"shape {_times(one.shape)} against {_times(other.shape)}"
    corners = corners_of((0, 0, 0), np.subtract(one.shape, 1))
    apart = transform_points(corners, one.affine) - transform_points(corners, other.affine)
    furthest = float(np.linalg.norm(apart, axis=1).max())
    if furthest <= GRID_TOLERANCE * min(other.spacing):
        return ""
    return f"same shape, but the affines put a corner {furthest:.2f} mm apart"


def _times(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))
