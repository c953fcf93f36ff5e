"""Distances between the surfaces of two masks: ASSD, HD95 and surface Dice."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from livercad.core.geometry import Box, Point
from livercad.core.volume import Volume

Mask = npt.NDArray[np.bool_]

SLAB = 16
"""Layers of voxels whose surface elements are made at once."""


@dataclass(frozen=True)
class SurfaceScores:
    """How far two surfaces lie apart.

    What an empty mask means: `livercad.evaluation.masks.EMPTY_MASKS`.

    Parameters
    ----------
    assd_mm : float or None
        Average symmetric surface distance in mm: the mean over the border voxels of both masks of the distance to the
        other's border (Heimann et al. 2009).
    hd95_mm : float or None
        Larger of the two directed 95th percentiles of these distances, in mm.
    surface_dice : float
        Share of both surfaces, by area, that lies within the tolerance of the other (Nikolov et al. 2018), in [0, 1].
    """

    assd_mm: float | None
    hd95_mm: float | None
    surface_dice: float


def surface_scores(predicted: Volume, truth: Volume, tolerance_mm: float) -> SurfaceScores:
    """Compare the surfaces of two masks on one grid.

    Parameters
    ----------
    predicted, truth : Volume
        Every voxel above zero belongs to the mask. Where a mask leaves the image, the image's side is its border.
    tolerance_mm : float
        Distance in mm up to which the surface Dice takes surfaces as equal.

    Returns
    -------
    SurfaceScores
        Distances in mm.
    """
    here, there = predicted.array > 0, truth.array > 0
    if not here.any() or not there.any():
        return SurfaceScores(None, None, 0.0 if here.any() or there.any() else 1.0)
    return _compare(*_cropped(here, there), truth.spacing, tolerance_mm)


def _compare(here: Mask, there: Mask, spacing: Point, tolerance_mm: float) -> SurfaceScores:
    import torch
    from monai.metrics import compute_average_surface_distance, compute_hausdorff_distance

    masks = torch.from_numpy(here)[None, None].float(), torch.from_numpy(there)[None, None].float()
    with warnings.catch_warnings():
        # MONAI 1.6 warns of a deprecated argument that it passes itself.
        warnings.simplefilter("ignore", FutureWarning)
        assd = compute_average_surface_distance(*masks, include_background=True, symmetric=True, spacing=spacing)
        hd95 = compute_hausdorff_distance(*masks, include_background=True, percentile=95, spacing=spacing)
        surface_dice = _surface_dice(here, there, spacing, tolerance_mm)
    return SurfaceScores(float(assd), float(hd95), surface_dice)


def _surface_dice(here: Mask, there: Mask, spacing: Point, tolerance_mm: float) -> float:
    """MONAI's surface Dice on sub-voxel surface elements, which are the definition of Nikolov et al.

    The same as `monai.metrics.compute_surface_dice(..., use_subvoxels=True)`, but that needs 150 bytes a voxel: over
    4 GB for a liver in thin slices. The elements are local, so they are made slab by slab.
    """
    import torch
    from monai.metrics.utils import get_mask_edges, get_surface_distance

    # An element lies between two voxels on each axis, so slabs share a layer of voxels.
    starts = range(0, here.shape[0] - 1, SLAB)
    slabs = [
        get_mask_edges(
            *(torch.from_numpy(mask[i : i + SLAB + 1]) for mask in (here, there)), crop=False, spacing=spacing
        )
        for i in starts
    ]
    edges_here, edges_there, areas_here, areas_there = (torch.cat(parts) for parts in zip(*slabs, strict=True))
    near_here = get_surface_distance(edges_here, edges_there, spacing=spacing) <= tolerance_mm
    near_there = get_surface_distance(edges_there, edges_here, spacing=spacing) <= tolerance_mm
    elements_here, elements_there = areas_here[edges_here], areas_there[edges_there]
    near = elements_here[near_here].sum() + elements_there[near_there].sum()
    return float(near / (elements_here.sum() + elements_there.sum()))


def _cropped(here: Mask, there: Mask) -> tuple[Mask, Mask]:
    """Cut both to the box around their union, with one voxel around it: a liver fills a tenth of its CT."""
    box = Box.around(here | there)
    cut = tuple(slice(int(low + 0.5), int(high + 0.5)) for low, high in zip(box.minimum, box.maximum, strict=True))
    return np.pad(here[cut], 1), np.pad(there[cut], 1)
