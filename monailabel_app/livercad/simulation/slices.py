"""Axial slices of a liver and what lies in it: what the segmentation network of a replay sees of a study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from livercad.core.geometry import transform_points
from livercad.core.roi import axial_squares
from livercad.core.taxonomy import Label
from livercad.core.volume import Volume

SIDE_MM = 240.0
"""Of the square around the liver: a liver is seldom wider."""
PIXELS = 64
SLICES = 6
ENDS = 0.12
"""Share of the liver's height that is left out above the first slice and below the last."""


@dataclass(frozen=True)
class Slices:
    """Slices of one examination.

    Parameters
    ----------
    images : ndarray of float32, shape (SLICES, PIXELS, PIXELS)
        HU.
    livers, lesions : ndarray of bool
        Likewise.
    """

    images: npt.NDArray[np.float32]
    livers: npt.NDArray[np.bool_]
    lesions: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Studies:
    """Slices of all cases; small enough to be sent to processes.

    Parameters
    ----------
    slices : dict of str to Slices
        By case.
    patients : dict of str to str
        Whose each is.
    kinds : dict of str to str
        Kind of each case, for the report.
    pool, test : tuple of str
        Cases; without `test` each seed draws its own.
    """

    slices: Mapping[str, Slices]
    patients: Mapping[str, str]
    kinds: Mapping[str, str]
    pool: tuple[str, ...]
    test: tuple[str, ...]


def slices_of(image: Volume, label: Volume) -> Slices:
    """Cut slices at even distances through the liver.

    Where they lie is told by the liver alone, which is taken as found: lesions are still to be labelled.

    Parameters
    ----------
    image : Volume
        HU, any grid.
    label : Volume
        `Label`, with a liver in it.

    Returns
    -------
    Slices
        Oriented as `axial_squares` does.
    """
    liver = label.array > Label.BACKGROUND
    places = transform_points(np.argwhere(liver), label.affine)
    low, high = places.min(axis=0), places.max(axis=0)
    middle = (low + high) / 2
    half = (high[2] - low[2]) / 2 * (1 - 2 * ENDS)
    offsets = tuple(np.linspace(-half, half, SLICES).tolist())
    center = (float(middle[0]), float(middle[1]), float(middle[2]))

    def cut(volume: Volume, outside: float) -> npt.NDArray[np.float32]:
        return axial_squares(volume, center, SIDE_MM, PIXELS, offsets_mm=offsets, outside=outside)

    lesions = (label.array == Label.LESION).astype(np.float32)
    return Slices(
        cut(image, -1024.0), cut(label.like(liver.astype(np.float32)), 0) >= 0.5, cut(label.like(lesions), 0) >= 0.5
    )
