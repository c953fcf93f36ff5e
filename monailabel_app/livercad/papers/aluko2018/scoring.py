"""From a detector's answers to numbers: sensitivity, false positives, FROC, types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from livercad.evaluation.boxes.average_precision import average_precision
from livercad.evaluation.boxes.free_response import Froc, RatePoint, froc
from livercad.evaluation.boxes.hits import Mark, mark
from livercad.evaluation.boxes.model import BoxFrame, DetectedBox, ImageBoxes, TrueLesion, above, only_label
from livercad.evaluation.boxes.settings import DetectionSettings, Per
from livercad.evaluation.intervals import Estimate
from livercad.papers.aluko2018.images import Example, ImageData, Marked
from livercad.papers.aluko2018.plan import Training
from livercad.papers.aluko2018.results import (
    DetectorResult,
    FrocResult,
    Interval,
    Operating,
    Rate,
    Truth,
    TypeResult,
    TypesResult,
)
from livercad.studies.deeplesion.rows import Part

PIXELS = 512
"""Boxes are scored in pixels of a slice of this size, whatever the network's."""
HIT = 0.1
"""A prediction is right when its IoU is greater; section 5.1.2."""
HALF = 0.5
CONFIDENCE = 0.95


def detector_result(title: str, training: Training, data: ImageData, threshold: float, seed: int) -> DetectorResult:
    """Score a detector on the test images.

    Parameters
    ----------
    title : str
        Of the detector.
    training : Training
        With its answers.
    data : ImageData
        What it answered.
    threshold : float
        Score from which a box counts in the paper's two numbers.
    seed : int
        Of the bootstrap over patients.

    Returns
    -------
    DetectorResult
        Against what is annotated, and, of phantoms, against all that is there.
    """
    test = [data.examples[n] for n in data.numbers(Part.TEST)]
    answers = training.answers[Part.TEST.title]
    return DetectorResult(
        title=title,
        annotated=_against(image_boxes(test, answers), threshold, seed),
        complete=_against(image_boxes(test, answers, complete=True), threshold, seed) if data.is_complete else None,
        epochs=training.epochs,
        parameters=training.parameters,
        seconds=training.seconds,
        curves=training.curves,
    )


def types_result(title: str, training: Training, data: ImageData, threshold: float, seed: int) -> TypesResult:
    """Score a detector that tells types apart, on the test images' annotated lesions.

    Parameters
    ----------
    title, training, data, threshold, seed
        As `detector_result` takes them.

    Returns
    -------
    TypesResult
        By type.
    """
    test = [data.examples[n] for n in data.numbers(Part.TEST)]
    images = image_boxes(test, training.answers[Part.TEST.title])
    whole = detector_result(title, training, data, threshold, seed)
    at_one = next((rate.threshold for rate in whole.annotated.froc.at if rate.rate == 1.0), None)
    kinds = list(data.kinds)
    confusion = np.zeros((len(kinds), len(kinds)), dtype=int)
    for lesion in mark(above(images, at_one), _settings(HIT, seed)).lesions:
        if lesion.box and lesion.lesion.label in kinds and lesion.box.label in kinds:
            confusion[kinds.index(lesion.lesion.label), kinds.index(lesion.box.label)] += 1
    results = {}
    for row, kind in enumerate(kinds):
        own = only_label(images, kind)
        count = sum(len(image.true) for image in own)
        results[kind] = TypeResult(
            lesions=count,
            found=int(confusion[row].sum()),
            called_right=int(confusion[row, row]),
            ap=interval(average_precision(own, _settings(HIT, seed)).at[HIT]) if count else None,
        )
    return TypesResult(title=title, kinds=results, confusion=confusion.tolist(), detector=whole)


