"""All folds' answers put together: every image tested once, cases by the mean over their images (section 2.6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from livercad.papers.yamakawa2020.accuracy import case_probabilities
from livercad.papers.yamakawa2020.dataset import Dataset, Index
from livercad.papers.yamakawa2020.plan import Plan, Training

Correct = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Answers:
    """What networks say of all images, each by the network that has not seen its case.

    Parameters
    ----------
    dataset : Dataset
        The images.
    probabilities : ndarray, shape (images, classes)
        Of each.
    title : str
        For people.
    ratio : float or None
        D/L; None where several are seen together.
    down : float
        How far the region's middle lies below the tumour's.
    seconds : float
        Of the trainings.
    parameters : int
        Of one fold's network or networks.
    """

    dataset: Dataset
    probabilities: npt.NDArray[np.float64]
    title: str
    ratio: float | None = None
    down: float = 0.0
    seconds: float = 0.0
    parameters: int = 0

    @cached_property
    def of_cases(self) -> npt.NDArray[np.float64]:
        """Mean probabilities of each case, shape (cases, classes)."""
        return case_probabilities(self.probabilities, self.dataset.cases)[1]

    @cached_property
    def correct_cases(self) -> Correct:
        """Which cases are called rightly, shape (cases,)."""
        return np.asarray(self.of_cases.argmax(axis=1) == case_labels(self.dataset))

    @cached_property
    def correct_images(self) -> Correct:
        """Which images are called rightly, shape (images,)."""
        return np.asarray(self.probabilities.argmax(axis=1) == self.dataset.labels)


def case_labels(dataset: Dataset) -> Index:
    """Class of each case, shape (cases,)."""
    return np.asarray(dataset.labels[dataset.first_of_cases()])


def case_groups(dataset: Dataset) -> list[str]:
    """Group of each case, as a name: patients are drawn with all that is theirs."""
    return [str(group) for group in dataset.groups[dataset.first_of_cases()]]


def pooled(
    dataset: Dataset,
    trainings: Sequence[tuple[Plan, Training]],
    title: str,
    ratio: float | None = None,
    down: float = 0.0,
) -> Answers:
    """Put the folds of one network together.

    Parameters
    ----------
    dataset : Dataset
        The images.
    trainings : sequence of (Plan, Training)
        One a fold; their tests have every image once.
    title : str
        For people.
    ratio : float, optional
        D/L.
    down : float
        Of the region.

    Returns
    -------
    Answers
        Of all images.

    Raises
    ------
    ValueError
        If an image is tested by none of them.
    """
    probabilities = np.full((len(dataset.images), len(dataset.classes)), np.nan)
    for plan, training in trainings:
        probabilities[list(plan.sides[2])] = training.probabilities
    if np.isnan(probabilities).any():
        raise ValueError(f"{title}: no fold tests {int(np.isnan(probabilities).any(axis=1).sum())} of the images.")
    seconds = sum(training.seconds for _, training in trainings)
    return Answers(dataset, probabilities, title, ratio, down, seconds, trainings[0][1].parameters)


def averaged(each: Sequence[Answers], title: str) -> Answers:
    """Average the answers of several networks, image by image: "multiple CNNs … at different scales" (section 3.2).

    Parameters
    ----------
    each : sequence of Answers
        Of the same images.
    title : str
        For people.

    Returns
    -------
    Answers
        Their mean probabilities; it costs what all of them cost.
    """
    return Answers(
        each[0].dataset,
        np.mean([answers.probabilities for answers in each], axis=0),
        title,
        seconds=sum(answers.seconds for answers in each),
        parameters=sum(answers.parameters for answers in each),
    )


def averages(sweep: Mapping[float, Answers], scales: Sequence[float]) -> list[Answers]:
    """Average the networks at some ratios, and those at all where these are others.

    Parameters
    ----------
    sweep : mapping of float to Answers
        By ratio.
    scales : sequence of float
        Some of the ratios.

    Returns
    -------
    list of Answers
        One or two.
    """
    told = ", ".join(f"{ratio:g}" for ratio in scales)
    found = [averaged([sweep[ratio] for ratio in scales], f"average of the networks at {told}")]
    if sorted(scales) != sorted(sweep):
        found.append(averaged(list(sweep.values()), f"average of all {len(sweep)} networks"))
    return found
