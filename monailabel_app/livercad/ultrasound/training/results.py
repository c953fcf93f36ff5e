"""The numbers of a training: what cross-validation says, question by question."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict
from sklearn.metrics import roc_auc_score

from livercad.core.findings import DISCLAIMER
from livercad.core.ultrasound import Question
from livercad.evaluation.classes import accuracy, expected_calibration_error, macro_auc
from livercad.evaluation.intervals import over_patients
from livercad.ultrasound.pooling import Pooling

CONFIDENCE, SEED = 0.95, 0
"""Of the intervals, and of the patients that are drawn for them."""

Probabilities = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Number(_Told):
    """A number with its interval over patients, where they tell one."""

    value: float
    low: float | None
    high: float | None


class Prediction(_Told):
    """What was said of one example by the model that has not learnt from its patient."""

    image: str
    center: tuple[float, float] | None
    diameter: float | None
    fold: int
    truth: str
    probabilities: dict[str, float]


class Choice(_Told):
    """What held-out patients within those that are learnt from chose."""

    strength: float
    """Inverse, of the penalty."""
    pooling: Pooling
    """What of the maps counts."""


class QuestionResult(_Told):
    """Cross-validation of one question."""

    question: Question
    classes: dict[str, int]
    """Examples of each."""
    groups: int
    """Patients, those with near-duplicates of each other's images counted once."""
    auc: Number | None
    """Of the second class; of several, the mean over each against the others."""
    accuracy: Number
    most_frequent: float
    """Accuracy of saying the most frequent class always."""
    recall: dict[str, Number]
    """Of each class the share that is called so: of two, specificity and sensitivity."""
    calibration_error: float
    confusion: list[list[int]]
    """A row a true class, a column a called one."""
    choices: tuple[Choice, ...]
    """Of each fold, by its own training patients."""
    predictions: list[Prediction]


class Results(_Told):
    """Everything that a training came to."""

    livercad_version: str
    disclaimer: str = DISCLAIMER
    data: str
    is_phantom: bool
    """Whether the images were made, and nobody's."""
    images: int
    data_sha256: str
    """Of the grey values, circles, classes and groups of all images."""
    groups: int
    copies: int
    backbone: str
    weights: str
    """Where the backbone's weights come from, in words."""
    weights_sha256: str
    runtime: str
    seed: int
    folds: int
    questions: list[QuestionResult]
    notes: list[str]


def question_result(
    question: Question,
    classes: tuple[str, ...],
    truth: Index,
    groups: Index,
    told: Probabilities,
    choices: tuple[Choice, ...],
    predictions: list[Prediction],
) -> QuestionResult:
    """Score the answers to a question.

    Parameters
    ----------
    question : Question
        What was asked.
    classes : tuple of str
        The answers.
    truth, groups : ndarray of int, shape (n,)
        Class and group of each example.
    told : ndarray, shape (n, classes)
        Probabilities of the model that has not learnt from it.
    choices : tuple of Choice
        In each fold.
    predictions : list of Prediction
        The same, to be kept.

    Returns
    -------
    QuestionResult
        Intervals of 95 %, bootstrap over groups.
    """
    called = told.argmax(axis=1)

    def number(measure: Callable[[Index], float], rows: Index | None = None) -> Number | None:
        own = np.arange(len(truth)) if rows is None else rows
        whose = [str(group) for group in groups[own]]
        estimate = over_patients(lambda drawn: measure(own[drawn]), whose, CONFIDENCE, SEED)
        return Number(value=estimate.value, low=estimate.low, high=estimate.high) if estimate else None

    def auc(rows: Index) -> float:
        if len(np.unique(truth[rows])) < 2:
            return float("nan")
        if len(classes) == 2:
            return float(roc_auc_score(truth[rows] == 1, told[rows, 1]))
        return macro_auc(told[rows], truth[rows])

    right = number(lambda rows: accuracy(told[rows], truth[rows]))
    assert right is not None  # there are examples
    recall = {
        name: number(lambda rows: float((called[rows] == truth[rows]).mean()), np.flatnonzero(truth == n))
        for n, name in enumerate(classes)
    }
    counts = Counter(truth.tolist())
    return QuestionResult(
        question=question,
        classes={name: counts[n] for n, name in enumerate(classes)},
        groups=len(np.unique(groups)),
        auc=number(auc),
        accuracy=right,
        most_frequent=max(counts.values()) / len(truth),
        recall={name: each for name, each in recall.items() if each},
        calibration_error=float(expected_calibration_error(told, truth)),
        confusion=[
            [int(((truth == true) & (called == said)).sum()) for said in range(len(classes))]
            for true in range(len(classes))
        ],
        choices=choices,
        predictions=predictions,
    )
