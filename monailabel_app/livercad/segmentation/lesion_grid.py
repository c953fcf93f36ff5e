"""What the lesion network sees of a CT: the liver alone, on a grid of 1 × 1 × 3 mm; the same in use and in training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from livercad.core.geometry import Box
from livercad.core.volume import Volume
from livercad.segmentation.resampling import NetworkGrid
from livercad.segmentation.scaling import scale_ct

SPACING_MM = (1.0, 1.0, 3.0)
BACKGROUND = -0.5
"""What the network sees outside the liver (pyliverlesionseg 0.3, cnn_liver_lesion_seg_CT_MR_main)."""
LIVER_MARGIN = 2
"""Voxels by which the liver is dilated, 18-connected (the same function)."""
CROP_MARGIN_MM = 12.0
"""More than the dilated liver reaches beyond the liver on any grid."""
NEIGHBOURS = ndimage.generate_binary_structure(3, 2)

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class LiverBlock:
    """The surroundings of a liver, on the volume's own grid and on the network's.

    Parameters
    ----------
    near : Volume
        The CT around the liver, in HU.
    first : ndarray of int, shape (3,)
        Where in the CT it begins, in voxels IJK.
    grid : NetworkGrid
        Laid over `near`.
    hu : ndarray of float32, shape (i, j, k)
        `near` on the network's grid.
    liver : ndarray of float32, shape (i, j, k)
        Share of each of its voxels that is liver, in [0, 1].
    """

    near: Volume
    first: npt.NDArray[np.int64]
    grid: NetworkGrid
    hu: Array
    liver: Array

    @classmethod
    def of(cls, ct: Volume, liver: Volume) -> LiverBlock:
        """Cut a liver out of a CT.

        Parameters
        ----------
        ct : Volume
            HU.
        liver : Volume
            Mask of the liver on the same grid, not empty.

        Returns
        -------
        LiverBlock
            The liver's box and `CROP_MARGIN_MM` around it.
        """
        box = Box.around(liver.array > 0)
        margin = np.ceil(CROP_MARGIN_MM / np.asarray(ct.spacing))
        start, stop = np.asarray(box.minimum) + 0.5 - margin, np.asarray(box.maximum) + 0.5 + margin
        near = ct.crop(start, stop)
        grid = NetworkGrid.over(near, SPACING_MM)
        share = grid.to_network(liver.crop(start, stop).array)
        return cls(near, np.clip(start, 0, ct.shape).astype(int), grid, grid.to_network(near.array), share)


@dataclass(frozen=True)
class LiverView:
    """A liver as the network sees it.

    Parameters
    ----------
    image : ndarray of float32, shape (i, j, k)
        Scaled CT in the box of the dilated liver, in [-0.5, 0.5]; `BACKGROUND` outside the liver.
    inside : ndarray of bool, shape (i, j, k)
        The dilated liver.
    box : tuple of slice
        Where they lie in the arrays that they were made from.
    """

    image: Array
    inside: npt.NDArray[np.bool_]
    box: tuple[slice, slice, slice]

    @classmethod
    def of(cls, hu: Array, liver: Array) -> LiverView:
        """Mask all but the liver.

        Parameters
        ----------
        hu, liver : ndarray of float32, shape (i, j, k)
            As a `LiverBlock` has them.

        Returns
        -------
        LiverView
            Of the liver's box.
        """
        dilated = np.asarray(ndimage.binary_dilation(liver > 0.5, NEIGHBOURS, iterations=LIVER_MARGIN))
        box = ndimage.find_objects(dilated)[0]
        image = np.where(dilated, scale_ct(hu), np.float32(BACKGROUND))[box]
        return cls(image, dilated[box], box)

    @property
    def corner(self) -> tuple[int, int, int]:
        """First voxel of the box."""
        i, j, k = (side.start for side in self.box)
        return i, j, k
