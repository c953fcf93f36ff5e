"""How a lesion takes up contrast medium: its HU and those of the liver around it, phase by phase."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from livercad.core.lesion import PhaseMeasurement
from livercad.core.phases import Phase
from livercad.core.volume import Volume, grid_difference
from livercad.measure.organ import cut_out_organ
from livercad.measure.zones import Mask, Zones, shell_of, zones_of

SHELL_MM = (3.0, 20.0)
"""How far from a lesion the liver is taken for comparison: not where the outline may be wrong, and nearby, as Liu 2013
(AJR Am J Roentgenol 200:84-89) and LI-RADS have it. The distances are our choice."""
LEAST_SHELL_ML = 1.0
"""With less liver than this around a lesion the whole liver is taken: vessels would weigh too much. Our choice."""
NO_TISSUE_HU = -900
"""What lies below is air, or the filling of what the phase's field of view does not reach (-1000 HU and less)."""
LEAST_SEEN = 0.5
"""Share of a lesion that a phase must show to be measured there. Our choice."""

HU = npt.NDArray[Any]


def measure_enhancement(
    images: Mapping[Phase, Volume], liver: Volume, instances: Volume
) -> dict[int, tuple[PhaseMeasurement, ...]]:
    """Measure every lesion in every phase.

    The lesion is measured without its outermost 2 mm, a small one without its outer half
    (`livercad.measure.zones.zones_of`), because no registration is exact. Rim and core are its outer third (8 mm at
    most) and inner half by depth; a lesion of less than about 8 mm has neither, and both are given the lesion's mean.
    The liver around is the median, which vessels hardly move, of the liver 3 to 20 mm off without other lesions; of the
    whole liver without lesions where that is less than 1 ml.

    Parameters
    ----------
    images : mapping of Phase to Volume
        In HU, laid over each other on one grid; -900 HU and less where a phase shows nothing, which is left out.
    liver : Volume
        Liver mask on that grid; everything but 0 is liver.
    instances : Volume
        Lesion instances on that grid, 0 or the lesion's number.

    Returns
    -------
    dict of int to tuple of PhaseMeasurement
        By lesion number; in the order in which phases are taken. A phase that shows less than half of the lesion, or
        no liver, is missing there.

    Raises
    ------
    ValueError
        If the volumes are not on one grid, or there is no image.
    """
    if not images:
        raise ValueError("There is no image to measure lesions in.")
    first = next(iter(images.values()))
    for phase, image in images.items():
        difference = grid_difference(image, first)
        if difference:
            raise ValueError(f"The {phase} image is not on the grid of the others: {difference}.")
    if not instances.array.any():
        return {}
    organ = cut_out_organ(first, liver, instances)
    stop = np.add(organ.start, organ.mask.shape)
    blocks = {phase: images[phase].crop(organ.start, stop).array for phase in Phase if phase in images}
    tissue = organ.mask.array & (organ.instances.array == 0)
    whole = {phase: _median_hu(hu, tissue) for phase, hu in blocks.items()}
    found = {}
    for number, box in enumerate(ndimage.find_objects(organ.instances.array), start=1):
        if box is not None:
            zones = zones_of(organ.instances, number, box, SHELL_MM[1])
            shell = shell_of(zones, tissue[zones.where], *SHELL_MM)
            points = (_measure(phase, hu[zones.where], zones, shell, whole[phase]) for phase, hu in blocks.items())
            found[number] = tuple(point for point in points if point is not None)
    return found


def shows_tissue(hu: HU) -> Mask:
    """Where an image shows tissue at all.

    Parameters
    ----------
    hu : ndarray
        In HU.

    Returns
    -------
    ndarray of bool
        False in air and outside the field of view.
    """
    return np.asarray(hu > NO_TISSUE_HU)


def _measure(phase: Phase, hu: HU, zones: Zones, shell: Mask, whole: float | None) -> PhaseMeasurement | None:
    """One point of the curve; None where the phase does not show it."""
    seen = shows_tissue(hu)
    inner = hu[zones.inner & seen].astype(np.float64)
    shell_ml = np.count_nonzero(shell & seen) * np.prod(zones.spacing) / 1000
    liver_hu = _median_hu(hu, shell) if shell_ml >= LEAST_SHELL_ML else whole
    if inner.size < LEAST_SEEN * np.count_nonzero(zones.inner) or liver_hu is None:
        return None
    lesion_hu = float(inner.mean())

    def mean_hu(part: Mask) -> float:
        values = hu[part & seen]
        return float(values.mean(dtype=np.float64)) if values.size else lesion_hu

    return PhaseMeasurement(
        phase=phase,
        lesion_hu=lesion_hu,
        lesion_sd_hu=float(inner.std()),
        liver_hu=liver_hu,
        contrast_hu=lesion_hu - liver_hu,
        rim_hu=mean_hu(zones.rim),
        core_hu=mean_hu(zones.core),
    )


def _median_hu(hu: HU, part: Mask) -> float | None:
    """Median of what is seen of a part; None where nothing is."""
    values = hu[part]
    values = values[shows_tissue(values)]
    return float(np.median(values)) if values.size else None
