"""From the networks' answers to every number, with bootstrap intervals over patients."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import add
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from livercad.evaluation.intervals import Estimate, over_patients, resampled
from livercad.papers.shah2021.answers import LesionAnswer, LiverAnswer, Rectangle
from livercad.papers.shah2021.classes import CLASSES, IS_MALIGNANT, ShahClass
from livercad.papers.shah2021.metrics import Confusion
from livercad.papers.shah2021.results import Interval, Leak, LiverPart, OverlapResult, PartResult, RateResult
from livercad.papers.shah2021.settings import Split

CONFIDENCE, SEED = 0.95, 2021
HIT_IOU = 0.5
"""Of a box that finds a marked area."""
NOTHING = -1
"""Instead of a class's index, where nothing was found."""
NOTHING_FOUND = "nothing"

Rows = npt.NDArray[np.int64]
Measure = Callable[[Rows], float]
Answer = TypeVar("Answer", LiverAnswer, LesionAnswer)


def liver_part(answers: Sequence[LiverAnswer]) -> LiverPart:
    """Sum up the first network on one side of a split."""
    return LiverPart(
        images=len(answers), patients=len({answer.person for answer in answers}), overlap=overlap_of(answers)
    )


def lesion_part(answers: Sequence[LesionAnswer]) -> PartResult:
    """Sum up the second network on one side of a split.

    Parameters
    ----------
    answers : sequence of LesionAnswer
        At least one.

    Returns
    -------
    PartResult
        All its numbers.
    """
    truth, called = true_classes(answers), called_classes(answers)
    people = [answer.person for answer in answers]
    hits, beside = hits_of(answers)
    return PartResult(
        images=len(answers),
        patients=len(set(people)),
        found=int((called != NOTHING).sum()),
        lesions=overlap_of(answers),
        classes=_rates_of_all(truth, called, people),
        by_class={kind: _rates(truth == n, called == n, people) for n, kind in enumerate(CLASSES)},
        malignant=_rates(_malignant(truth), _malignant(called), people),
        confusion={kind: _called(called[truth == n]) for n, kind in enumerate(CLASSES)},
        sections=sum(len(answer.true_boxes) for answer in answers),
        sections_hit=hits,
        boxes=sum(len(answer.sections) for answer in answers),
        boxes_beside=beside,
    )


def overlap_of(answers: Sequence[LiverAnswer] | Sequence[LesionAnswer]) -> OverlapResult:
    """Equations 4 to 6 of all images."""
    counts = [answer.confusion for answer in answers]
    people = [answer.person for answer in answers]
    pooled = reduce(add, counts)
    means = {
        name: _known(_interval(_mean(np.array([getattr(each, name) for each in counts])), people))
        for name in ("dice", "voe", "rvd")
    }
    return OverlapResult(**means, pooled_dice=pooled.dice, pooled_voe=pooled.voe, pooled_rvd=pooled.rvd)


def true_classes(answers: Sequence[LesionAnswer]) -> Rows:
    """Indices into `CLASSES`."""
    return np.array([CLASSES.index(answer.kind) for answer in answers])


def called_classes(answers: Sequence[LesionAnswer]) -> Rows:
    """What images were called: indices into `CLASSES`, or `NOTHING`."""
    return np.array(
        [NOTHING if answer.probabilities is None else int(np.argmax(answer.probabilities)) for answer in answers]
    )


def hits_of(answers: Sequence[LesionAnswer]) -> tuple[int, int]:
    """Marked areas hit by a box, and boxes beside all marked areas."""
    hits = beside = 0
    for answer in answers:
        boxes = [(s.rows[0], s.columns[0], s.rows[1], s.columns[1]) for s in answer.sections]
        table = np.array([[iou(box, true) for true in answer.true_boxes] for box in boxes])
        if table.size:
            hits += int((table >= HIT_IOU).any(axis=0).sum())
            beside += int((table < HIT_IOU).all(axis=1).sum())
        else:
            beside += len(boxes)
    return hits, beside


def iou(one: Rectangle, other: Rectangle) -> float:
    """Shared over united area of two rectangles."""
    height = min(one[2], other[2]) - max(one[0], other[0])
    width = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(0, height) * max(0, width)
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return shared / (areas - shared)


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
        return (_malignant(true_classes(answers)) == _malignant(called_classes(answers))).astype(float)

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
    sides = [(_mean(values(side)), [answer.person for answer in side]) for side in (image, patient)]
    estimates = [_known(_interval(*side)) for side in sides]
    drawn = [resampled(measure, people, SEED + n) for n, (measure, people) in enumerate(sides)]
    difference = estimates[0].value - estimates[1].value
    fewest = min(len(set(people)) for _, people in sides)
    low, high = np.quantile(drawn[0] - drawn[1], [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    told = fewest >= 5
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
    return _interval(_mean(differences), [one.person for one, _ in both])


def _malignant(classes: Rows) -> npt.NDArray[np.bool_]:
    """Of indices; where nothing was found nothing malignant was."""
    return np.array([n != NOTHING and IS_MALIGNANT[n] for n in classes], bool)


def _rates(truth: npt.NDArray[np.bool_], called: npt.NDArray[np.bool_], people: Sequence[str]) -> RateResult:
    """Equations 7 to 9 of one side against the other."""

    def rate(name: str) -> Interval | None:
        return _interval(lambda rows: getattr(Confusion.of(called[rows], truth[rows]), name), people)

    return RateResult(accuracy=rate("accuracy"), sensitivity=rate("sensitivity"), specificity=rate("specificity"))


def _rates_of_all(truth: Rows, called: Rows, people: Sequence[str]) -> RateResult:
    def averaged(name: str) -> Measure:
        def measure(rows: Rows) -> float:
            each = [getattr(Confusion.of(called[rows] == n, truth[rows] == n), name) for n in range(len(CLASSES))]
            known = [value for value in each if not np.isnan(value)]
            return float(np.mean(known)) if known else np.nan

        return measure

    return RateResult(
        accuracy=_interval(_mean((truth == called).astype(float)), people),
        sensitivity=_interval(averaged("sensitivity"), people),
        specificity=_interval(averaged("specificity"), people),
    )


def _called(classes: Rows) -> dict[str, int]:
    counts = Counter(classes.tolist())
    return {kind.value: counts[n] for n, kind in enumerate(CLASSES)} | {NOTHING_FOUND: counts[NOTHING]}


def _mean(values: npt.NDArray[np.float64]) -> Measure:
    """Mean of what is defined."""

    def measure(rows: Rows) -> float:
        known = values[rows][~np.isnan(values[rows])]
        return float(known.mean()) if len(known) else np.nan

    return measure


def _interval(measure: Measure, people: Sequence[str]) -> Interval | None:
    estimate: Estimate | None = over_patients(measure, people, CONFIDENCE, SEED)
    return Interval(value=estimate.value, low=estimate.low, high=estimate.high, n=estimate.n) if estimate else None


def _known(interval: Interval | None) -> Interval:
    assert interval is not None  # overlaps of images with a marked area are defined
    return interval


def class_counts(kinds: Sequence[ShahClass]) -> dict[ShahClass, int]:
    """How many there are of each class."""
    counts = Counter(kinds)
    return {kind: counts[kind] for kind in CLASSES}
