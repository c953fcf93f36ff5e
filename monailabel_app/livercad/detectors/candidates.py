"""Candidates of a study with their probabilities, and one list of lesions made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.detection.matching import Matched
from livercad.detectors.scene import Mask, Scene
from livercad.settings import Settings

OVERLAP = 0.3
"""Share of the smaller of two candidates in the larger from which they are one lesion."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """What may be a lesion.

    Parameters
    ----------
    region : ndarray of bool, shape (i, j, k)
        On the scene's grid, not empty.
    score : float
        In [0, 1].
    visible_in : tuple of Phase
        The phases that show it.
    number : int
        Of the lesion of the list before that it is; 0 where it is new.
    """

    region: Mask
    score: float
    visible_in: tuple[Phase, ...]
    number: int = 0


def without_overlap(candidates: Sequence[Candidate], preferred: float = 1.0) -> list[Candidate]:
    """Keep the surest of candidates that are one lesion.

    Parameters
    ----------
    candidates : sequence of Candidate
        In any order.
    preferred : float
        A lesion of the list before is kept in the place of surer new candidates from this share of their score on; it
        is then as sure as they.

    Returns
    -------
    list of Candidate
        Surest first.
    """
    kept: list[Candidate] = []
    for candidate in sorted(candidates, key=lambda one: -one.score):
        same = [place for place, other in enumerate(kept) if _are_one(candidate, other)]
        if not same:
            kept.append(candidate)
        elif candidate.number and not any(kept[place].number for place in same):
            surest = max(kept[place].score for place in same)
            if candidate.score >= preferred * surest:
                kept = [other for place, other in enumerate(kept) if place not in same]
                kept.append(replace(candidate, score=surest))
    return sorted(kept, key=lambda one: -one.score)


def _are_one(one: Candidate, other: Candidate) -> bool:
    shared = int((one.region & other.region).sum())
    return shared >= OVERLAP * min(int(one.region.sum()), int(other.region.sum()))


def as_list(candidates: Sequence[Candidate], scene: Scene, before: Volume, settings: Settings) -> Matched:
    """Lay candidates on the reference phase's grid.

    Parameters
    ----------
    candidates : sequence of Candidate
        That do not overlap much; of two that overlap the first keeps the voxels.
    scene : Scene
        Which they are on.
    before : Volume
        Instances of the list before, on the reference's grid: its lesions keep their outlines.
    settings : Settings
        `minimum_score` and `minimum_volume_ml`.

    Returns
    -------
    Matched
        Largest first.
    """
    painted = np.zeros(before.shape, np.int32)
    kept = [one for one in candidates if one.score >= settings.minimum_score]
    for color, one in enumerate(kept, start=1):
        if one.number:
            painted[(before.array == one.number) & (painted == 0)] = color
        else:
            mask, where = scene.give(one.region)
            painted[where][mask & (painted[where] == 0)] = color
    sizes = np.bincount(painted.ravel(), minlength=len(kept) + 1) * before.voxel_volume_ml
    least = max(settings.minimum_volume_ml, 0.5 * before.voxel_volume_ml)
    ranked = sorted((color for color in range(1, len(kept) + 1) if sizes[color] >= least), key=lambda c: -sizes[c])
    numbers: npt.NDArray[np.uint16] = np.zeros(len(kept) + 1, np.uint16)
    numbers[ranked] = np.arange(1, len(ranked) + 1)
    return Matched(
        before.like(numbers[painted]),
        {number: kept[color - 1].score for number, color in enumerate(ranked, start=1)},
        {number: kept[color - 1].visible_in for number, color in enumerate(ranked, start=1)},
    )
