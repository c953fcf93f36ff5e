"""What the classifier sees of a lesion: squares of a few planes in each phase; the same in training, use and Slicer."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from livercad.core.geometry import Point
from livercad.core.phases import Phase
from livercad.core.roi import DEFAULT_RATIO, axial_squares, side_of
from livercad.core.volume import Volume

PHASES = tuple(Phase)
"""The order of phases in every array of crops."""
PIXELS = 48
"""Along the side of a square."""
PLANES = 3
"""2.5-D: the plane through the lesion's middle, one above and one below."""
SMALLEST_SIDE_MM = 24.0
"""A lesion of 14 mm at D/L 0.6: below, a square would show the image's blur rather than the lesion."""
PLANE_SHARE = 0.2
"""Distance of the planes over the lesion's diameter: within a sphere the outer ones still cut a disc of 0.92 D."""
SEEN_SHARE = 0.5
"""A phase counts as present when at least this share of the square lies inside its volume."""
AIR_HU = -1024.0


def side_mm(diameter_mm: float, ratio: float = DEFAULT_RATIO) -> float:
    """Side in mm of the square around a lesion of a diameter in mm; `ratio` is D/L."""
    return side_of(diameter_mm, ratio, SMALLEST_SIDE_MM)


def plane_offsets_mm(diameter_mm: float, planes: int = PLANES) -> tuple[float, ...]:
    """How far above the lesion's middle each plane lies, in mm, from below to above."""
    return tuple(PLANE_SHARE * diameter_mm * (n - (planes - 1) / 2) for n in range(planes))


def crops_of(
    images: Mapping[Phase, Volume],
    center: Point,
    diameter_mm: float,
    ratio: float = DEFAULT_RATIO,
    planes: int = PLANES,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Cut a lesion out of every phase.

    Parameters
    ----------
    images : mapping of Phase to Volume
        HU, laid over each other; any grids.
    center : tuple of float
        The lesion's middle, RAS mm.
    diameter_mm : float
        Its longest diameter.
    ratio : float, default 0.6
        D/L; the classifier knows the default only.
    planes : int, default 3
        How many; an odd number. 1 is the plane through the middle alone, as of the classifier's three.

    Returns
    -------
    crops : ndarray of float32, shape (phases, planes, rows, columns)
        HU; see `livercad.core.roi.axial_squares`. A phase that is missing is all air.
    present : ndarray of bool, shape (phases,)
        Which phases show the lesion.
    """
    side, offsets = side_mm(diameter_mm, ratio), plane_offsets_mm(diameter_mm, planes)
    crops = np.full((len(PHASES), planes, PIXELS, PIXELS), AIR_HU, np.float32)
    for n, phase in enumerate(PHASES):
        if phase in images:
            crops[n] = axial_squares(images[phase], center, side, PIXELS, offsets_mm=offsets, outside=AIR_HU)
    present = (crops[:, planes // 2] > AIR_HU).mean(axis=(1, 2)) >= SEEN_SHARE
    return crops, present
