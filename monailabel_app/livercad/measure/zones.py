"""The parts of a lesion: what lies safely inside, its rim, its core, and the liver around it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from livercad.core.volume import Volume

BORDER_MM = 2.0
"""What is left out at a lesion's border: no registration is exact to less, and voxels there hold liver as well."""
RIM_SHARE, RIM_MM = 1 / 3, 8.0
"""The rim reaches inwards to this share of the lesion's depth, and no deeper than this in mm. Our choice: enhancing
rims of metastases are millimetres thick, however large the lesion."""
CORE_SHARE = 1 / 2
"""The core lies deeper than this share of the lesion's depth. Our choice."""
LEAST_DEPTH_MM, LEAST_DEPTH_VOXELS = 4.0, 3.0
"""A lesion has a rim and a core only if it is this deep, in mm and in voxels: about 8 mm across. Our choice."""
LARGEST_BLOCK = 2_000_000
"""Voxels of a block above which only every second one along its finest axis is taken: so many have the same mean."""

Mask = npt.NDArray[np.bool_]
Where = tuple[slice, slice, slice]


@dataclass(frozen=True)
class Zones:
    """The parts of one lesion, on a block of voxels.

    Parameters
    ----------
    where : tuple of slice
        The block in the volume of instances, a step included.
    spacing : tuple of float
        Size of the block's voxels along I, J, K in mm.
    numbers : ndarray, shape (I, J, K)
        The block of instances.
    lesion, inner, rim, core : ndarray of bool, shape (I, J, K)
        The lesion; the lesion without its border; its outer and inner parts, empty where it `is_small`.
    """

    where: Where
    spacing: tuple[float, float, float]
    numbers: npt.NDArray[np.generic]
    lesion: Mask
    inner: Mask
    rim: Mask
    core: Mask

    @property
    def is_small(self) -> bool:
        """Whether the lesion is too small to have a rim and a core."""
        return not self.core.any()


def zones_of(instances: Volume, number: int, box: Where, margin_mm: float = 0.0) -> Zones:
    """Divide a lesion by the distance (mm) of its voxels to the nearest voxel outside, here called depth.

    Without its border is what lies `BORDER_MM` deep, or the deeper half of the lesion where less than that half does.
    What lies beyond the image counts as outside.

    Parameters
    ----------
    instances : Volume
        Lesion instances, 0 or the lesion's number, on a grid with axes at right angles.
    number : int
        Which lesion.
    box : tuple of slice
        Around it, as from `scipy.ndimage.find_objects`.
    margin_mm : float, default 0
        What the block shall hold around the box; one voxel more is added where the image has one.

    Returns
    -------
    Zones
        On the block.
    """
    where, spacing = _block(instances, box, margin_mm)
    numbers = instances.array[where]
    lesion = numbers == number
    depth = _depth(lesion, spacing)
    depths = depth[lesion]
    deepest = float(depths.max())
    border = min(BORDER_MM, float(np.median(depths)))
    has_zones = deepest >= max(LEAST_DEPTH_MM, LEAST_DEPTH_VOXELS * min(spacing))
    rim = lesion & (depth <= min(deepest * RIM_SHARE, max(RIM_MM, min(spacing))))
    core = lesion & (depth >= deepest * CORE_SHARE)
    return Zones(where, spacing, numbers, lesion, lesion & (depth >= border), rim & has_zones, core & has_zones)


def shell_of(zones: Zones, liver: Mask, nearest_mm: float, farthest_mm: float) -> Mask:
    """The liver around a lesion.

    Parameters
    ----------
    zones : Zones
        The lesion's, on a block with a margin of `farthest_mm`.
    liver : ndarray of bool, shape (I, J, K)
        The same block of the liver.
    nearest_mm : float
        No voxel is nearer to any lesion.
    farthest_mm : float
        No voxel is farther from this one.

    Returns
    -------
    ndarray of bool, shape (I, J, K)
        Possibly empty.
    """
    to_this = ndimage.distance_transform_edt(~zones.lesion, sampling=zones.spacing)
    others = (zones.numbers != 0) & ~zones.lesion
    shell = liver & (zones.numbers == 0) & (to_this >= nearest_mm) & (to_this <= farthest_mm)
    if others.any():
        shell &= ndimage.distance_transform_edt(~others, sampling=zones.spacing) >= nearest_mm
    return np.asarray(shell)


def _depth(lesion: Mask, spacing: tuple[float, float, float]) -> npt.NDArray[np.float64]:
    """Distance of every voxel of the lesion to the nearest one outside, in mm; 0 outside."""
    depth = np.zeros(lesion.shape)
    filled = ndimage.find_objects(lesion.view(np.uint8))[0]
    padded = np.pad(lesion[filled], 1)
    depth[filled] = ndimage.distance_transform_edt(padded, sampling=spacing)[1:-1, 1:-1, 1:-1]
    return depth


def _block(instances: Volume, box: Where, margin_mm: float) -> tuple[Where, tuple[float, float, float]]:
    """A box with its margin, in steps that keep it small, and the spacing of those steps."""
    spacing = np.asarray(instances.spacing)
    margin = np.ceil(margin_mm / spacing).astype(int) + 1
    start = np.maximum([side.start for side in box] - margin, 0)
    stop = np.minimum([side.stop for side in box] + margin, instances.shape)
    step = np.ones(3, dtype=int)
    while np.prod((stop - start) / step) > LARGEST_BLOCK:
        step[np.argmin(spacing * step)] *= 2
    i, j, k = (slice(int(a), int(b), int(s)) for a, b, s in zip(start, stop, step, strict=True))
    x, y, z = (spacing * step).tolist()
    return (i, j, k), (x, y, z)
