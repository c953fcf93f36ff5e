"""Everything that is measured of a detector on one set of images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from livercad.evaluation.boxes.average_precision import AveragePrecision, average_precision
from livercad.evaluation.boxes.free_response import Froc, froc
from livercad.evaluation.boxes.hits import Marked, mark
from livercad.evaluation.boxes.model import BoxFrame, ImageBoxes, only_label
from livercad.evaluation.boxes.precision_recall import PrecisionRecall, precision_recall
from livercad.evaluation.boxes.settings import BoxCriterion, DetectionSettings, Per
from livercad.progress import Progress, silent

SHOWN_RATE = 1.0
"""False positives per image or scan at which lesions are called missed; the nearest rate asked for is taken."""


@dataclass(frozen=True)
class OfLabel:
    """How the lesions of one label are found, by boxes of that label.

    Parameters
    ----------
    label : str
        Which.
    froc : Froc
        Per the first of `DetectionScores.frocs`.
    precision : AveragePrecision
        Likewise of this label alone.
    """

    label: str
    froc: Froc
    precision: AveragePrecision


@dataclass(frozen=True)
class DetectionScores:
    """What a detector comes to.

    Parameters
    ----------
    settings : DetectionSettings
        What was asked for.
    marked : Marked
        Every box and lesion.
    frocs : tuple of Froc
        Of 2-D images per image, and per scan too where scans are told; of scans per scan.
    by_criterion : dict of str to Froc
        Under every criterion, per the first of these.
    precision : AveragePrecision
        At several IoU.
    curve : PrecisionRecall
        Precision and recall under the criterion asked for.
    labels : tuple of OfLabel
        Empty unless there are two labels or more.
    """

    settings: DetectionSettings
    marked: Marked
    frocs: tuple[Froc, ...]
    by_criterion: dict[BoxCriterion, Froc]
    precision: AveragePrecision
    curve: PrecisionRecall
    labels: tuple[OfLabel, ...]

    @property
    def working_point(self) -> tuple[float, float | None]:
        """The rate of false positives that misses are told at, and its threshold (None where no box is taken)."""
        at = min(self.frocs[0].at, key=lambda point: abs(point.rate - SHOWN_RATE))
        return at.rate, at.threshold


def score(
    images: Sequence[ImageBoxes], settings: DetectionSettings | None = None, progress: Progress = silent
) -> DetectionScores:
    """Measure a detector.

    Parameters
    ----------
    images : sequence of ImageBoxes
        All that were looked at, also those without lesions: all 2-D, or all scans.
    settings : DetectionSettings, optional
        The defaults if not given.
    progress : Progress
        Counts measures.

    Returns
    -------
    DetectionScores
        All measures.

    Raises
    ------
    ValueError
        If there is no lesion at all, or 2-D images and scans are mixed.
    """
    settings = settings or DetectionSettings()
    if len({image.frame for image in images}) > 1:
        raise ValueError("2-D images and scans cannot be evaluated together.")
    labels = labels_of(images)
    steps = iter(range(len(BoxCriterion) + 3 + len(labels)))

    def step(what: str) -> None:
        progress(next(steps), len(BoxCriterion) + 3 + len(labels), what)

    step("hits")
    marked = mark(images, settings)
    pers = pers_of(images)
    frocs = tuple(froc(images, settings, per, marked) for per in pers)
    by_criterion = {}
    for criterion in BoxCriterion:
        step(f"FROC by {criterion.value}")
        same = criterion is settings.criterion
        by_criterion[criterion] = (
            frocs[0] if same else froc(images, settings.model_copy(update={"criterion": criterion}), pers[0])
        )
    step("average precision")
    precision = average_precision(images, settings)
    of_labels = []
    for label in labels:
        step(label)
        own = only_label(images, label)
        of_labels.append(OfLabel(label, froc(own, settings, pers[0]), average_precision(own, settings)))
    step("precision and recall")
    curve = precision_recall(marked)
    return DetectionScores(settings, marked, frocs, by_criterion, precision, curve, tuple(of_labels))


def pers_of(images: Sequence[ImageBoxes]) -> tuple[Per, ...]:
    """What false positives of these images can be counted per."""
    if images[0].frame is BoxFrame.RAS:
        return (Per.SCAN,)
    return (Per.IMAGE, Per.SCAN) if all(image.scan for image in images) else (Per.IMAGE,)


def labels_of(images: Sequence[ImageBoxes]) -> tuple[str, ...]:
    """The labels of the true lesions, where there are two or more and every lesion and box has one; else none."""
    of_lesions = {lesion.label for image in images for lesion in image.true}
    of_boxes = {box.label for image in images for box in image.detected}
    return tuple(sorted(of_lesions)) if len(of_lesions) > 1 and "" not in of_lesions | of_boxes else ()
