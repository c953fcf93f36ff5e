"""Average precision at several IoU thresholds, by COCO's rules as MONAI has them, with intervals over patients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from livercad.evaluation.boxes.draws import Patients, Weights
from livercad.evaluation.boxes.hits import arrays_of
from livercad.evaluation.boxes.model import ImageBoxes
from livercad.evaluation.boxes.overlaps import iou
from livercad.evaluation.boxes.settings import DetectionSettings
from livercad.evaluation.intervals import FEWEST_FOR_BOOTSTRAP, Estimate, of_draws

RECALLS = np.linspace(0.0, 1.0, 101)
"""Recalls that COCO's average precision takes the mean at."""

Matches = list[dict[int, dict[str, npt.NDArray[Any]]]]


@dataclass(frozen=True)
class AveragePrecision:
    """Average precision, lesions of all kinds taken as one class.

    Parameters
    ----------
    at : dict of float to Estimate
        By IoU threshold, in [0, 1], with its bootstrap interval over patients.
    mean : Estimate
        Mean over these thresholds.
    """

    at: dict[float, Estimate]
    mean: Estimate


def average_precision(images: Sequence[ImageBoxes], settings: DetectionSettings | None = None) -> AveragePrecision:
    """Score a detector by COCO's average precision: precision at 101 recalls, its mean.

    The values are those of MONAI's `COCOMetric` over all boxes; a further box on a lesion is a false positive here.
    The criterion is always IoU, whatever FROC counts as a hit.

    Parameters
    ----------
    images : sequence of ImageBoxes
        All that were looked at, also those without lesions.
    settings : DetectionSettings, optional
        The defaults if not given; `ap_ious`, `confidence` and `seed` matter.

    Returns
    -------
    AveragePrecision
        One value a threshold.

    Raises
    ------
    ValueError
        If there is no lesion at all.
    """
    settings = settings or DetectionSettings()
    lesions = sum(len(image.true) for image in images)
    if not lesions:
        raise ValueError("Average precision needs at least one true lesion.")
    matches = _matches(images, settings.ap_ious)
    values = _by_monai(matches, settings.ap_ious)
    patients = Patients.of(images)
    drawn = None
    if patients.count >= FEWEST_FOR_BOOTSTRAP:
        drawn = _by_draws(images, matches, patients, patients.drawn(settings.seed), len(settings.ap_ious))
    at = {
        threshold: of_draws(value, None if drawn is None else drawn[:, column], lesions, settings.confidence)
        for column, (threshold, value) in enumerate(zip(settings.ap_ious, values, strict=True))
    }
    mean = of_draws(float(np.mean(values)), None if drawn is None else drawn.mean(axis=1), lesions, settings.confidence)
    return AveragePrecision(at, mean)


def _matches(images: Sequence[ImageBoxes], thresholds: Sequence[float]) -> Matches:
    """MONAI's matching of every image, all labels taken as class 0."""
    from monai.apps.detection.metrics.matching import matching_batch

    arrays = [arrays_of(image) for image in images]
    return matching_batch(
        iou_fn=iou,
        iou_thresholds=thresholds,
        pred_boxes=[detected for detected, _ in arrays],
        pred_classes=[np.zeros(len(detected), dtype=np.int64) for detected, _ in arrays],
        pred_scores=[np.array([box.score for box in image.detected]) for image in images],
        gt_boxes=[true for _, true in arrays],
        gt_classes=[np.zeros(len(true), dtype=np.int64) for _, true in arrays],
        max_detections=_most_boxes(images),
    )


def _most_boxes(images: Sequence[ImageBoxes]) -> int:
    """COCO takes the surest 100 boxes of an image; nothing is left out here."""
    return max(1, *(len(image.detected) for image in images)) if images else 1


def _by_monai(matches: Matches, thresholds: Sequence[float]) -> list[float]:
    from monai.apps.detection.metrics.coco import COCOMetric

    most = max([1, *(len(image[0]["dtScores"]) for image in matches if 0 in image)])
    first = thresholds[0]
    metric = COCOMetric(
        ["lesion"], thresholds, (first, first, 1.0), max_detection=(most,), per_class=False, verbose=False
    )
    results, _ = metric(matches)
    return [results[f"AP_IoU_{threshold:.2f}_MaxDet_{most}"] for threshold in thresholds]


def _by_draws(
    images: Sequence[ImageBoxes], matches: Matches, patients: Patients, draws: Weights, thresholds: int
) -> npt.NDArray[np.float64]:
    """The same of drawn patients, shape (draws, thresholds); NaN where a draw has no lesion.

    A patient drawn twice weighs twice: with the envelope of the precision that is what two copies of him come to.
    """
    indices = [index for index, image in enumerate(matches) if 0 in image]
    whose = np.concatenate([np.full(len(matches[i][0]["dtScores"]), patients.of_image[i]) for i in indices])
    scores = np.concatenate([matches[i][0]["dtScores"] for i in indices])
    order = np.argsort(-scores, kind="mergesort")
    whose = whose[order].astype(np.int64)
    hits = np.concatenate([matches[i][0]["dtMatches"] for i in indices], axis=1)[:, order] > 0
    lesions = np.bincount(patients.of_image, [len(image.true) for image in images], patients.count)
    values = np.full((len(draws), thresholds), np.nan)
    for row, draw in enumerate(draws):
        if not draw @ lesions:
            continue
        taken = np.cumsum(draw[whose])
        for column in range(thresholds):
            at = np.flatnonzero(hits[column])
            values[row, column] = _area(np.cumsum(draw[whose[at]]), taken[at], draw @ lesions)
    return values


def _area(hits: npt.NDArray[np.float64], taken: npt.NDArray[np.float64], lesions: float) -> float:
    """COCO's average precision, of hits and all boxes taken up to each hit: false positives only lower precision."""
    precision = np.divide(hits, taken, out=np.zeros_like(hits), where=taken > 0)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    # Single precision, as MONAI's: whether a recall of 0.7 reaches the step at 0.7 hangs on it.
    recall = hits.astype(np.float32) / np.float32(lesions)
    return float(np.append(envelope, 0.0)[np.searchsorted(recall, RECALLS, side="left")].mean())
