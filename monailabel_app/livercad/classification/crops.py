"""What the classifier sees of a lesion: squares of a few planes in each phase, the same in training and in use."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from livercad.core.geometry import Point
from livercad.core.phases import Phase
from livercad.core.roi import DEFAULT_RATIO, axial_squares, side_of
from livercad.core.volume import Volume

Array = npt.NDArray[np.float32]

PHASES = tuple(Phase)
"""The order of phases in every array of this room."""
PIXELS = 48
"""Along the side of a square."""
PLANES = 3
"""2.5-D: the plane through the lesion's middle, one above and one below."""
SMALLEST_SIDE_MM = 24.0
"""A lesion of 14 mm at D/L 0.6: below, a square would show the image's blur rather than the lesion."""
PLANE_SHARE = 0.2
"""Distance of the planes over the lesion's diameter: within a sphere the outer ones still cut a disc of 0.92 D."""
LOWEST_HU, HIGHEST_HU = -60.0, 240.0
"""From fat to blood in the arterial phase; what is outside looks like the nearest end."""
SEEN_SHARE = 0.5
"""A phase counts as present when at least this share of the square lies inside its volume."""
AIR_HU = -1024.0


def side_mm(diameter_mm: float) -> float:
    """Side of the square around a lesion of a diameter, both in mm."""
    return side_of(diameter_mm, DEFAULT_RATIO, SMALLEST_SIDE_MM)


def plane_offsets_mm(diameter_mm: float, planes: int = PLANES) -> tuple[float, ...]:
    """How far above the lesion's middle each plane lies, in mm, from below to above."""
    return tuple(PLANE_SHARE * diameter_mm * (n - (planes - 1) / 2) for n in range(planes))


def crops_of(images: Mapping[Phase, Volume], center: Point, diameter_mm: float) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Cut a lesion out of every phase.

    Parameters
    ----------
    images : mapping of Phase to Volume
        HU, laid over each other; any grids.
    center : tuple of float
        The lesion's middle, RAS mm.
    diameter_mm : float
        Its longest diameter.

    Returns
    -------
    crops : ndarray, shape (phases, planes, rows, columns)
        HU; see `livercad.core.roi.axial_squares`. A phase that is missing is all air.
    present : ndarray of bool, shape (phases,)
        Which phases show the lesion.
    """
    crops = np.full((len(PHASES), PLANES, PIXELS, PIXELS), AIR_HU, np.float32)
    for n, phase in enumerate(PHASES):
        if phase in images:
            offsets = plane_offsets_mm(diameter_mm)
            crops[n] = axial_squares(images[phase], center, side_mm(diameter_mm), PIXELS, offsets_mm=offsets)
    present = (crops[:, PLANES // 2] > AIR_HU).mean(axis=(1, 2)) >= SEEN_SHARE
    return crops, present


def to_network(crops: Array) -> Array:
    """Scale HU to [-1, 1]; see `LOWEST_HU`."""
    middle, half = (HIGHEST_HU + LOWEST_HU) / 2, (HIGHEST_HU - LOWEST_HU) / 2
    return np.asarray((np.clip(crops, LOWEST_HU, HIGHEST_HU) - middle) / half, dtype=np.float32)
