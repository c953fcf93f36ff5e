"""How well questions about ultrasound images were answered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from livercad.core.ultrasound import Question
from livercad.evaluation.intervals import Estimate, Share, over_patients, share_over_patients
from livercad.evaluation.settings import EvaluationSettings


@dataclass(frozen=True)
class Answered:
    """A question, answered and with its truth.

    Parameters
    ----------
    case, patient : str
        Whose.
    image : str
        Which; empty for the mean of a case.
    question : str
        Which.
    true : str
        The class.
    probabilities : dict of str to float
        By class.
    """

    case: str
    patient: str
    image: str
    question: str
    true: str
    probabilities: dict[str, float]

    @property
    def called(self) -> str:
        """The most probable class."""
        return max(self.probabilities, key=self.probabilities.__getitem__)


@dataclass(frozen=True)
class QuestionScores:
    """How well a question was answered.

    Parameters
    ----------
    question : str
        Which.
    classes : tuple of str
        In the model's order.
    patients : int
        Of how many patients.
    accuracy : Share or None
        Of answers whose most probable class is the true one.
    auc : Estimate or None
        Area under the ROC curve, each class against the others, averaged over those that occur (of two classes it is
        one curve's); None where only one occurs.
    confusion : dict of str to dict of str to int
        Counts by true class, then by the class called.
    """

    question: str
    classes: tuple[str, ...]
    patients: int
    accuracy: Share | None
    auc: Estimate | None
    confusion: dict[str, dict[str, int]]


def score_questions(answered: Iterable[Answered], settings: EvaluationSettings) -> Iterator[QuestionScores]:
    """Score answers question by question.

    Parameters
    ----------
    answered : iterable of Answered
        Of cases, or of single lesions and images.
    settings : EvaluationSettings
        Confidence and seed of the intervals.

    Yields
    ------
    QuestionScores
        In the order of `livercad.core.ultrasound.Question`, of questions that were answered.
    """
    by_question: dict[str, list[Answered]] = {}
    for each in answered:
        by_question.setdefault(each.question, []).append(each)
    for question in (question.value for question in Question):
        own = by_question.get(question, [])
        names = tuple(dict.fromkeys(name for each in own for name in each.probabilities))
        if own:
            yield _score(question, names, own, settings)


def _score(
    question: str, names: tuple[str, ...], own: Sequence[Answered], settings: EvaluationSettings
) -> QuestionScores:
    patients = [each.patient for each in own]
    shares: npt.NDArray[Any] = np.array([[each.probabilities.get(name, 0.0) for name in names] for each in own])
    classes = np.array([names.index(each.true) for each in own])

    right = [each.called == each.true for each in own]
    counts = {true: dict.fromkeys(names, 0) for true in names}
    for each in own:
        counts[each.true][each.called] += 1
    return QuestionScores(
        question,
        names,
        len(set(patients)),
        share_over_patients(right, patients, settings.confidence, settings.seed),
        over_patients(
            lambda rows: _mean_auc(shares[rows], classes[rows]), patients, settings.confidence, settings.seed
        ),
        counts,
    )


def _mean_auc(shares: npt.NDArray[np.float64], classes: npt.NDArray[np.int64]) -> float:
    """As `livercad.evaluation.classes.macro_auc`, by ranks (Mann and Whitney's U), which a thousand draws need."""
    from scipy.stats import rankdata

    areas = []
    for number in set(classes.tolist()):
        own = classes == number
        count, others = int(own.sum()), int((~own).sum())
        if others:
            ranks = rankdata(shares[:, number])[own].sum()
            areas.append((ranks - count * (count + 1) / 2) / (count * others))
    return float(np.mean(areas)) if areas else float("nan")
