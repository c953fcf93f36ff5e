"""Where in a lesion the arterial phase is bright, and what becomes of it: means over the lesion do not tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.measure.enhancement import shows_tissue
from livercad.measure.zones import Where, zones_of

SMOOTHING_MM = 1.5
"""SD of the Gaussian that takes the noise off single voxels before they are counted. Our choice."""
BRIGHT_PERCENT = 75
"""LI-RADS asks for hyperenhancement "in whole or in part"; a part is a quarter of the lesion here, our choice."""


@dataclass(frozen=True)
class ArterialPattern:
    """How the arterial enhancement is spread.

    Parameters
    ----------
    bright_hu : float
        A quarter of the lesion without its rim is at least this bright in the arterial phase, after smoothing.
    later_hu : dict of Phase to float
        Mean of this quarter in the other phases that show it.
    nodular_share : float or None
        Share of the rim's voxels, in [0, 1], that are as bright as blood, after smoothing. None where the lesion is too
        small to have a rim, or it is not known how bright blood is.
    is_small : bool
        Whether the lesion is too small to have a rim and a core.
    """

    bright_hu: float
    later_hu: dict[Phase, float]
    nodular_share: float | None
    is_small: bool


def arterial_pattern(
    images: Mapping[Phase, Volume], instances: Volume, number: int, box: Where, blood_hu: float | None
) -> ArterialPattern:
    """See how a lesion enhances in the arterial phase.

    Parameters
    ----------
    images : mapping of Phase to Volume
        In HU, on the grid of `instances`; the arterial phase among them, which must show some of the lesion.
    instances : Volume
        Lesion instances, 0 or the lesion's number.
    number : int
        Which lesion.
    box : tuple of slice
        Around it, as from `scipy.ndimage.find_objects`.
    blood_hu : float or None
        From which HU a voxel of the arterial phase counts as blood; None where that is not known.

    Returns
    -------
    ArterialPattern
        The numbers.
    """
    zones = zones_of(instances, number, box)
    hu = images[Phase.ARTERIAL].array[zones.where].astype(np.float32)
    seen = zones.lesion & shows_tissue(hu)
    smooth = _smooth_inside(hu, seen, zones.spacing)
    body = (zones.inner if zones.is_small else zones.lesion & ~zones.rim) & seen
    body = body if body.any() else seen
    bright_hu = float(np.percentile(smooth[body], BRIGHT_PERCENT))
    bright = body & (smooth >= bright_hu)
    later_hu: dict[Phase, float] = {}
    for phase, image in images.items():
        values = image.array[zones.where][bright]
        values = values[shows_tissue(values)]
        if phase is not Phase.ARTERIAL and values.size:
            later_hu[phase] = float(values.mean(dtype=np.float64))
    rim = smooth[zones.rim & seen]
    share = float(np.mean(rim >= blood_hu)) if rim.size and blood_hu is not None else None
    return ArterialPattern(bright_hu, later_hu, share, zones.is_small)


def _smooth_inside(
    hu: npt.NDArray[np.float32], part: npt.NDArray[np.bool_], spacing: tuple[float, float, float]
) -> npt.NDArray[np.float32]:
    """A Gaussian mean over the part alone: what lies outside has no weight."""
    sigma = SMOOTHING_MM / np.asarray(spacing)
    weight = ndimage.gaussian_filter(part.astype(np.float32), sigma, mode="constant")
    total = ndimage.gaussian_filter(np.where(part, hu, np.float32(0)), sigma, mode="constant")
    return np.asarray(total / np.maximum(weight, np.float32(1e-6)))
