"""The table and the JSON of an evaluation of detections."""

from __future__ import annotations

import dataclasses
from importlib.metadata import version
from typing import Any

from livercad import __version__
from livercad.core.findings import DISCLAIMER
from livercad.evaluation.boxes.average_precision import AveragePrecision
from livercad.evaluation.boxes.evaluate import DetectionScores
from livercad.evaluation.boxes.free_response import UNKNOWN_SIZE, Froc
from livercad.evaluation.boxes.model import Corners, ImageBoxes
from livercad.evaluation.boxes.settings import BoxCriterion
from livercad.evaluation.boxes.told import BoxSet
from livercad.evaluation.intervals import RESAMPLES
from livercad.evaluation.sizes import band_of
from livercad.evaluation.tables import Cell

SCHEMA_VERSION = "1.0"
"""Of ``detection.json``; its first number changes when an older reader would misread a newer file."""
LIBRARIES = ("monai", "numpy")
"""Whose versions decide the numbers."""

BOX_COLUMNS = (
    "image",
    "scan",
    "patient",
    "what",
    "number",
    "outcome",
    "score",
    "of_number",
    "iou",
    "label",
    "diameter_mm",
    "size_band",
    "frame",
    "x0",
    "y0",
    "z0",
    "x1",
    "y1",
    "z1",
)
"""Of ``boxes.csv``."""


def box_rows(boxes: BoxSet, scores: DetectionScores) -> list[dict[str, Cell]]:
    """The rows of ``boxes.csv``: every true lesion, then every detected box, image by image.

    Parameters
    ----------
    boxes : BoxSet
        The images.
    scores : DetectionScores
        What was hit.

    Returns
    -------
    list of dict
        Of a true lesion: hit (with the score from which on it is) or missed. Of a detected box: hit, repeat or false
        positive. ``of_number`` is the lesion that a box hits; detected boxes are numbered as they were given, from 1.
    """
    rows: list[tuple[int, dict[str, Cell]]] = []
    for lesion in scores.marked.lesions:
        image, true, box = boxes.images[lesion.image], lesion.lesion, lesion.box
        row = _row(image, "lesion", true.number, true.corners, true.label)
        row |= {"outcome": "hit" if box else "missed", "score": box.score if box else None, "iou": lesion.iou}
        row |= {"diameter_mm": true.diameter_mm, "size_band": _band(true.diameter_mm)}
        rows.append((lesion.image, row))
    numbers: dict[int, int] = {}
    for one in scores.marked.boxes:
        numbers[one.image] = numbers.get(one.image, 0) + 1
        image, found = boxes.images[one.image], one.box
        row = _row(image, "box", numbers[one.image], found.corners, found.label)
        hit = None if one.lesion is None else scores.marked.lesions[one.lesion].lesion.number
        row |= {"outcome": one.mark.value, "score": found.score, "of_number": hit, "iou": one.iou}
        rows.append((one.image, row))
    return [row for _, row in sorted(rows, key=lambda item: item[0])]


def document(boxes: BoxSet, scores: DetectionScores) -> dict[str, Any]:
    """Everything of ``detection.json``.

    Parameters
    ----------
    boxes : BoxSet
        What was evaluated.
    scores : DetectionScores
        What it comes to.

    Returns
    -------
    dict
        Ready for JSON.
    """
    settings = scores.settings
    rate, threshold = scores.working_point
    return {
        "schema_version": SCHEMA_VERSION,
        "disclaimer": DISCLAIMER,
        "predictions": str(boxes.predictions),
        "truth": str(boxes.truth),
        "truth_is_phantom": boxes.is_phantom,
        "settings": {**settings.model_dump(mode="json"), "resamples": RESAMPLES},
        "versions": {"livercad": __version__, **{library: version(library) for library in LIBRARIES}},
        "frame": boxes.images[0].frame.value,
        "images": len(boxes.images),
        "patients_told": boxes.patients_told,
        "not_in_predictions": boxes.unmentioned,
        "left_out": [dataclasses.asdict(item) for item in boxes.left_out],
        "froc": [_froc(one) for one in scores.frocs],
        "froc_by_criterion": {
            criterion.value: {
                "threshold": None if criterion is BoxCriterion.CENTRE else settings.threshold,
                **_read(one),
            }
            for criterion, one in scores.by_criterion.items()
        },
        "average_precision": _precision(scores.precision),
        "precision_recall": dataclasses.asdict(scores.curve),
        "by_label": {one.label: {**_read(one.froc), **_precision(one.precision)} for one in scores.labels},
        "working_point": {"per": scores.frocs[0].per.value, "rate": rate, "threshold": threshold},
    }


def _row(image: ImageBoxes, what: str, number: int, corners: Corners, label: str) -> dict[str, Cell]:
    half = len(corners) // 2
    sides = {
        f"{axis}{end}": corners[axis_number + half * end]
        for end in (0, 1)
        for axis_number, axis in enumerate("xyz"[:half])
    }
    row: dict[str, Cell] = dict.fromkeys(BOX_COLUMNS)
    row |= {"image": image.name, "scan": image.scan, "patient": image.patient, "what": what, "number": number}
    return {**row, "label": label, "frame": image.frame.value, **sides}


def _band(diameter_mm: float | None) -> str:
    return UNKNOWN_SIZE if diameter_mm is None else band_of(diameter_mm).value


def _froc(froc: Froc) -> dict[str, Any]:
    curve = {"thresholds": froc.thresholds, "rates": froc.rates, "sensitivity": froc.sensitivity}
    band = dataclasses.asdict(froc.band) if froc.band else None
    return {**_read(froc), "curve": curve, "band": band, "by_size": [dataclasses.asdict(one) for one in froc.sizes]}


def _read(froc: Froc) -> dict[str, Any]:
    """What is read from a curve, without the curve."""
    return {
        "per": froc.per.value,
        "units": froc.units,
        "units_without_lesions": froc.without_lesions,
        "patients": froc.patients,
        "lesions": froc.lesions,
        "hits": froc.hits,
        "repeats": froc.repeats,
        "false_positives": froc.false_positives,
        "at": [dataclasses.asdict(point) for point in froc.at],
        "mean_sensitivity": dataclasses.asdict(froc.cpm),
    }


def _precision(precision: AveragePrecision) -> dict[str, Any]:
    at = [{"iou": threshold, **dataclasses.asdict(one)} for threshold, one in precision.at.items()]
    return {"average_precision_at": at, "mean_average_precision": dataclasses.asdict(precision.mean)}
