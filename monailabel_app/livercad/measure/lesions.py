"""What is said of each lesion."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.spatial import KDTree

from livercad.core.diameters import longest_axial_diameters
from livercad.core.geometry import Box, Frame, transform_points
from livercad.core.lesion import Lesion
from livercad.core.volume import Volume
from livercad.measure.organ import Organ, bordering, cut_out_organ


def measure_lesions(ct: Volume, liver: Volume, instances: Volume, scores: dict[int, float]) -> tuple[Lesion, ...]:
    """Measure every lesion.

    Parameters
    ----------
    ct : Volume
        In HU.
    liver : Volume
        Liver mask on the grid of `ct`; everything but 0 is liver.
    instances : Volume
        Lesion instances on the grid of `ct`, 0 or the lesion's number.
    scores : dict of int to float
        Score of each lesion by its number, in [0, 1].

    Returns
    -------
    tuple of Lesion
        In the order of their numbers. Mean and population SD in HU; centre of mass, box and end points in RAS mm; the
        share is that of the liver with its lesions. The distance to the surface is the smallest distance (mm) between
        the centres of a voxel of the lesion and of a voxel of the liver's outermost layer, so that n voxels of liver
        between a lesion and a flat surface measure n voxels; the edge of the image counts as surface.

    Raises
    ------
    ValueError
        If the three are not on one grid, or a lesion has no score.
    """
    if not instances.array.any():
        return ()
    organ = cut_out_organ(ct, liver, instances)
    blocks = ndimage.find_objects(organ.instances.array)
    found = {number: block for number, block in enumerate(blocks, start=1) if block is not None}
    unscored = sorted(set(found) - set(scores))
    if unscored:
        raise ValueError(f"Every lesion needs a score, but these have none: {unscored}.")
    organ_voxels, surface = organ.voxels, _Surface(organ.mask)
    return tuple(
        _measure(organ, number, block, scores[number], organ_voxels, surface) for number, block in found.items()
    )


class _Surface:
    """The liver's outermost layer of voxels.

    Parameters
    ----------
    liver : Volume
        True in the liver.
    """

    def __init__(self, liver: Volume) -> None:
        self._layer = liver.like(_outermost(liver.array))

    @cached_property
    def _tree(self) -> KDTree:
        voxels = transform_points(np.argwhere(self._layer.array), self._layer.affine)
        return KDTree(voxels, balanced_tree=False, compact_nodes=False)

    def distance_mm(self, mask: Volume, start: tuple[int, ...]) -> float:
        """Smallest distance of a lesion, cut out at `start`, to this layer, in mm."""
        stop = np.add(start, mask.shape)
        if (self._layer.crop(start, stop).array & mask.array).any():
            return 0.0
        points = transform_points(np.argwhere(_outermost(mask.array)), mask.affine)
        # A few points bound the answer first: searching all of them only that far takes a fraction of the time.
        nearly = float(np.min(self._tree.query(points[::64])[0]))
        return min(nearly, float(np.min(self._tree.query(points, distance_upper_bound=nearly)[0])))


def _outermost(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Voxels of a mask that share a face with one outside it; what lies beyond the array is outside."""
    return bordering(np.pad(~mask, 1, constant_values=True))[1:-1, 1:-1, 1:-1]


def _measure(
    organ: Organ, number: int, block: tuple[slice, ...], score: float, organ_voxels: int, surface: _Surface
) -> Lesion:
    start, stop = tuple(part.start for part in block), tuple(part.stop for part in block)
    instances = organ.instances.crop(start, stop)
    mask = instances.like(instances.array == number)
    voxels = np.argwhere(mask.array)
    hu = organ.hu.crop(start, stop).array[mask.array].astype(np.float64)
    center = transform_points(voxels.mean(axis=0), mask.affine).tolist()
    longest, perpendicular = longest_axial_diameters(mask)
    return Lesion(
        number=number,
        score=float(score),
        volume_ml=len(voxels) * mask.voxel_volume_ml,
        box=Box.around(mask.array).to(Frame.RAS, mask.affine),
        center=(center[0], center[1], center[2]),
        diameter=longest,
        short_diameter=perpendicular,
        diameter_mm=longest.length_mm,
        short_diameter_mm=perpendicular.length_mm,
        mean_hu=float(hu.mean()),
        sd_hu=float(hu.std()),
        liver_fraction=len(voxels) / organ_voxels,
        surface_distance_mm=surface.distance_mm(mask, start),
    )