def image_boxes(
    examples: Sequence[Example], answers: Sequence[dict[str, Any]], *, complete: bool = False
) -> list[ImageBoxes]:
    """Lay a detector's answers beside the truth.

    Parameters
    ----------
    examples : sequence of Example
        The images.
    answers : sequence of dict
        Boxes in shares of the sides, labels, scores.
    complete : bool, default False
        Whether all lesions count that a slice shows, or only those annotated.

    Returns
    -------
    list of ImageBoxes
        In pixels of a slice of 512.
    """
    images = []
    for example, answer in zip(examples, answers, strict=True):
        found = zip(answer["boxes"], answer["scores"], answer["labels"], strict=True)
        images.append(
            ImageBoxes(
                example.image,
                str(example.patient),
                BoxFrame.PIXELS,
                tuple(DetectedBox(_pixels(box), score, BoxFrame.PIXELS, label) for box, score, label in found),
                tuple(
                    _true(lesion, number)
                    for number, lesion in enumerate(example.everything if complete else example.lesions, start=1)
                ),
                example.image.rpartition("_")[0],
            )
        )
    return images


def interval(estimate: Estimate) -> Interval:
    """An estimate for `results.json`."""
    low, high = (None if end is None else round(float(end), 4) for end in (estimate.low, estimate.high))
    return Interval(value=round(float(estimate.value), 4), low=low, high=high, n=estimate.n)


def _against(images: Sequence[ImageBoxes], threshold: float, seed: int) -> Truth:
    curve = _froc(images, HIT, seed)
    one = next((rate.threshold for rate in curve.at if rate.rate == 1.0), None)
    return Truth(
        operating=_operating(images, threshold, seed),
        at_one=None if one is None else _operating(images, one, seed),
        froc=curve,
        froc_half=_froc(images, HALF, seed),
    )


def _operating(images: Sequence[ImageBoxes], threshold: float, seed: int) -> Operating:
    taken = above(images, threshold)
    marked = mark(taken, _settings(HIT, seed))
    predictions = len(marked.boxes)
    hits = sum(lesion.box is not None for lesion in marked.lesions)
    false = sum(box.mark is Mark.FALSE_POSITIVE for box in marked.boxes)
    return Operating(
        threshold=round(threshold, 5),
        predictions=predictions,
        hits=hits,
        lesions=len(marked.lesions),
        false_positives=false,
        sensitivity=round(hits / len(marked.lesions), 4),
        false_share=round(false / predictions, 4) if predictions else None,
        false_per_image=round(false / len(taken), 4),
    )


def _settings(threshold: float, seed: int) -> DetectionSettings:
    return DetectionSettings(threshold=threshold, seed=seed, confidence=CONFIDENCE)


def _froc(images: Sequence[ImageBoxes], threshold: float, seed: int) -> FrocResult:
    settings = _settings(threshold, seed)
    curve: Froc = froc(images, settings, Per.IMAGE)
    precision = average_precision(images, settings)
    return FrocResult(
        iou=threshold,
        images=curve.units,
        patients=curve.patients,
        lesions=curve.lesions,
        rates=[round(rate, 4) for rate in curve.rates],
        sensitivity=[round(value, 4) for value in curve.sensitivity],
        band_rates=[round(v, 4) for v in curve.band.rates] if curve.band else [],
        band_low=[round(v, 4) for v in curve.band.low] if curve.band else [],
        band_high=[round(v, 4) for v in curve.band.high] if curve.band else [],
        at=[_rate(point) for point in curve.at],
        by_size={stratum.size: [_rate(point) for point in stratum.at] for stratum in curve.sizes[1:]},
        cpm=interval(curve.cpm),
        ap={f"{threshold:g}": interval(value) for threshold, value in precision.at.items()},
    )


def _rate(point: RatePoint) -> Rate:
    return Rate(rate=point.rate, sensitivity=interval(point.sensitivity), threshold=point.threshold)


def _pixels(box: Sequence[float]) -> tuple[float, ...]:
    return tuple(float(value) * PIXELS for value in box)


def _true(lesion: Marked, number: int) -> TrueLesion:
    return TrueLesion(_pixels(lesion.box), BoxFrame.PIXELS, lesion.diameter_mm, lesion.kind, number)
