"""From a volume's own grid to a network's, and back.

Networks want axes that run to right, front and head, at a spacing of their own. Axes are permuted and flipped to the
closest such order but never rotated, so an oblique volume stays oblique, nothing is invented at its corners, and
resampling is separable: one small matrix an axis, exact area averages where voxels grow and linear interpolation
where they shrink.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import torch
from nibabel.orientations import io_orientation

from livercad.core.geometry import Point, spacing_of
from livercad.core.volume import Volume

Array = npt.NDArray[np.float32]


def axis_weights(count: int, spacing: float, new_count: int, new_spacing: float) -> Array:
    """The matrix that resamples one axis; both grids begin at the same voxel edge.

    Parameters
    ----------
    count, new_count : int
        Voxels before and after.
    spacing, new_spacing : float
        Voxel sizes before and after, in mm.

    Returns
    -------
    ndarray, shape (new_count, count)
        Each row sums to 1. Beyond the last voxel centre its value goes on.
    """
    ratio = new_spacing / spacing
    rows = np.arange(new_count)
    if ratio > 1:
        voxels = np.arange(count)
        upper = np.minimum((rows + 1)[:, None] * ratio, voxels + 1)
        lower = np.maximum(rows[:, None] * ratio, voxels)
        overlap = np.clip(upper - lower, 0, None)
        overlap[overlap.sum(axis=1) == 0, -1] = 1
        return (overlap / overlap.sum(axis=1, keepdims=True)).astype(np.float32)
    centers = np.clip((rows + 0.5) * ratio - 0.5, 0, count - 1)
    below = np.minimum(centers.astype(int), max(count - 2, 0))
    weights = np.zeros((new_count, count), dtype=np.float32)
    weights[rows, below] = 1 - (centers - below)
    weights[rows, np.minimum(below + 1, count - 1)] += centers - below
    return weights


def _resample(array: npt.NDArray[np.generic], matrices: list[Array]) -> Array:
    """Multiply every axis by its matrix; the result lies in memory in the order that the array has."""
    if array.strides[0] < array.strides[-1]:
        return _resample(array.T, matrices[::-1]).T
    result = torch.from_numpy(np.ascontiguousarray(array))
    # The axis that shrinks most goes first, which keeps the intermediate results small.
    for axis in sorted(range(3), key=lambda axis: matrices[axis].shape[0] / matrices[axis].shape[1]):
        result = _multiply(result.float(), torch.from_numpy(np.ascontiguousarray(matrices[axis])), axis)
    return np.asarray(result.numpy())


def _multiply(tensor: torch.Tensor, matrix: torch.Tensor, axis: int) -> torch.Tensor:
    if axis == 0:
        return (matrix @ tensor.flatten(1)).unflatten(1, tensor.shape[1:])
    return matrix @ tensor if axis == 1 else tensor @ matrix.T


@dataclass(frozen=True)
class NetworkGrid:
    """A network's grid laid over a volume.

    Parameters
    ----------
    shape : tuple of int
        The volume's voxels along its own axes I, J, K.
    affine : ndarray, shape (4, 4)
        The volume's affine, its own voxels to RAS mm.
    spacing : tuple of float
        The network's spacing along right, front and head, in mm.
    """

    shape: tuple[int, int, int]
    affine: npt.NDArray[np.float64]
    spacing: Point

    @classmethod
    def over(cls, volume: Volume, spacing: Point) -> NetworkGrid:
        """Lay a grid of `spacing` (mm along right, front, head) over a volume."""
        return cls(volume.shape, volume.affine, spacing)

    @cached_property
    def size(self) -> tuple[int, int, int]:
        """Voxels of the network's grid along right, front, head."""
        own = spacing_of(self.affine)
        i, j, k = (
            max(1, round(self.shape[axis] * own[axis] / new))
            for axis, new in zip(self._own_axes, self.spacing, strict=True)
        )
        return i, j, k

    @cached_property
    def _targets(self) -> list[tuple[int, bool]]:
        """For every axis of the volume: the network's axis that it lies along, and whether it runs against it."""
        return [(int(axis), direction < 0) for axis, direction in io_orientation(self.affine)]

    @cached_property
    def _own_axes(self) -> list[int]:
        """For every axis of the network the volume's axis that lies along it."""
        targets = [target for target, _ in self._targets]
        return [targets.index(axis) for axis in range(3)]

    def to_network(self, array: npt.NDArray[np.generic]) -> Array:
        """Bring values to the network's grid.

        Parameters
        ----------
        array : ndarray, shape (I, J, K)
            On the volume's own grid.

        Returns
        -------
        ndarray of float32, shape `size`
            Axes to right, front, head.
        """
        own, matrices = spacing_of(self.affine), []
        for axis, (target, against) in enumerate(self._targets):
            matrix = axis_weights(self.shape[axis], own[axis], self.size[target], self.spacing[target])
            matrices.append(matrix[:, ::-1] if against else matrix)
        return np.ascontiguousarray(_resample(array, matrices).transpose(self._own_axes))

    def to_volume(self, array: Array, start: Sequence[int] = (0, 0, 0)) -> tuple[Array, tuple[slice, ...]]:
        """Bring a block of the network's grid back to the volume's own.

        Parameters
        ----------
        array : ndarray of float32, shape (i, j, k)
            A block of the network's grid, axes to right, front, head.
        start : sequence of int
            Where in the network's grid the block begins.

        Returns
        -------
        values : ndarray of float32
            The block on the volume's grid, in the volume's own axis order.
        where : tuple of slice
            The voxels I, J, K of the volume that `values` fills.
        """
        own, matrices, where = spacing_of(self.affine), [], []
        for axis, (target, against) in enumerate(self._targets):
            new, count, length = self.spacing[target], self.shape[axis], array.shape[target]
            begin = max(0, int(np.floor(start[target] * new / own[axis])))
            end = min(count, int(np.ceil((start[target] + length) * new / own[axis])))
            matrix = axis_weights(self.size[target], new, count, own[axis])
            matrix = matrix[begin:end, start[target] : start[target] + length]
            matrices.append(matrix[::-1] if against else matrix)
            where.append(slice(count - end, count - begin) if against else slice(begin, end))
        # In Fortran order, as NIfTI files are: putting the result in its place there is much slower otherwise.
        block = np.asfortranarray(array.transpose([target for target, _ in self._targets]))
        return _resample(block, matrices), tuple(where)
