"""How much better the split by image makes the same protocol look: what leaks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from livercad.evaluation.intervals import FEWEST_FOR_BOOTSTRAP, resampled
from livercad.papers.intervals import Interval
from livercad.papers.shah2021.answers import LesionAnswer, LiverAnswer
from livercad.papers.shah2021.results import Leak
from livercad.papers.shah2021.settings import Split
from livercad.papers.shah2021.summary import (
    CONFIDENCE,
    SEED,
    called_classes,
    interval_of,
    known,
    malignant,
    mean_of,
    true_classes,
)

Answer = TypeVar("Answer", LiverAnswer, LesionAnswer)


def leaks_of(
    liver: Mapping[Split, Sequence[LiverAnswer]], lesions: Mapping[Split, Sequence[LesionAnswer]]
) -> list[Leak]:
    """What the split by image makes of the same protocol, beside the split by patient.

    Parameters
    ----------
    liver, lesions : mapping of Split to sequence
        Answers to the test images of each split.

    Returns
    -------
    list of Leak
        Accuracy of four classes and of malignant, Dice of lesions and of the liver.
    """

    def right(answers: Sequence[LesionAnswer]) -> npt.NDArray[np.float64]:
        return (true_classes(answers) == called_classes(answers)).astype(float)

    def right_side(answers: Sequence[LesionAnswer]) -> npt.NDArray[np.float64]:
        return (malignant(true_classes(answers)) == malignant(called_classes(answers))).astype(float)

    def dice(answers: Sequence[LiverAnswer] | Sequence[LesionAnswer]) -> npt.NDArray[np.float64]:
        return np.array([answer.confusion.dice for answer in answers])

    return [
        leak("accuracy of four classes", lesions, right),
        leak("accuracy of malignant", lesions, right_side),
        leak("Dice of lesions", lesions, dice),
        leak("Dice of the liver", liver, dice),
    ]


def leak(
    name: str, tests: Mapping[Split, Sequence[Answer]], values: Callable[[Sequence[Answer]], npt.NDArray[np.float64]]
) -> Leak:
    """Compare a mean over test images between the splits.

    Parameters
    ----------
    name : str
        Of the measure.
    tests : mapping of Split to sequence
        Answers to the test images of each split.
    values : callable
        A value for each answer.

    Returns
    -------
    Leak
        With intervals over patients.
    """
    image, patient = tests[Split.IMAGE], tests[Split.PATIENT]
    sides = [(mean_of(values(side)), [answer.person for answer in side]) for side in (image, patient)]
    estimates = [known(interval_of(*side)) for side in sides]
    drawn = [resampled(measure, people, SEED + n) for n, (measure, people) in enumerate(sides)]
    difference = estimates[0].value - estimates[1].value
    fewest = min(len(set(people)) for _, people in sides)
    low, high = np.quantile(drawn[0] - drawn[1], [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    told = fewest >= FEWEST_FOR_BOOTSTRAP
    return Leak(
        measure=name,
        by_image=estimates[0],
        by_patient=estimates[1],
        difference=Interval(
            value=difference,
            low=float(low) if told else None,
            high=float(high) if told else None,
            n=len(image) + len(patient),
        ),
        same_images=_same_images(image, patient, values),
    )


def _same_images(
    image: Sequence[Answer],
    patient: Sequence[Answer],
    values: Callable[[Sequence[Answer]], npt.NDArray[np.float64]],
) -> Interval | None:
    others = {answer.image: answer for answer in patient}
    both = [(answer, others[answer.image]) for answer in image if answer.image in others]
    if not both:
        return None
    differences = values([one for one, _ in both]) - values([other for _, other in both])
    return interval_of(mean_of(differences), [one.person for one, _ in both])
