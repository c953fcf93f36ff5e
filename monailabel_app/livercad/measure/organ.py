"""The block of a study that holds the liver: everything is measured there, not in the whole volume."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from livercad.core.geometry import Box
from livercad.core.volume import Volume, grid_difference


@dataclass(frozen=True)
class Organ:
    """The liver with its lesions, cut out with a margin of one voxel where the image has one.

    Parameters
    ----------
    mask : Volume
        True in the liver and in its lesions, shape (I, J, K) of the block.
    hu : Volume
        The same block of the CT, in HU.
    instances : Volume
        The same block of the lesion instances, 0 or the lesion's number.
    start : tuple of int
        First voxel IJK of the block in the whole volume.
    """

    mask: Volume
    hu: Volume
    instances: Volume
    start: tuple[int, int, int]

    @property
    def voxels(self) -> int:
        """Number of voxels of the liver and its lesions together."""
        return int(np.count_nonzero(self.mask.array))


def cut_out_organ(ct: Volume, liver: Volume, instances: Volume) -> Organ:
    """Cut the liver's block out of a study.

    A lesion belongs to the liver even where the liver's mask leaves it out, as outlines drawn by hand often do.

    Parameters
    ----------
    ct : Volume
        In HU.
    liver : Volume
        Liver mask on the grid of `ct`; everything but 0 is liver.
    instances : Volume
        Lesion instances on the grid of `ct`, 0 or the lesion's number.

    Returns
    -------
    Organ
        The block around liver and lesions.

    Raises
    ------
    ValueError
        If the three are not on one grid, or there is neither liver nor lesion.
    """
    for name, volume in (("liver mask", liver), ("map of lesions", instances)):
        difference = grid_difference(volume, ct)
        if difference:
            raise ValueError(f"The {name} is not on the grid of the CT: {difference}.")
    start, stop = _bounds(liver.array, instances.array)
    block_liver, block_instances = liver.crop(start, stop), instances.crop(start, stop)
    mask = (block_liver.array != 0) | (block_instances.array != 0)
    return Organ(block_liver.like(mask), ct.crop(start, stop), block_instances, start)


def bordering(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Find the voxels outside a mask that share a face with one inside.

    Parameters
    ----------
    mask : ndarray of bool, shape (I, J, K)
        Any mask.

    Returns
    -------
    ndarray of bool, shape (I, J, K)
        True in the layer around the mask.
    """
    touched = np.zeros_like(mask)
    for axis in range(3):
        low: list[slice] = [slice(None)] * 3
        high: list[slice] = [slice(None)] * 3
        low[axis], high[axis] = slice(None, -1), slice(1, None)
        touched[tuple(low)] |= mask[tuple(high)]
        touched[tuple(high)] |= mask[tuple(low)]
    return touched & ~mask


def _bounds(
    liver: npt.NDArray[np.generic], instances: npt.NDArray[np.generic]
) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """First voxel, and the voxel after the last, of everything but 0 in either mask, with the margin."""
    masks = [mask for mask in (liver != 0, instances != 0) if mask.any()]
    if not masks:
        raise ValueError("There is neither liver nor lesion to measure.")
    boxes = [Box.around(mask) for mask in masks]
    low = np.min([box.minimum for box in boxes], axis=0) + 0.5 - 1
    high = np.max([box.maximum for box in boxes], axis=0) + 0.5 + 1
    first, last = np.maximum(low, 0).astype(int), np.minimum(high, liver.shape).astype(int)
    return (int(first[0]), int(first[1]), int(first[2])), (int(last[0]), int(last[1]), int(last[2]))
