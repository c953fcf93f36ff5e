"""Temperatures fitted on the pool, and a score of them that they were not fitted on.

Temperatures that are fitted on lesions and scored on the same ones look better than they are on others, and a version
that is scored as it is served has no such help. So a patient's lesions are scored by temperatures that come from others
(M. Stone, "Cross-validatory choice and assessment of statistical predictions", Journal of the Royal Statistical Society
B 36, 1974).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from livercad.classification.calibration import Calibration, consistent_temperature, place_of
from livercad.classification.recipe import CLASSES
from livercad.learning.cases import LabelledCase
from livercad.learning.job import Validation
from livercad.learning.metrics import MEASURES, CaseMetrics
from livercad.learning.pool import patient_key

LEAST_LESIONS = 10
"""Lesions that show the same phases from which on they say how sure the classifier is to be. Our choice."""
FOLDS = 5
"""Groups of patients, as many as there are where these are fewer. Our choice."""
NUMBERS = ("log_loss", "balanced_accuracy", "calibration_error")


@dataclass(frozen=True)
class Judged:
    """What a network says of a case's lesions.

    Parameters
    ----------
    case : LabelledCase
        The case.
    logits : ndarray, shape (n, classes)
        Of its lesions; at least one.
    present : ndarray of bool, shape (n, phases)
        Which phases show each.
    classes : ndarray of int, shape (n,)
        What they are, place in `CLASSES`.
    """

    case: LabelledCase
    logits: npt.NDArray[np.float32]
    present: npt.NDArray[np.bool_]
    classes: npt.NDArray[np.int64]


def fitted(calibration: Calibration, pool: Sequence[Judged]) -> Calibration:
    """Fit temperatures on a pool.

    Parameters
    ----------
    calibration : Calibration
        Its temperatures stay for every set of phases that fewer than `LEAST_LESIONS` lesions show.
    pool : sequence of Judged
        May be empty.

    Returns
    -------
    Calibration
        Only its temperatures are others.
    """
    if not pool:
        return calibration
    logits, present, classes = (
        np.concatenate([getattr(case, name) for case in pool]) for name in ("logits", "present", "classes")
    )
    temperatures = calibration.temperatures.copy()
    for shown in np.unique(present, axis=0):
        same = (present == shown).all(axis=1)
        if same.sum() >= LEAST_LESIONS:
            temperatures[place_of(shown)] = consistent_temperature(logits[same], classes[same])
    return replace(calibration, temperatures=temperatures)


def cross_fitted(calibration: Calibration, pool: Sequence[Judged]) -> dict[str, Calibration]:
    """Fit temperatures for every patient of a pool on other patients.

    Parameters
    ----------
    calibration : Calibration
        As of `fitted`.
    pool : sequence of Judged
        All of it.

    Returns
    -------
    dict of str to Calibration
        By patient. The patients, in the order of their hashes, are dealt out to `FOLDS` groups; those of a group share
        what was fitted on the others.
    """
    patients = sorted({judged.case.patient for judged in pool}, key=patient_key)
    groups = [set(patients[first::FOLDS]) for first in range(min(FOLDS, len(patients)))]
    by_patient: dict[str, Calibration] = {}
    for group in groups:
        of_others = fitted(calibration, [judged for judged in pool if judged.case.patient not in group])
        by_patient |= dict.fromkeys(group, of_others)
    return by_patient


def scored(pool: Sequence[Judged], calibration_of: Callable[[str], Calibration]) -> Validation:
    """Score what a network says of a pool.

    Parameters
    ----------
    pool : sequence of Judged
        Cases with lesions; what it lacks does not count, also where it is empty.
    calibration_of : callable
        The calibration by which a patient's lesions are scored.

    Returns
    -------
    Validation
        The highest score has the lowest log loss. Cases as `CaseMetrics` have them.
    """
    measured = {judged.case.case: _metrics(judged, calibration_of(judged.case.patient)) for judged in pool}
    numbers: dict[str, float | None] = {}
    for name in NUMBERS:
        sums = list(MEASURES[name].sums_by_patient(measured.values()).values())
        numbers[name] = float(MEASURES[name].value(np.sum(sums, axis=0))) if sums else None
    score = -(numbers["log_loss"] or 0.0)
    return Validation(score, numbers, {case: told.model_dump(mode="json") for case, told in measured.items()})


def _metrics(judged: Judged, calibration: Calibration) -> CaseMetrics:
    rows = [
        calibration.probabilities(row[None], shown)[0] for row, shown in zip(judged.logits, judged.present, strict=True)
    ]
    return CaseMetrics(
        patient=judged.case.patient,
        truth=judged.case.fingerprint(),
        classes=tuple(CLASSES[place] for place in judged.classes),
        probabilities=tuple(dict(zip(CLASSES, map(float, row), strict=True)) for row in rows),
    )
