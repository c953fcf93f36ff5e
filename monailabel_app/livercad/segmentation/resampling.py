"""From a volume's own grid to a network's, and back.

Networks want axes that run to right, front and head, at a spacing of their own. Axes are permuted and flipped to the
closest such order but never rotated, so an oblique volume stays oblique, nothing is invented at its corners, and
resampling is separable: one small matrix an axis, exact area averages where voxels grow and linear interpolation
where they shrink.
"""

from __future__ import annotations

from dataclasses import dataclass

import nibabel.orientations as orientations
import numpy as np
import numpy.typing as npt
import torch

from livercad.core.geometry import Point
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


def _apply(array: npt.NDArray[np.generic], matrices: list[Array]) -> Array:
    # The axis that shrinks most goes first, which keeps the intermediate results small.
    order = sorted(range(3), key=lambda axis: matrices[axis].shape[0] / matrices[axis].shape[1])
    result = (
        torch.from_numpy(np.ascontiguousarray(array))
        if array.dtype != np.uint16
        else torch.from_numpy(array.astype(np.float32))
    )
    for axis in order:
        matrix = torch.from_numpy(matrices[axis])
        result = torch.tensordot(matrix, result.float(), dims=([1], [axis])).movedim(0, axis)
    return np.asarray(result.numpy())


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

    @property
    def canonical(self) -> Volume:
        """An empty volume in the volume's voxels, its axes in the order right, front, head."""
        order = orientations.io_orientation(self.affine)
        array = orientations.apply_orientation(np.broadcast_to(np.uint8(0), self.shape), order)
        return Volume(array, self.affine @ orientations.inv_ornt_aff(order, self.shape))

    @property
    def size(self) -> tuple[int, int, int]:
        """Voxels of the network's grid along right, front, head."""
        canonical = self.canonical
        i, j, k = (
            max(1, round(n * old / new))
            for n, old, new in zip(canonical.shape, canonical.spacing, self.spacing, strict=True)
        )
        return i, j, k

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
        canonical = orientations.apply_orientation(array, orientations.io_orientation(self.affine))
        old, new = self.canonical.spacing, self.spacing
        return _apply(canonical, [axis_weights(canonical.shape[a], old[a], self.size[a], new[a]) for a in range(3)])

    def to_volume(self, array: Array, start: tuple[int, int, int] = (0, 0, 0)) -> tuple[Array, tuple[slice, ...]]:
        """Bring a block of the network's grid back to the volume's own.

        Parameters
        ----------
        array : ndarray of float32, shape (i, j, k)
            A block of the network's grid, axes to right, front, head.
        start : tuple of int
            Where in the network's grid the block begins.

        Returns
        -------
        values : ndarray of float32
            The block on the volume's grid, in the volume's own axis order.
        where : tuple of slice
            The voxels I, J, K of the volume that `values` fills.
        """
        canonical = self.canonical
        matrices, begins, ends = [], [], []
        for axis, (count, old, new) in enumerate(zip(canonical.shape, canonical.spacing, self.spacing, strict=True)):
            begin = max(0, int(np.floor(start[axis] * new / old)))
            end = min(count, int(np.ceil((start[axis] + array.shape[axis]) * new / old)))
            full = axis_weights(self.size[axis], new, count, old)
            matrices.append(np.ascontiguousarray(full[begin:end, start[axis] : start[axis] + array.shape[axis]]))
            begins.append(begin)
            ends.append(end)
        return self._reorient(_apply(array, matrices), begins, ends)

    def _reorient(self, block: Array, begins: list[int], ends: list[int]) -> tuple[Array, tuple[slice, ...]]:
        forward = orientations.io_orientation(self.affine)
        back = orientations.ornt_transform(orientations.axcodes2ornt("RAS"), forward)
        where = [slice(0)] * 3
        for axis in range(3):
            target, direction = int(forward[axis, 0]), forward[axis, 1]
            begin, end = begins[target], ends[target]
            count = self.shape[axis]
            where[axis] = slice(begin, end) if direction > 0 else slice(count - end, count - begin)
        return np.asarray(orientations.apply_orientation(block, back)), tuple(where)
