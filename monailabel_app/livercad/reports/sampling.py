"""What a volume shows on a plane: only the slices that the plane needs are read."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from livercad.core.geometry import corners_of, transform_points
from livercad.core.volume import Volume
from livercad.reports.planes import ROUNDING, FloatArray, Plane, Region

IntArray = npt.NDArray[np.int_]


def extent_of(volume: Volume, axes: FloatArray) -> Region:
    """The block that a volume fills, to the outer edges of its voxels."""
    corners = corners_of((-0.5, -0.5, -0.5), [n - 0.5 for n in volume.shape])
    return Region.around(transform_points(corners, volume.affine), axes)


def slab_of(volume: Volume, plane: Plane) -> Volume:
    """The voxels that a plane needs: a view of one or two slices where it is parallel to them."""
    low, high = _voxels_needed(volume, plane, np.linalg.inv(volume.affine) @ plane.affine)
    return volume.crop(low, high)


def sample(volume: Volume, plane: Plane, outside: float = 0.0) -> npt.NDArray[np.float32]:
    """Resample one plane of a volume, linearly.

    Parameters
    ----------
    volume : Volume
        Any values; those of a mask become shares of 1.
    plane : Plane
        Where to look.
    outside : float
        Value of the pixels that lie outside all voxels.

    Returns
    -------
    ndarray of float32, shape (rows, columns)
        The values.
    """
    to_voxels = np.linalg.inv(volume.affine) @ plane.affine
    low, high = _voxels_needed(volume, plane, to_voxels)
    block = volume.array[tuple(slice(a, b) for a, b in zip(low, high, strict=True))].astype(np.float32)
    shape = (plane.rows, plane.columns, 1)
    values: npt.NDArray[np.float32] = ndimage.affine_transform(
        block, to_voxels[:3, :3], to_voxels[:3, 3] - low, shape, order=1, mode="nearest"
    )[..., 0]
    for axis, size in enumerate(volume.shape):
        along_rows = to_voxels[axis, 0] * np.arange(plane.rows) + to_voxels[axis, 3]
        voxel = along_rows[:, None] + to_voxels[axis, 1] * np.arange(plane.columns)
        values[(voxel < -0.5 - ROUNDING) | (voxel > size - 0.5 + ROUNDING)] = outside
    return values


def _voxels_needed(volume: Volume, plane: Plane, to_voxels: FloatArray) -> tuple[IntArray, IntArray]:
    """First voxel IJK, and the voxel after the last, that interpolation on a plane reads: at least one."""
    corners = np.array([[r, c, 0.0] for r in (0, plane.rows - 1) for c in (0, plane.columns - 1)])
    voxels = transform_points(corners, to_voxels)
    last = np.array(volume.shape) - 1
    low = np.clip(np.floor(voxels.min(axis=0) + ROUNDING).astype(int), 0, last)
    return low, np.clip(np.ceil(voxels.max(axis=0) - ROUNDING).astype(int), low, last) + 1
