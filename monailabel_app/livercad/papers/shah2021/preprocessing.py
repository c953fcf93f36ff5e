"""From a CT volume to images as the networks get them ("Material and methods", Fig 2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from skimage.exposure import equalize_hist

from livercad.core.geometry import Box, Frame, corners_of, transform_points
from livercad.core.volume import Volume
from livercad.papers.shah2021.settings import ImageSettings

AIR_HU = -1024.0
Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Field:
    """The axial square that all images of a volume show, seen as radiologists do.

    Rows run from front to back, columns from the patient's right to left, as those of
    `livercad.core.roi.axial_squares`.

    Parameters
    ----------
    right_mm, front_mm : float
        R and A of the outer corner of the first pixel.
    pixel_mm : float
        Side of a pixel.
    pixels : int
        Along a side.
    """

    right_mm: float
    front_mm: float
    pixel_mm: float
    pixels: int

    @classmethod
    def of(cls, volume: Volume, settings: ImageSettings) -> Field:
        """The square around the middle of a volume."""
        corners = transform_points(corners_of((-0.5, -0.5, -0.5), np.subtract(volume.shape, 0.5)), volume.affine)
        r, a, _ = (corners.min(axis=0) + corners.max(axis=0)) / 2
        half = settings.field_mm / 2
        return cls(float(r) + half, float(a) + half, settings.field_mm / settings.pixels, settings.pixels)

    def box(self, rows: tuple[float, float], columns: tuple[float, float], heights: tuple[float, float]) -> Box:
        """Take a rectangle of an image to RAS mm.

        Parameters
        ----------
        rows, columns : tuple of float
            First edge and last edge, in pixels from the outer corner.
        heights : tuple of float
            Lowest and highest S in mm.

        Returns
        -------
        Box
            In RAS mm.
        """
        r = [self.right_mm - self.pixel_mm * column for column in columns]
        a = [self.front_mm - self.pixel_mm * row for row in rows]
        return Box((r[1], a[1], heights[0]), (r[0], a[0], heights[1]), Frame.RAS)


def axial_images(
    volume: Volume, heights_mm: Sequence[float] | Array, field: Field, *, labels: bool = False
) -> npt.NDArray[np.float32]:
    """Sample axial images of a volume, however its own axes lie.

    Parameters
    ----------
    volume : Volume
        HU, or a label map.
    heights_mm : sequence or ndarray of float
        S of each image.
    field : Field
        What an image shows.
    labels : bool, default False
        Whether the values are labels: the nearest is taken, and 0 beyond the volume; else they are interpolated
        linearly, and beyond the volume there is air.

    Returns
    -------
    ndarray of float32, shape (heights, pixels, pixels)
        The volume's values.
    """
    along = (np.arange(field.pixels) + 0.5) * field.pixel_mm
    s, a, r = np.meshgrid(np.asarray(heights_mm), field.front_mm - along, field.right_mm - along, indexing="ij")
    voxels = transform_points(np.stack([r, a, s], axis=-1), np.linalg.inv(volume.affine))
    array = volume.array if volume.array.dtype != bool else volume.array.astype(np.uint8)
    shape = np.array(array.shape)
    # A voxel spans half a step to each side; within that the nearest value goes on.
    inside = ((voxels >= -0.5) & (voxels <= shape - 0.5)).all(axis=-1)
    sampled = ndimage.map_coordinates(
        array, np.moveaxis(voxels, -1, 0), np.float32, order=0 if labels else 1, mode="nearest", prefilter=False
    )
    return np.where(inside, sampled, np.float32(0.0 if labels else AIR_HU))


def limited(hu: Array, settings: ImageSettings) -> npt.NDArray[np.float64]:
    """Limit Hounsfield units and scale them to [0, 1] (Fig 2B)."""
    low, high = settings.low_hu, settings.high_hu
    return (np.clip(hu.astype(np.float64), low, high) - low) / (high - low)


def preprocessed(hu: Array, settings: ImageSettings) -> npt.NDArray[np.uint8]:
    """Limit Hounsfield units and equalise the histogram (Fig 2C).

    Parameters
    ----------
    hu : ndarray, shape (rows, columns)
        One image.
    settings : ImageSettings
        The limits.

    Returns
    -------
    ndarray of uint8, shape (rows, columns)
        Grey values. Pixels at the lower limit do not count in the histogram: air and fat around the patient are two
        thirds of an image and would take two thirds of the grey values. Where there is nothing else the image is black.
    """
    grey = limited(hu, settings)
    above = grey > 0
    if not above.any():
        return np.zeros(grey.shape, np.uint8)
    return np.round(np.where(above, equalize_hist(grey, mask=above), 0) * 255).astype(np.uint8)
