"""From answers to every number, with bootstrap intervals over patients (sections 2.6 and 3.1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

from livercad.evaluation.intervals import FEWEST_FOR_BOOTSTRAP, Estimate, over_patients
from livercad.evaluation.roc import roc_curve
from livercad.papers.yamakawa2020.answers import Answers, Correct, case_groups, case_labels
from livercad.papers.yamakawa2020.published import PaperNumbers
from livercad.papers.yamakawa2020.results import Best, Interval, Overlap, Scores
from livercad.papers.yamakawa2020.tables import signed

CONFIDENCE, SEED = 0.95, 2020
INSIDE = (0.4, 0.8)
"""Ratios between which the curve should have its best: the paper's .5 to .7, and one step to each side."""

Rows = npt.NDArray[np.int64]
Measure = Callable[[Rows], float]


def scores_of(answers: Answers, reference: Answers) -> Scores:
    """Score what networks say.

    Parameters
    ----------
    answers : Answers
        Theirs.
    reference : Answers
        Those of the D/L that others are compared with, of the same images.

    Returns
    -------
    Scores
        All numbers.
    """
    dataset = answers.dataset
    labels, people, whose = case_labels(dataset), case_groups(dataset), [str(group) for group in dataset.groups]
    right, before = answers.correct_cases.astype(float), reference.correct_cases.astype(float)
    images, images_before = answers.correct_images.astype(float), reference.correct_images.astype(float)
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
        auc_difference=_auc_difference(answers, reference, labels, people),
        confusion=[[int(((labels == true) & (called == name)).sum()) for name in classes] for true in classes],
        difference=interval_of(mean_of(right - before), people),
        image_difference=interval_of(mean_of(images - images_before), whose),
        dice=dice(answers.correct_cases, reference.correct_cases),
        seconds=round(answers.seconds, 1),
        parameters=answers.parameters,
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


def verdict_of(sweep: Sequence[Scores], best: Best, reference: float) -> str:
    """Say whether the curve has its best inside, and falls to both sides by more than chance.

    Parameters
    ----------
    sweep : sequence of Scores
        By ratio, ascending.
    best : Best
        In cases.
    reference : float
        The ratio whose differences `sweep` has.

    Returns
    -------
    str
        Some sentences.
    """
    told = _and(best.ratios)
    inside = all(INSIDE[0] <= ratio <= INSIDE[1] for ratio in best.ratios)
    words = [
        f"Accuracy in cases is highest at D/L {told} ({best.accuracy:.3f}), {'within' if inside else 'outside'} "
        f"{INSIDE[0]:g} to {INSIDE[1]:g}; the paper has it at {_and(PaperNumbers().best_cases)}."
    ]
    for end, side in ((sweep[0], "smallest"), (sweep[-1], "largest")):
        number = end.difference
        sure = number.high is not None and number.high < 0
        value, around = signed(number)
        value += f" ({around})" if around else ""
        words.append(
            f"At the {side} ratio, {end.ratio:g}, it is {value} against {reference:g}: "
            + ("lower by more than chance." if sure else "not lower by more than chance.")
        )
    return " ".join(words)


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


def _and(ratios: Sequence[float]) -> str:
    return " and ".join(f"{ratio:g}" for ratio in ratios)


def _told(estimate: Estimate) -> Interval:
    return Interval(value=estimate.value, low=estimate.low, high=estimate.high, n=estimate.n)
