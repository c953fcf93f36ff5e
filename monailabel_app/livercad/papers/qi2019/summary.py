"""From the networks' probabilities to every number, with bootstrap intervals over patients."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from livercad.evaluation.intervals import FEWEST_FOR_BOOTSTRAP, of_draws
from livercad.evaluation.roc import roc_curve
from livercad.papers.qi2019.criteria import Counts, Floats, area, draws_of
from livercad.papers.qi2019.data import Data
from livercad.papers.qi2019.jobs import Rows, Training
from livercad.papers.qi2019.methods import Method, Question
from livercad.papers.qi2019.results import (
    ConfusionCounts,
    CriteriaResult,
    Interval,
    Leak,
    SideCounts,
    SplitResult,
    TrainingResult,
)
from livercad.papers.qi2019.splits import Side, Sides, Split, rows_of, shared_share

CONFIDENCE, SEED = 0.95, 2019
LEAKING = ("f_beta", "accuracy", "auc")
"""Measures of which the page tells what leaks."""

Measure = Callable[[Floats], Floats]
Trained = Sequence[tuple[Method, Training]]


def split_result(data: Data, sides: Sides, trainings: Trained, beta: float) -> SplitResult:
    """Sum up one way to divide the images.

    Parameters
    ----------
    data : Data
        All images.
    sides : tuple of Side
        Of each.
    trainings : sequence of (Method, Training)
        All that were done on them.
    beta : float
        Of the F-β score.

    Returns
    -------
    SplitResult
        All its numbers.
    """
    criteria: dict[Question, dict[Method, dict[Side, CriteriaResult]]] = {question: {} for question in Question}
    for _, training in trainings:
        for method, told in training.probabilities.items():
            for question, probabilities in told.items():
                of_row = dict(zip(training.rows, probabilities, strict=True))
                criteria[question][method] = {
                    side: criteria_of(data, question, rows_of(sides, side), of_row, beta)
                    for side in (Side.VALIDATION, Side.TEST)
                }
    ordered = {question: {method: each[method] for method in Method} for question, each in criteria.items()}
    return SplitResult(
        shared=shared_share(sides, data.groups),
        sides={side: _side(data, rows_of(sides, side)) for side in Side},
        criteria=ordered,
        trainings=training_results(trainings),
    )


def training_results(trainings: Trained) -> list[TrainingResult]:
    """What the page tells of trainings."""
    return [
        TrainingResult(
            method=method,
            parameters=training.parameters,
            images=training.images,
            seconds=training.seconds,
            best_epoch=training.best_epoch,
            curves=training.curves,
        )
        for method, training in trainings
    ]


def criteria_of(
    data: Data, question: Question, rows: Rows, probabilities: Mapping[int, float], beta: float
) -> CriteriaResult:
    """Equation 6 of some images.

    Parameters
    ----------
    data : Data
        All images.
    question : Question
        What was asked.
    rows : ndarray of int
        Which images; some with yes, some with no.
    probabilities : mapping of int to float
        Of yes, by row.
    beta : float
        Of the F-β score.

    Returns
    -------
    CriteriaResult
        With intervals.
    """
    truth, told = data.answers[question][rows], np.array([probabilities[row] for row in rows.tolist()])
    measures = measures_of(truth, told, beta)
    draws = draws_of([data.groups[row] for row in rows.tolist()], SEED)
    patients = len({data.groups[row] for row in rows.tolist()})
    intervals = {name: _interval(measure, draws, patients) for name, measure in measures.items()}
    counts = Counts.of(truth, told, np.ones(len(rows)))
    curve = roc_curve(truth == 1, told)
    return CriteriaResult(
        **{name: interval for name, interval in intervals.items() if name == "precision" or interval},
        confusion=ConfusionCounts(tp=int(counts.tp), fp=int(counts.fp), fn=int(counts.fn), tn=int(counts.tn)),
        false_positive_rate=[round(value, 5) for value in curve.false_positive_rate],
        true_positive_rate=[round(value, 5) for value in curve.true_positive_rate],
    )


def measures_of(truth: Rows, probabilities: Floats, beta: float) -> dict[str, Measure]:
    """The criteria of some images, as functions of how often each counts: (..., n) to (...)."""

    def counted(name: str) -> Measure:
        return lambda weights: getattr(Counts.of(truth, probabilities, weights), name)

    return {
        "f_beta": lambda weights: Counts.of(truth, probabilities, weights).f_beta(beta),
        **{name: counted(name) for name in ("accuracy", "sensitivity", "specificity", "precision")},
        "auc": lambda weights: area(truth, probabilities, weights),
    }


def leaks_of(
    data: Data,
    sides: Mapping[Split, Sides],
    trainings: Mapping[Split, Training],
    results: Mapping[Split, SplitResult],
    beta: float,
) -> list[Leak]:
    """What the split by image makes of the same protocol, beside the split by patient.

    Parameters
    ----------
    data : Data
        All images.
    sides : mapping of Split to tuple of Side
        Both ways to divide them.
    trainings : mapping of Split to Training
        Those with region enhancement.
    results : mapping of Split to SplitResult
        What each way came to: the numbers that are compared, with their intervals.
    beta : float
        Of the F-β score.

    Returns
    -------
    list of Leak
        A question's measures after the other's.
    """
    leaks = []
    for question in Question:
        drawn: dict[Split, dict[str, Floats]] = {}
        patients: list[int] = []
        for number, split in enumerate(Split):
            rows = rows_of(sides[split], Side.TEST)
            of_row = dict(zip(trainings[split].rows, trainings[split].probabilities[Method.REM][question], strict=True))
            told = np.array([of_row[row] for row in rows.tolist()])
            groups = [data.groups[row] for row in rows.tolist()]
            draws = draws_of(groups, SEED + number)  # of each test by itself: they are not of the same images
            measures = measures_of(data.answers[question][rows], told, beta)
            drawn[split] = {name: measures[name](draws) for name in LEAKING}
            patients.append(len(set(groups)))
        for name in LEAKING:
            image, patient = (
                _known(getattr(results[split].criteria[question][Method.REM][Side.TEST], name))
                for split in (Split.IMAGE, Split.PATIENT)
            )
            apart = drawn[Split.IMAGE][name] - drawn[Split.PATIENT][name]
            difference = interval_of(image.value - patient.value, apart, image.n + patient.n, min(patients))
            leaks.append(
                Leak(
                    question=question,
                    measure=name,
                    by_image=image,
                    by_patient=patient,
                    difference=_known(difference),
                )
            )
    return leaks


def _interval(measure: Measure, draws: Floats, patients: int) -> Interval | None:
    return interval_of(float(measure(np.ones(draws.shape[1]))), measure(draws), draws.shape[1], patients)


def interval_of(value: float, drawn: Floats, n: int, patients: int) -> Interval | None:
    """A number with its interval.

    Parameters
    ----------
    value : float
        Of all images.
    drawn : ndarray, shape (draws,)
        Of each draw of patients.
    n, patients : int
        Images, and whose.

    Returns
    -------
    Interval or None
        None where it is not defined.
    """
    if np.isnan(value):
        return None
    estimate = of_draws(value, drawn if patients >= FEWEST_FOR_BOOTSTRAP else None, n, CONFIDENCE)
    return Interval(value=estimate.value, low=estimate.low, high=estimate.high, n=n)


def _known(interval: Interval | None) -> Interval:
    """An interval that is there: both answers occur on every side."""
    assert interval is not None
    return interval


def _side(data: Data, rows: Rows) -> SideCounts:
    return SideCounts(
        images=len(rows),
        patients=len({data.groups[row] for row in rows.tolist()}),
        positive={question: int(answers[rows].sum()) for question, answers in data.answers.items()},
    )
