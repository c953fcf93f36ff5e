"""Lesions as the 26-connected components of a lesion probability."""

from __future__ import annotations

from dataclasses import dataclass

import cc3d
import numpy as np

from livercad.core.volume import Volume
from livercad.settings import Settings


@dataclass(frozen=True)
class LesionsFound:
    """Lesions before they are measured.

    Parameters
    ----------
    instances : Volume
        uint16, 0 or the lesion's number, largest lesion first.
    scores : dict of int to float
        Score in [0, 1] by number.
    """

    instances: Volume
    scores: dict[int, float]


def split_lesions(probability: Volume, evidence: Volume, settings: Settings) -> LesionsFound:
    """Cut a probability into lesions and drop those too small or too unsure.

    A lesion's score is the mean evidence over its voxels: unlike the maximum it does not grow with the number of
    voxels that had a chance to be high.

    Parameters
    ----------
    probability : Volume
        In [0, 1], zero outside the liver; says how far lesions reach.
    evidence : Volume
        In [0, 1], on the same grid; says how sure they are. May be `probability` itself.
    settings : Settings
        `lesion_threshold`, `minimum_score` and `minimum_volume_ml`.

    Returns
    -------
    LesionsFound
        On the grid of `probability`.
    """
    components, count = cc3d.connected_components(
        np.asfortranarray(probability.array >= settings.lesion_threshold), connectivity=26, return_N=True
    )
    inside = components > 0
    labels = components[inside]
    sizes = np.bincount(labels, minlength=count + 1)
    sums = np.bincount(labels, weights=evidence.array[inside], minlength=count + 1)
    scores = sums / np.maximum(sizes, 1)
    keep = (sizes * probability.voxel_volume_ml >= settings.minimum_volume_ml) & (scores >= settings.minimum_score)
    keep[0] = False
    ranked = sorted(np.flatnonzero(keep), key=lambda label: -sizes[label])
    numbers = np.zeros(count + 1, dtype=np.uint16)
    numbers[ranked] = np.arange(1, len(ranked) + 1)
    found = {int(numbers[label]): float(scores[label]) for label in ranked}
    return LesionsFound(probability.like(numbers[components]), found)
