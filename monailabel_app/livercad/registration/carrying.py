"""From the moving image's grid to the fixed image's."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional as F

from livercad.core.volume import Volume
from livercad.registration.mapping import Bend, Mapping, spline_weights
from livercad.registration.threads import one_thread

SLICES = 8
"""How many slices of the fixed grid are filled at once: more only takes more memory."""


@one_thread()
def carry(
    moving: Volume, mapping: Mapping, grid: Volume, how: Literal["bilinear", "nearest"], fill: float
) -> npt.NDArray[np.float32]:
    """Bring values from the moving image's grid to the fixed image's, in one thread.

    Parameters
    ----------
    moving : Volume
        Any values.
    mapping : Mapping
        From points of the fixed image to points of the moving image.
    grid : Volume
        The fixed image; its shape and affine count.
    how : {"bilinear", "nearest"}
        Interpolated linearly along the three axes, or the nearest voxel's value.
    fill : float
        Value of what lies outside the moving image.

    Returns
    -------
    ndarray of float32, shape of `grid`
        Lies in memory as NIfTI files do, first axis fastest.
    """
    volume = torch.from_numpy(np.ascontiguousarray(moving.array.T, dtype=np.float32))[None, None]
    back = np.linalg.inv(moving.affine) @ mapping.rigid
    straight = back @ grid.affine
    size = np.array(moving.shape)
    last = np.maximum(size - 1, 1)
    bend = None if mapping.bend is None else _Bend(mapping.bend, grid, back[:3, :3])
    filled = np.empty(grid.shape[::-1], np.float32)
    for start in range(0, grid.shape[2], SLICES):
        slices = np.arange(start, min(start + SLICES, grid.shape[2]))
        place = torch.empty(len(slices), *grid.shape[1::-1], 3)
        outside = torch.zeros(place.shape[:3], dtype=torch.bool)
        for axis in range(3):
            i, j, k = (_tensor(straight[axis, n] * np.arange(grid.shape[n])) for n in range(3))
            index = k[slices][:, None, None] + j[:, None] + (i + float(straight[axis, 3]))
            if bend is not None:
                index += bend.on(slices, axis)
            outside |= (index < -0.5) | (index > float(size[axis]) - 0.5)
            place[..., axis] = index * float(2 / last[axis]) - 1
        values = F.grid_sample(volume, place[None], mode=how, padding_mode="border", align_corners=True)[0, 0]
        filled[slices] = values.masked_fill_(outside, fill).numpy()
    return filled.T


class _Bend:
    """A mapping's bend on the fixed grid, in the moving image's voxels; along each axis the grid's steps are even.

    Parameters
    ----------
    bend : Bend
        Its control points lie along the grid's axes.
    grid : Volume
        The fixed image.
    back : ndarray, shape (3, 3)
        Displacement of a point of the fixed image (mm) to voxels of the moving image.
    """

    def __init__(self, bend: Bend, grid: Volume, back: npt.NDArray[np.float64]) -> None:
        to_control = np.linalg.inv(bend.affine) @ grid.affine
        i, j, self._k = (
            _tensor(spline_weights(to_control[n, n] * np.arange(grid.shape[n]) + to_control[n, 3], count))
            for n, count in enumerate(bend.coefficients.shape[1:])
        )
        moved = _tensor(np.einsum("yx,xijk->yijk", back, bend.coefficients))
        self._columns, self._i = torch.einsum("jb,yabc->ycja", j, moved), i

    def on(self, slices: npt.NDArray[np.int64], axis: int) -> torch.Tensor:
        """Displacement along one of the moving image's axes, shape (slices, J, I)."""
        rows = torch.einsum("kc,cja->kja", self._k[slices], self._columns[axis])
        return rows @ self._i.T


def _tensor(array: npt.NDArray[np.generic]) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))
