"""What a version of a model scored on each case of the pool, and the measures taken from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, model_validator

from livercad.core.taxonomy import LesionClass
from livercad.evaluation.classes import BINS

Array = npt.NDArray[np.float64]

CLASSES = tuple(LesionClass)
LEAST_PROBABILITY = 0.001
"""A class that was given less counts as given this in the log loss, or one lesion could outweigh all others."""
SMALL_MM = 20.0
"""A lesion of a smaller longest axial diameter is small."""


class CaseMetrics(BaseModel):
    """What one version scored on one case. What is not measured stays at its default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    patient: str = Field(description="Whose case it is: patients are what is independent.")
    truth: str = Field(description="Fingerprint of images and labels that it was scored against.")
    liver_dice: float | None = Field(None, ge=0, le=1)
    lesion_dice: float | None = Field(None, ge=0, le=1, description="Of all lesions together; 1 where both are empty.")
    small_lesions: int = Field(0, ge=0, description=f"True lesions below {SMALL_MM:g} mm.")
    small_found: int = Field(0, ge=0, description="How many of them were found.")
    false_positives: int | None = Field(None, ge=0, description="Lesions found that are none.")
    classes: tuple[LesionClass, ...] = Field((), description="True class of every lesion that was classified.")
    probabilities: tuple[dict[LesionClass, float], ...] = Field((), description="Its calibrated probabilities.")

    @model_validator(mode="after")
    def _fit(self) -> CaseMetrics:
        if len(self.classes) != len(self.probabilities):
            raise ValueError(f"{len(self.classes)} classes, {len(self.probabilities)} sets of probabilities")
        if self.small_found > self.small_lesions:
            raise ValueError(f"{self.small_found} of {self.small_lesions} small lesions found")
        return self


@dataclass(frozen=True)
class Measure:
    """One number that tells how good a version is on a pool.

    It is a function of sums over cases, so that it can be taken of thousands of resamples at once.

    Parameters
    ----------
    name : str
        As in rules, tables and JSON.
    title : str
        For people.
    higher_is_better : bool
        Whether more is better.
    terms : callable
        What a case adds to the sums, shape (k,); all zero where the case does not tell.
    value : callable
        Of sums, shape (..., k), the measure, shape (...); not a number where it is not defined.
    """

    name: str
    title: str
    higher_is_better: bool
    terms: Callable[[CaseMetrics], npt.ArrayLike]
    value: Callable[[Array], Array]

    def sums_by_patient(self, cases: Iterable[CaseMetrics]) -> dict[str, Array]:
        """The sums of every patient whose cases tell something, by patient."""
        sums: dict[str, Array] = {}
        for case in cases:
            terms = np.asarray(self.terms(case), dtype=np.float64)
            if terms.any():
                sums[case.patient] = sums.get(case.patient, 0) + terms
        return sums


def _ratio(sums: Array) -> Array:
    """First sum over the second."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(sums[..., 1] > 0, sums[..., 0] / sums[..., 1], np.nan))


def _given(value: float | None) -> tuple[float, float]:
    return (0.0, 0.0) if value is None else (value, 1.0)


def _table(case: CaseMetrics) -> tuple[Array, npt.NDArray[np.int64]]:
    """Probabilities, shape (lesions, classes), and true classes as their places."""
    rows = [[given.get(kind, 0.0) for kind in CLASSES] for given in case.probabilities]
    places = [CLASSES.index(kind) for kind in case.classes]
    return np.array(rows, dtype=np.float64).reshape(-1, len(CLASSES)), np.array(places, dtype=np.int64)


def _log_loss_terms(case: CaseMetrics) -> npt.ArrayLike:
    probabilities, classes = _table(case)
    given = probabilities[np.arange(len(classes)), classes]
    return -np.log(np.clip(given, LEAST_PROBABILITY, 1)).sum(), len(classes)


def _recall_terms(case: CaseMetrics) -> npt.ArrayLike:
    """Lesions of every class that were recognised, and all of them."""
    probabilities, classes = _table(case)
    right = classes[probabilities.argmax(axis=1) == classes]
    return np.concatenate([np.bincount(which, minlength=len(CLASSES)) for which in (right, classes)])


def _mean_recall(sums: Array) -> Array:
    right, there = sums[..., : len(CLASSES)], sums[..., len(CLASSES) :]
    occurring = (there > 0).sum(axis=-1)
    recalls = np.divide(right, there, out=np.zeros_like(right), where=there > 0)
    return _ratio(np.stack([recalls.sum(axis=-1), occurring], axis=-1))


def _calibration_terms(case: CaseMetrics) -> npt.ArrayLike:
    """Of every bin of confidence how many lesions are recognised less how many should be; and all lesions."""
    probabilities, classes = _table(case)
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == classes
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    return [*np.bincount(bins, right - confidence, minlength=BINS), len(classes)]


def _calibration_error(sums: Array) -> Array:
    return _ratio(np.stack([np.abs(sums[..., :-1]).sum(axis=-1), sums[..., -1]], axis=-1))


MEASURES: Mapping[str, Measure] = {
    measure.name: measure
    for measure in (
        Measure("liver_dice", "liver Dice", True, lambda case: _given(case.liver_dice), _ratio),
        Measure("lesion_dice", "lesion Dice", True, lambda case: _given(case.lesion_dice), _ratio),
        Measure(
            "small_lesion_sensitivity",
            f"sensitivity for lesions below {SMALL_MM:g} mm",
            True,
            lambda case: (case.small_found, case.small_lesions),
            _ratio,
        ),
        Measure(
            "false_positives_per_case",
            "false positives per case",
            False,
            lambda case: _given(None if case.false_positives is None else float(case.false_positives)),
            _ratio,
        ),
        Measure("log_loss", "log loss of the classes", False, _log_loss_terms, _ratio),
        Measure("balanced_accuracy", "balanced accuracy", True, _recall_terms, _mean_recall),
        Measure("calibration_error", "expected calibration error", False, _calibration_terms, _calibration_error),
    )
}
"""By name. Means run over cases, those of lesions over the lesions of all cases."""
