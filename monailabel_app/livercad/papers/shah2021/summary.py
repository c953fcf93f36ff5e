"""From the networks' answers to every number, with bootstrap intervals over patients."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import reduce
from operator import add

import numpy as np
import numpy.typing as npt

from livercad.evaluation.boxes.overlaps import iou
from livercad.evaluation.intervals import Estimate, over_patients
from livercad.papers.intervals import Interval
from livercad.papers.shah2021.answers import LesionAnswer, LiverAnswer, Rectangle
from livercad.papers.shah2021.classes import CLASSES, IS_MALIGNANT, ShahClass
from livercad.papers.shah2021.metrics import Confusion
from livercad.papers.shah2021.results import LiverPart, OverlapResult, PartResult, RateResult

CONFIDENCE, SEED = 0.95, 2021
HIT_IOU = 0.5
"""Of a box that finds a marked area."""
NOTHING = -1
"""Instead of a class's index, where nothing was found."""
NOTHING_FOUND = "nothing"

Rows = npt.NDArray[np.int64]
Measure = Callable[[Rows], float]


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
        malignant=_rates(malignant(truth), malignant(called), people),
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
        name: known(interval_of(mean_of(np.array([getattr(each, name) for each in counts])), people))
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
        enough = iou(_corners(boxes), _corners(answer.true_boxes)) >= HIT_IOU
        hits += int(enough.any(axis=0).sum())
        beside += int((~enough).all(axis=1).sum())
    return hits, beside


def malignant(classes: Rows) -> npt.NDArray[np.bool_]:
    """Whether classes are malignant, of indices; where nothing was found nothing malignant was."""
    return np.array([n != NOTHING and IS_MALIGNANT[n] for n in classes], bool)


def _rates(truth: npt.NDArray[np.bool_], called: npt.NDArray[np.bool_], people: Sequence[str]) -> RateResult:
    """Equations 7 to 9 of one side against the other."""

    def rate(name: str) -> Interval | None:
        return interval_of(lambda rows: getattr(Confusion.of(called[rows], truth[rows]), name), people)

    return RateResult(accuracy=rate("accuracy"), sensitivity=rate("sensitivity"), specificity=rate("specificity"))


def _rates_of_all(truth: Rows, called: Rows, people: Sequence[str]) -> RateResult:
    def averaged(name: str) -> Measure:
        def measure(rows: Rows) -> float:
            each = [getattr(Confusion.of(called[rows] == n, truth[rows] == n), name) for n in range(len(CLASSES))]
            defined = [value for value in each if not np.isnan(value)]
            return float(np.mean(defined)) if defined else np.nan

        return measure

    return RateResult(
        accuracy=interval_of(mean_of((truth == called).astype(float)), people),
        sensitivity=interval_of(averaged("sensitivity"), people),
        specificity=interval_of(averaged("specificity"), people),
    )


def _corners(boxes: Sequence[Rectangle]) -> npt.NDArray[np.float64]:
    return np.array(boxes, dtype=np.float64).reshape(-1, 4)


def _called(classes: Rows) -> dict[str, int]:
    counts = Counter(classes.tolist())
    return {kind.value: counts[n] for n, kind in enumerate(CLASSES)} | {NOTHING_FOUND: counts[NOTHING]}


def mean_of(values: npt.NDArray[np.float64]) -> Measure:
    """Mean of what is defined."""

    def measure(rows: Rows) -> float:
        defined = values[rows][~np.isnan(values[rows])]
        return float(defined.mean()) if len(defined) else np.nan

    return measure


def interval_of(measure: Measure, people: Sequence[str]) -> Interval | None:
    """A measure with its bootstrap interval over patients; None where it is not defined."""
    estimate: Estimate | None = over_patients(measure, people, CONFIDENCE, SEED)
    return Interval(value=estimate.value, low=estimate.low, high=estimate.high, n=estimate.n) if estimate else None


def known(interval: Interval | None) -> Interval:
    """An interval that is there: overlaps of images with a marked area are defined."""
    assert interval is not None
    return interval


def class_counts(kinds: Sequence[ShahClass]) -> dict[ShahClass, int]:
    """How many there are of each class."""
    counts = Counter(kinds)
    return {kind: counts[kind] for kind in CLASSES}
