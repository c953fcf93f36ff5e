"""How well the lesions found were classified, over all cases."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from livercad.core.taxonomy import LesionClass
from livercad.evaluation.intervals import Estimate, Share, over_patients, share_over_patients
from livercad.evaluation.outcomes import Outcome
from livercad.evaluation.roc import roc_curve
from livercad.evaluation.settings import EvaluationSettings
from livercad.evaluation.truth_tables import KINDS
from livercad.evaluation.verdicts import Verdict

NOT_CLASSIFIED, NOT_FOUND = "not_classified", "not_found"
"""Columns of the confusion table beside the classes."""

Owned = tuple[str, Verdict]
"""A lesion with its case."""


@dataclass(frozen=True)
class KindCounts:
    """The true lesions of one type.

    Parameters
    ----------
    true, found, right, unsure : int
        How many there are, how many of these were found, of these how many were called the right class, and of how many
        found the class is unsure.
    """

    true: int
    found: int
    right: int
    unsure: int


@dataclass(frozen=True)
class ClassSummary:
    """Classes over all cases. Every share is over lesions, its interval over cases.

    Parameters
    ----------
    cases : int
        How many were compared.
    true, found, classified : int
        True lesions whose type is told, those of them that were found, and those of these that were classified.
    untold : int
        True lesions whose type is not told; they enter nothing here.
    six, five : Share or None
        Accuracy of six classes, and of Yasaka's five categories, of the lesions found and classified; None where there
        are none.
    sure, unsure : Share or None
        Accuracy of six classes where the classifier was sure, and where it was not.
    of_all : Share or None
        Lesions found and called the right class, of all true ones.
    sensitivity, specificity : Share or None
        Of the malignant lesions found and classified those with a probability of malignancy of 0.5 or more, and of the
        benign ones those below.
    malignant_of_all : Share or None
        Lesions found and called malignant, of all truly malignant ones.
    auc : Estimate or None
        Area under the ROC curve of that probability; None where all lesions classified are malignant, or none.
    confusion : dict of str to dict of str to int
        By true class (those that occur), then by class called, `NOT_CLASSIFIED` and `NOT_FOUND`.
    false_positives : dict of str to int
        By class called, and `NOT_CLASSIFIED`.
    by_type : dict of str to KindCounts
        By type, or class where the truth tells no more; those that occur.
    """

    cases: int
    true: int
    found: int
    classified: int
    untold: int
    six: Share | None
    five: Share | None
    sure: Share | None
    unsure: Share | None
    of_all: Share | None
    sensitivity: Share | None
    specificity: Share | None
    malignant_of_all: Share | None
    auc: Estimate | None
    confusion: dict[str, dict[str, int]]
    false_positives: dict[str, int]
    by_type: dict[str, KindCounts]


def summarise_classes(
    cases: Iterable[tuple[str, tuple[Verdict, ...] | None]], settings: EvaluationSettings
) -> ClassSummary | None:
    """Count over all cases.

    Parameters
    ----------
    cases : iterable of (str, tuple of Verdict or None)
        A case's name and lesions; None where its classes were not compared.
    settings : EvaluationSettings
        Confidence and seed of the intervals.

    Returns
    -------
    ClassSummary or None
        None where the truth tells no types.
    """
    compared = [(case, verdicts) for case, verdicts in cases if verdicts is not None]
    if not compared:
        return None
    lesions: list[Owned] = [(case, one) for case, verdicts in compared for one in verdicts]
    told = [(case, one) for case, one in lesions if one.kind]
    found = [(case, one) for case, one in told if one.result.outcome is Outcome.HIT]
    classified = [(case, one) for case, one in found if one.classification]
    false_positives = [one for _, one in lesions if one.result.outcome is Outcome.FALSE_POSITIVE]

    def share(group: Sequence[Owned], right: Callable[[Verdict], bool]) -> Share | None:
        patients = [case for case, _ in group]
        return share_over_patients([right(one) for _, one in group], patients, settings.confidence, settings.seed)

    return ClassSummary(
        cases=len(compared),
        true=len(told),
        found=len(found),
        classified=len(classified),
        untold=sum(one.result.true is not None for _, one in lesions) - len(told),
        six=share(classified, lambda one: one.is_right),
        five=share(classified, lambda one: one.is_right_category),
        sure=share([item for item in classified if not _is_unsure(item[1])], lambda one: one.is_right),
        unsure=share([item for item in classified if _is_unsure(item[1])], lambda one: one.is_right),
        of_all=share(told, lambda one: one.is_right),
        sensitivity=share([item for item in classified if _is_malignant(item[1])], _called_malignant),
        specificity=share(
            [item for item in classified if not _is_malignant(item[1])], lambda one: not _called_malignant(one)
        ),
        malignant_of_all=share([item for item in told if _is_malignant(item[1])], _called_malignant),
        auc=_auc(classified, settings),
        confusion=_confusion([one for _, one in told]),
        false_positives=_called(false_positives),
        by_type=_by_type([one for _, one in told]),
    )


def _is_unsure(verdict: Verdict) -> bool:
    return verdict.classification is not None and verdict.classification.is_unsure


def _is_malignant(verdict: Verdict) -> bool:
    return verdict.true_class is not None and verdict.true_class.is_malignant


def _called_malignant(verdict: Verdict) -> bool:
    return verdict.classification is not None and verdict.classification.is_malignant


def _auc(classified: Sequence[Owned], settings: EvaluationSettings) -> Estimate | None:
    malignant = np.array([_is_malignant(one) for _, one in classified], dtype=bool)
    scores = np.array([one.classification.malignancy for _, one in classified if one.classification])

    def area(rows: npt.NDArray[np.int64]) -> float:
        truth = malignant[rows]
        return np.nan if truth.all() or not truth.any() else roc_curve(truth, scores[rows]).auc

    return over_patients(area, [case for case, _ in classified], settings.confidence, settings.seed)


def _called(verdicts: Iterable[Verdict]) -> dict[str, int]:
    counts = dict.fromkeys((*(one.value for one in LesionClass), NOT_CLASSIFIED), 0)
    for verdict in verdicts:
        counts[verdict.classification.label.value if verdict.classification else NOT_CLASSIFIED] += 1
    return counts


def _confusion(told: Sequence[Verdict]) -> dict[str, dict[str, int]]:
    table = {}
    for true in LesionClass:
        group = [one for one in told if one.true_class is true]
        found = [one for one in group if one.result.outcome is Outcome.HIT]
        if group:
            table[true.value] = {**_called(found), NOT_FOUND: len(group) - len(found)}
    return table


def _by_type(told: Sequence[Verdict]) -> dict[str, KindCounts]:
    groups = {kind: [one for one in told if one.kind == kind] for kind in KINDS}
    return {
        kind: KindCounts(
            true=len(group),
            found=sum(one.result.outcome is Outcome.HIT for one in group),
            right=sum(one.is_right for one in group),
            unsure=sum(map(_is_unsure, group)),
        )
        for kind, group in groups.items()
        if group
    }
