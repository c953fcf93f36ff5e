"""One case's predicted lesions against its true ones."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from livercad.core.diameters import longest_axial_diameters
from livercad.core.volume import Volume
from livercad.evaluation.matching import instances_of, match, overlap_table
from livercad.evaluation.outcomes import LesionResult, OneLesion, Outcome
from livercad.evaluation.settings import EvaluationSettings


def compare_lesions(
    predicted: Volume, truth: Volume, settings: EvaluationSettings, scores: Mapping[int, float]
) -> tuple[LesionResult, ...]:
    """Match predicted with true lesions of one case.

    Parameters
    ----------
    predicted, truth : Volume
        Instances or masks on one grid, see `livercad.evaluation.matching.instances_of`.
    settings : EvaluationSettings
        What a hit is.
    scores : mapping of int to float
        Score by number of the predicted lesion, in [0, 1], where known.

    Returns
    -------
    tuple of LesionResult
        True lesions by number, then false positives by number.
    """
    predicted, truth = instances_of(predicted), instances_of(truth)
    table = overlap_table(predicted, truth)
    hits = {column: row for row, column in match(table.by(settings.hit_criterion), settings.hit_threshold)}
    found, true = measured(predicted, table.predicted), measured(truth, table.true)
    results = []
    for column, lesion in enumerate(true):
        row = hits.get(column)
        if row is None:
            results.append(LesionResult(Outcome.MISSED, lesion, None, _largest(table.iou[:, column]), None))
        else:
            score = scores.get(found[row].number)
            results.append(LesionResult(Outcome.HIT, lesion, found[row], float(table.iou[row, column]), score))
    for row in sorted(set(range(len(found))) - set(hits.values())):
        score = scores.get(found[row].number)
        results.append(LesionResult(Outcome.FALSE_POSITIVE, None, found[row], _largest(table.iou[row]), score))
    return tuple(results)


def _largest(overlaps: npt.NDArray[np.float64]) -> float:
    return float(overlaps.max(initial=0.0))


def measured(instances: Volume, numbers: npt.NDArray[np.int64]) -> list[OneLesion]:
    """Volume and diameter of lesions.

    Parameters
    ----------
    instances : Volume
        0 and the numbers of the lesions.
    numbers : ndarray of int, shape (n,)
        Which to measure; each must be there.

    Returns
    -------
    list of OneLesion
        One a number.
    """
    from scipy.ndimage import find_objects

    boxes = find_objects(instances.array)
    return [_measure(instances, int(number), boxes[number - 1]) for number in numbers]


def _measure(instances: Volume, number: int, box: tuple[slice, slice, slice]) -> OneLesion:
    part = instances.crop([side.start for side in box], [side.stop for side in box])
    mask = part.like(part.array == number)
    volume_ml = float(np.count_nonzero(mask.array)) * mask.voxel_volume_ml
    return OneLesion(number, volume_ml, longest_axial_diameters(mask)[0].length_mm)
