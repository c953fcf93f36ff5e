"""What registration looks at: an image around its liver, coarse enough to be quick."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from skimage.measure import block_reduce

from livercad.core.geometry import Box, axial_axis, transform_points
from livercad.core.volume import Volume

STEP_MM = 3.0
"""Voxels smaller than this are averaged until they are about as large."""
MARGIN_MM = 45.0
"""How far around the liver images are kept: further than breathing moves it."""
NEAR_MM = 12.0
"""How far beyond the liver images are compared: to its neighbours' edges, but not over to the other side of the chest
wall, along which it slides."""
WINDOW_HU = (-150.0, 250.0)
"""Beyond these, lung, gas and bone: which of them it is tells nothing about the liver's place."""
RAISED_HU = 150.0
"""How much is added to the liver when images are laid over each other: its outline counts where its grey values, as
those of an unenhanced liver, hardly differ from its neighbours'."""


@dataclass(frozen=True, eq=False)
class Surroundings:
    """An image around its liver.

    Parameters
    ----------
    image : Volume
        HU, float32, cut to `WINDOW_HU`.
    liver : Volume
        float32, the part of each voxel that is liver.
    """

    image: Volume
    liver: Volume

    @classmethod
    def of(cls, ct: Volume, liver: Volume, slice_mm: float) -> Surroundings:
        """Cut a volume to its liver's surroundings.

        Parameters
        ----------
        ct : Volume
            HU.
        liver : Volume
            Mask on the same grid, not empty.
        slice_mm : float
            Thickness of slices to blur thinner ones to. Images are laid over each other best where both show the same
            detail: else interpolation, which blurs as well, is taken for likeness, and pulls slices together.

        Returns
        -------
        Surroundings
            Clipped to the image.
        """
        box, margin = Box.around(liver.array > 0), MARGIN_MM / np.array(ct.spacing)
        start = np.floor(np.array(box.minimum) + 0.5 - margin).astype(int)
        stop = np.ceil(np.array(box.maximum) + 0.5 + margin).astype(int)
        image = _coarse(ct.crop(start, stop))
        clipped = image.like(np.clip(image.array, *WINDOW_HU))
        return cls(*(_as_thick(part, slice_mm) for part in (clipped, _coarse(liver.crop(start, stop)))))

    @cached_property
    def raised(self) -> Volume:
        """The image with the liver raised by `RAISED_HU`."""
        return self.image.like(self.image.array + np.float32(RAISED_HU) * self.liver.array)

    @cached_property
    def near(self) -> npt.NDArray[np.bool_]:
        """Voxels within `NEAR_MM` of the liver, the liver included."""
        return ndimage.distance_transform_edt(self.liver.array < 0.5, sampling=self.liver.spacing) < NEAR_MM

    @cached_property
    def liver_points(self) -> npt.NDArray[np.float64]:
        """Centres of the liver's voxels, shape (n, 3), RAS mm."""
        return transform_points(np.argwhere(self.liver.array >= 0.5), self.liver.affine)


def _as_thick(volume: Volume, slice_mm: float) -> Volume:
    """Blur across the slices as much as slices of that thickness would."""
    own = volume.slice_spacing
    if slice_mm <= 1.05 * own:
        return volume
    # A rectangle's variance is its width squared over 12.
    sd = np.sqrt((slice_mm**2 - own**2) / 12) / own
    return volume.like(ndimage.gaussian_filter1d(volume.array, sd, axis=axial_axis(volume.affine), mode="nearest"))


def _coarse(volume: Volume) -> Volume:
    """Average blocks of voxels that are smaller than `STEP_MM`; what is left over at the far ends is left out."""
    block = [min(max(1, round(STEP_MM / step)), n) for step, n in zip(volume.spacing, volume.shape, strict=True)]
    whole = tuple(slice(n // size * size) for n, size in zip(volume.shape, block, strict=True))
    averaged = block_reduce(volume.array[whole], tuple(block), np.mean, func_kwargs={"dtype": np.float32})
    affine = volume.affine @ np.diag([*block, 1.0])
    affine[:3, 3] = transform_points((np.array(block) - 1) / 2, volume.affine)
    return Volume(np.ascontiguousarray(averaged), affine)
