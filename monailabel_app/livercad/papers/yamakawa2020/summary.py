"""From answers to every number, with bootstrap intervals over patients (sections 2.6 and 3.1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

from livercad.evaluation.intervals import FEWEST_FOR_BOOTSTRAP, Estimate, over_patients
from livercad.evaluation.roc import roc_curve
from livercad.papers.intervals import Interval
from livercad.papers.yamakawa2020.answers import Answers, Correct, case_groups, case_labels
from livercad.papers.yamakawa2020.results import Best, Differences, Overlap, Scores

CONFIDENCE, SEED = 0.95, 2020

Rows = npt.NDArray[np.int64]
Measure = Callable[[Rows], float]


def scores_of(answers: Answers, reference: Answers, centred: Answers | None = None) -> Scores:
    """Score what networks say.

    Parameters
    ----------
    answers : Answers
        Theirs.
    reference : Answers
        Those of the D/L that others are compared with, of the same images.
    centred : Answers, optional
        Those of the same D/L with the tumour in the middle: so that a shift is not taken for a scale.

    Returns
    -------
    Scores
        All numbers.
    """
    dataset = answers.dataset
    labels, people, whose = case_labels(dataset), case_groups(dataset), [str(group) for group in dataset.groups]
    right, images = answers.correct_cases.astype(float), answers.correct_images.astype(float)
    less = differences_of(answers, reference)
    called, classes = answers.of_cases.argmax(axis=1), range(len(dataset.classes))
    return Scores(
        title=answers.title,
        ratio=answers.ratio,
        down=answers.down,
        cases=interval_of(mean_of(right), people),
        images=interval_of(mean_of(images), whose),
        by_class={
            name: interval_of(mean_of(right[labels == n]), [people[case] for case in np.flatnonzero(labels == n)])
            for n, name in enumerate(dataset.classes)
        },
        auc=_auc(answers, labels, people),
        confusion=[[int(((labels == true) & (called == name)).sum()) for name in classes] for true in classes],
        difference=less.cases,
        image_difference=less.images,
        auc_difference=less.auc,
        off_the_middle=None if centred is None else differences_of(answers, centred),
        dice=dice(answers.correct_cases, reference.correct_cases),
        seconds=round(answers.seconds, 1),
        parameters=answers.parameters,
    )


def differences_of(answers: Answers, others: Answers) -> Differences:
    """Compare answers with others of the same cases and images, pair by pair.

    Parameters
    ----------
    answers, others : Answers
        Of the same dataset.

    Returns
    -------
    Differences
        The first less the second.
    """
    dataset = answers.dataset
    people = case_groups(dataset)
    cases = answers.correct_cases.astype(float) - others.correct_cases.astype(float)
    images = answers.correct_images.astype(float) - others.correct_images.astype(float)
    return Differences(
        cases=interval_of(mean_of(cases), people),
        images=interval_of(mean_of(images), [str(group) for group in dataset.groups]),
        auc=_auc_difference(answers, others, case_labels(dataset), people),
    )


def dice(first: Correct, second: Correct) -> float:
    """Dice coefficient of two sets, of which each array tells who is in; 1 where both are empty."""
    together = int(first.sum() + second.sum())
    return 2 * int((first & second).sum()) / together if together else 1.0


def best_ratio(ratios: Sequence[float], correct: Sequence[Correct], people: Sequence[str]) -> Best:
    """Find the ratio with the highest accuracy, and how far chance moves it.

    Parameters
    ----------
    ratios : sequence of float
        Those that were tried.
    correct : sequence of ndarray of bool, shape (n,)
        What is called rightly at each.
    people : sequence of str
        Whose case or image each is.

    Returns
    -------
    Best
        With the interval of the best ratio when patients are drawn again: from the smallest to the largest of equally
        good ones.
    """
    table = np.stack(correct).astype(float)
    tried = np.array(ratios)

    def equals(rows: Rows) -> npt.NDArray[np.float64]:
        hits = table[:, rows].sum(axis=1)
        return tried[hits == hits.max()]

    found = equals(np.arange(table.shape[1]))
    low: float | None = None
    high: float | None = None
    if len(set(people)) >= FEWEST_FOR_BOOTSTRAP:
        smallest = interval_of(lambda rows: float(equals(rows).min()), people)
        largest = interval_of(lambda rows: float(equals(rows).max()), people)
        # Draws that are all alike have no interval, but the ratio that they are alike in.
        low = smallest.value if smallest.low is None else smallest.low
        high = largest.value if largest.high is None else largest.high
    return Best(ratios=found.tolist(), accuracy=float(table[tried == found[0]].mean()), low=low, high=high)


def overlap_of(
    ratios: Sequence[float], correct: Sequence[Correct], reference: Correct, people: Sequence[str]
) -> Overlap:
    """Count which cases are correct at which ratios (Figure 10).

    Parameters
    ----------
    ratios : sequence of float
        Of the sets.
    correct : sequence of ndarray of bool, shape (cases,)
        The sets.
    reference : ndarray of bool, shape (cases,)
        The correct cases that the union is compared with.
    people : sequence of str
        Whose each case is.

    Returns
    -------
    Overlap
        A number for each way to be in some sets and not in the others.
    """
    table = np.stack(correct)
    regions = {}
    for size in range(len(ratios) + 1):
        for members in combinations(range(len(ratios)), size):
            inside = np.isin(np.arange(len(ratios)), members)
            regions["+".join(f"{ratios[n]:g}" for n in members)] = int((table == inside[:, None]).all(axis=0).sum())
    union = table.any(axis=0).astype(float)
    return Overlap(
        ratios=list(ratios),
        regions=regions,
        union=interval_of(mean_of(union), people),
        gain=interval_of(mean_of(union - reference), people),
    )


def mean_of(values: npt.NDArray[np.float64]) -> Measure:
    """A measure that is the mean of some rows."""
    return lambda rows: float(values[rows].mean())


def interval_of(measure: Measure, people: Sequence[str]) -> Interval:
    """A measure that all together define, with its interval."""
    estimate = over_patients(measure, people, CONFIDENCE, SEED)
    assert estimate is not None  # the mean of one case or more
    return _told(estimate)


def _auc(answers: Answers, labels: npt.NDArray[np.intp], people: Sequence[str]) -> Interval | None:
    positive = answers.dataset.positive
    return None if positive is None else interval_of(_area(labels == positive, answers.of_cases[:, positive]), people)


def _auc_difference(
    answers: Answers, reference: Answers, labels: npt.NDArray[np.intp], people: Sequence[str]
) -> Interval | None:
    positive = answers.dataset.positive
    if positive is None:
        return None
    ours, theirs = (_area(labels == positive, each.of_cases[:, positive]) for each in (answers, reference))
    return interval_of(lambda rows: ours(rows) - theirs(rows), people)


def _area(truth: Correct, scores: npt.NDArray[np.float64]) -> Measure:
    def area(rows: Rows) -> float:
        own = truth[rows]
        return np.nan if own.all() or not own.any() else roc_curve(own, scores[rows]).auc

    return area


def _told(estimate: Estimate) -> Interval:
    return Interval(value=estimate.value, low=estimate.low, high=estimate.high, n=estimate.n)
