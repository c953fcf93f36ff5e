"""A liver in all phases on one grid of 2 mm: what candidates are sought and measured in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from livercad.core.geometry import Box
from livercad.core.phases import REFERENCE_ORDER, Phase
from livercad.core.volume import Volume
from livercad.segmentation.resampling import NetworkGrid

STEP_MM = 2.0
"""Side of a voxel. A lesion of 10 mm is five wide."""
MARGIN_MM = 14.0
"""Around the liver: what lies beside a candidate tells the gallbladder and fissures from lesions."""
CLOSING_MM = 10.0
"""Bays of the liver's outline that are narrower than twice this are searched too: lesions at the surface leave such."""
CONTRASTS_HU = (-150.0, 250.0)
"""Fat and air are no darker than this, bone and metal no brighter."""
FAT_HU = -30.0
"""What is darker in the reference phase is not searched: fat at the edge of an outline. Fluid has 0 HU."""
LEVEL_DEPTH_MM = 4.0
"""The liver's own HU are taken this far inside it."""
LEAST_SPREAD_HU = 4.0
"""The liver's HU differ no less than this at 2 mm in any CT; smoother images are filtered ones. Our choice."""
SMOOTHING = 0.75
"""SD (voxels) of the Gaussian that takes off noise."""

Array = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Block = tuple[slice, slice, slice]


@dataclass(frozen=True, eq=False)
class Scene:
    """A liver and its surroundings, axes to right, front and head.

    Parameters
    ----------
    contrast : dict of Phase to ndarray, shape (i, j, k)
        HU above the liver's median, smoothed a little, in `CONTRASTS_HU`.
    spread : dict of Phase to float
        Robust SD of the liver's HU in it: noise, vessels and lesions.
    liver : ndarray of bool, shape (i, j, k)
        As it was found.
    searched : ndarray of bool, shape (i, j, k)
        The liver with its narrow bays, without fat.
    depth_mm : ndarray of float32, shape (i, j, k)
        Distance to the surface of what is searched; negative outside.
    grid : NetworkGrid
        Laid over the block of the reference that `block` says.
    block : tuple of slice
        Which voxels of the reference.
    """

    contrast: dict[Phase, Array]
    spread: dict[Phase, float]
    liver: Mask
    searched: Mask
    depth_mm: Array
    grid: NetworkGrid
    block: Block

    @classmethod
    def of(cls, images: Mapping[Phase, Volume], liver: Volume) -> Scene:
        """Make a scene.

        Parameters
        ----------
        images : mapping of Phase to Volume
            Every phase in HU on the grid of `liver`; at least one.
        liver : Volume
            Mask, not empty.

        Returns
        -------
        Scene
            Of the liver's box with `MARGIN_MM` around it.
        """
        block = _around(liver)
        near = liver.array[block]
        grid = NetworkGrid.over(Volume(near, liver.affine), (STEP_MM,) * 3)
        inside = grid.to_network(near > 0) > 0.5
        hu = {phase: grid.to_network(image.array[block]) for phase, image in images.items()}
        first = next(phase for phase in REFERENCE_ORDER if phase in hu)
        searched = _closed(inside) & (ndimage.gaussian_filter(hu[first], SMOOTHING) > FAT_HU)
        depth = _depth(searched)
        core = inside & (depth > LEVEL_DEPTH_MM)
        core = core if core.any() else inside
        contrast, spread = {}, {}
        for phase, values in hu.items():
            level = float(np.median(values[core]))
            clipped = np.clip(values - np.float32(level), *CONTRASTS_HU)
            contrast[phase] = ndimage.gaussian_filter(clipped, SMOOTHING)
            seen = contrast[phase][core]
            spread[phase] = max(LEAST_SPREAD_HU, 1.4826 * float(np.median(np.abs(seen - np.median(seen)))))
        return cls(contrast, spread, inside, searched, depth, grid, block)

    def bring(self, mask: npt.NDArray[np.generic]) -> Mask:
        """Bring a mask of the reference's block to this grid; the smallest keeps its likeliest voxel."""
        share = self.grid.to_network(mask)
        return np.asarray(share >= min(0.5, float(share.max()))) & (share > 0)

    def give(self, mask: Mask) -> tuple[Mask, Block]:
        """Bring a mask of this grid to the reference's own, with the voxels of the reference that it fills."""
        ((i, j, k),) = ndimage.find_objects(mask.astype(np.uint8))
        start = [max(0, side.start - 2) for side in (i, j, k)]
        stop = [min(n, side.stop + 2) for side, n in zip((i, j, k), mask.shape, strict=True)]
        part = tuple(slice(a, b) for a, b in zip(start, stop, strict=True))
        values, where = self.grid.to_volume(mask[part].astype(np.float32), start)
        a, b, c = (slice(w.start + o.start, w.stop + o.start) for w, o in zip(where, self.block, strict=True))
        return np.asarray(values > 0.5), (a, b, c)


def _around(liver: Volume) -> Block:
    box = Box.around(liver.array > 0)
    margin = np.ceil(MARGIN_MM / np.asarray(liver.spacing))
    first = np.clip(np.asarray(box.minimum) + 0.5 - margin, 0, liver.shape).astype(int)
    last = np.clip(np.asarray(box.maximum) + 0.5 + margin, 0, liver.shape).astype(int)
    i, j, k = (slice(int(a), int(b)) for a, b in zip(first, last, strict=True))
    return i, j, k


def _closed(inside: Mask) -> Mask:
    """Closing by a ball, through distances, and no holes."""
    pad = int(np.ceil(CLOSING_MM / STEP_MM)) + 1
    wide = np.pad(inside, pad)
    grown = ndimage.distance_transform_edt(~wide, sampling=STEP_MM) <= CLOSING_MM
    back = ndimage.distance_transform_edt(grown, sampling=STEP_MM) > CLOSING_MM
    closed = ndimage.binary_fill_holes(back | wide)
    return np.asarray(closed[pad:-pad, pad:-pad, pad:-pad])


def _depth(searched: Mask) -> Array:
    inner = ndimage.distance_transform_edt(np.pad(searched, 1), sampling=STEP_MM)[1:-1, 1:-1, 1:-1]
    outer = ndimage.distance_transform_edt(~searched, sampling=STEP_MM) if searched.any() else inner + np.inf
    return np.asarray(inner - outer, np.float32)
