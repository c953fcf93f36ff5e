"""Which box hits which lesion, surest first; what is decided here holds at every threshold of the score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from livercad.evaluation.boxes.model import DetectedBox, ImageBoxes, TrueLesion
from livercad.evaluation.boxes.overlaps import Boxes, centre_inside, iobb, iou
from livercad.evaluation.boxes.settings import BoxCriterion, DetectionSettings


class Mark(StrEnum):
    """What a detected box is."""

    HIT = "hit"
    REPEAT = "repeat"
    """It meets the criterion for a lesion that a surer box has hit already."""
    FALSE_POSITIVE = "false positive"


@dataclass(frozen=True)
class MarkedBox:
    """A detected box and what it is.

    Parameters
    ----------
    image : int
        Index of its image.
    box : DetectedBox
        As detected.
    mark : Mark
        What it is.
    lesion : int or None
        Index, in `Marked.lesions`, of the lesion that a hit hits.
    iou : float
        With it; of other boxes the largest with any true lesion of the image, in [0, 1].
    """

    image: int
    box: DetectedBox
    mark: Mark
    lesion: int | None
    iou: float


@dataclass(frozen=True)
class MarkedLesion:
    """A true lesion and the box that hits it.

    Parameters
    ----------
    image : int
        Index of its image.
    lesion : TrueLesion
        As it is.
    box : DetectedBox or None
        None where every threshold misses it; else it is hit from the threshold ``box.score`` downwards.
    iou : float
        With that box; of missed lesions the largest with any detected box of the image, in [0, 1].
    """

    image: int
    lesion: TrueLesion
    box: DetectedBox | None
    iou: float


@dataclass(frozen=True)
class Marked:
    """All boxes and lesions of some images.

    Parameters
    ----------
    boxes : tuple of MarkedBox
        By image, each image's in their own order.
    lesions : tuple of MarkedLesion
        Likewise.
    """

    boxes: tuple[MarkedBox, ...]
    lesions: tuple[MarkedLesion, ...]


def mark(images: Sequence[ImageBoxes], settings: DetectionSettings) -> Marked:
    """Give every box the lesion that it hits.

    In each image boxes are taken by falling score (of equal scores the one that overlaps most first). Each takes, of
    the lesions not yet hit for which it meets the criterion, the one with the largest IoU: the rule of COCO's average
    precision. So a box hits one lesion at most, a lesion has one hit at most, and lowering the threshold never changes
    what surer boxes have hit.

    Parameters
    ----------
    images : sequence of ImageBoxes
        With and without lesions.
    settings : DetectionSettings
        The criterion.

    Returns
    -------
    Marked
        Of all images.
    """
    boxes: list[MarkedBox] = []
    lesions: list[MarkedLesion] = []
    for index, image in enumerate(images):
        of_boxes, of_lesions = _mark_one(index, image, settings, len(lesions))
        boxes += of_boxes
        lesions += of_lesions
    return Marked(tuple(boxes), tuple(lesions))


def arrays_of(image: ImageBoxes) -> tuple[Boxes, Boxes]:
    """Corners of an image's boxes.

    Parameters
    ----------
    image : ImageBoxes
        An image or scan.

    Returns
    -------
    detected, true : ndarray, shape (P, 2 D) and (T, 2 D)
        Lower corner, then upper corner.
    """
    shape = (-1, 2 * image.frame.dimensions)
    return (
        np.array([box.corners for box in image.detected], dtype=np.float64).reshape(shape),
        np.array([lesion.corners for lesion in image.true], dtype=np.float64).reshape(shape),
    )


def _mark_one(
    index: int, image: ImageBoxes, settings: DetectionSettings, before: int
) -> tuple[list[MarkedBox], list[MarkedLesion]]:
    detected, true = arrays_of(image)
    overlaps = iou(detected, true)
    meets = _meets(image, detected, true, settings)
    nearest = overlaps.max(axis=1, initial=0.0)
    order = sorted(range(len(detected)), key=lambda row: (-image.detected[row].score, -nearest[row]))
    row_of: dict[int, int] = {}
    column_of: dict[int, int] = {}
    for row in order:
        free = [column for column in np.flatnonzero(meets[row]).tolist() if column not in row_of]
        if free:
            column_of[row] = max(free, key=lambda column: overlaps[row, column])
            row_of[column_of[row]] = row
    boxes = []
    for row, box in enumerate(image.detected):
        column = column_of.get(row)
        if column is None:
            kind = Mark.REPEAT if meets[row].any() else Mark.FALSE_POSITIVE
            boxes.append(MarkedBox(index, box, kind, None, float(nearest[row])))
        else:
            boxes.append(MarkedBox(index, box, Mark.HIT, before + column, float(overlaps[row, column])))
    lesions = []
    for column, lesion in enumerate(image.true):
        found = row_of.get(column)
        shared = overlaps[:, column].max(initial=0.0) if found is None else overlaps[found, column]
        lesions.append(MarkedLesion(index, lesion, None if found is None else image.detected[found], float(shared)))
    return boxes, lesions


def _meets(image: ImageBoxes, detected: Boxes, true: Boxes, settings: DetectionSettings) -> npt.NDArray[np.bool_]:
    """Whether each box meets the criterion for each lesion, shape (P, T)."""
    if settings.criterion is BoxCriterion.IOU:
        return iou(detected, true) >= settings.threshold
    if settings.criterion is BoxCriterion.IOBB:
        return iobb(detected, true) >= settings.threshold
    inside = centre_inside(detected, true)
    numbers = np.array([lesion.number for lesion in image.true])
    for row, box in enumerate(image.detected):
        if box.in_lesion is not None:
            inside[row] = (numbers == box.in_lesion) & (numbers > 0)
    return inside
