"""The tables and the JSON of an evaluation."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

from livercad import __version__
from livercad.core.findings import DISCLAIMER
from livercad.evaluation.detection import Detection
from livercad.evaluation.evaluate import CaseScores, Evaluation
from livercad.evaluation.masks import EMPTY_MASKS, METRICS, MaskScores
from livercad.evaluation.outcomes import LesionResult
from livercad.evaluation.summary import MaskSummary, Summary

SCHEMA_VERSION = "1.0"
"""Of ``summary.json``; its first number changes when an older reader would misread a newer file."""

LIBRARIES = ("monai", "torch", "scipy", "numpy", "connected-components-3d")
"""Whose versions decide the numbers."""

LESION_COLUMNS = (
    "case",
    "outcome",
    "size_band",
    "true_number",
    "true_diameter_mm",
    "true_volume_ml",
    "predicted_number",
    "predicted_diameter_mm",
    "predicted_volume_ml",
    "iou",
    "dice",
    "score",
)
"""Of ``lesions.csv``; a perfect run over lesion-free cases has no row to tell them."""

Cell = str | int | float | None


def case_row(case: CaseScores) -> dict[str, Cell]:
    """One row of ``cases.csv``.

    Parameters
    ----------
    case : CaseScores
        One case.

    Returns
    -------
    dict of str to value
        Empty (None) where there is nothing to tell: not scored, or a score that is undefined.
    """
    counts = Detection.of(case.lesion_results) if case.lesion_results is not None else None
    return {
        "case": case.case,
        **_mask_cells("liver", case.liver),
        **_mask_cells("lesions", case.lesions),
        "true_lesions": counts.hits + counts.missed if counts else None,
        "predicted_lesions": counts.hits + counts.false_positives if counts else None,
        "hits": counts.hits if counts else None,
        "missed": counts.missed if counts else None,
        "false_positives": counts.false_positives if counts else None,
    }


def lesion_row(case: str, result: LesionResult) -> dict[str, Cell]:
    """One row of ``lesions.csv``.

    Parameters
    ----------
    case : str
        Whose.
    result : LesionResult
        A true lesion or a false positive.

    Returns
    -------
    dict of str to value
        None where there is no such side.
    """
    row: dict[str, Cell] = {"case": case, "outcome": result.outcome.value, "size_band": result.band.value}
    for side, lesion in (("true", result.true), ("predicted", result.predicted)):
        row[f"{side}_number"] = lesion.number if lesion else None
        row[f"{side}_diameter_mm"] = lesion.diameter_mm if lesion else None
        row[f"{side}_volume_ml"] = lesion.volume_ml if lesion else None
    return {**row, "iou": result.iou, "dice": result.dice, "score": result.score}


def to_csv(rows: Sequence[Mapping[str, Cell]], columns: Sequence[str]) -> str:
    """Write rows as CSV.

    Parameters
    ----------
    rows : sequence of mapping
        One mapping a row; numbers are given to six digits.
    columns : sequence of str
        The header, also of an empty table.

    Returns
    -------
    str
        RFC 4180, lines ended by a line feed.
    """
    stream = io.StringIO()
    writer = csv.DictWriter(stream, columns, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({key: f"{cell:.6g}" if isinstance(cell, float) else cell for key, cell in row.items()})
    return stream.getvalue()


def summary_document(evaluation: Evaluation, summary: Summary) -> dict[str, Any]:
    """Everything of ``summary.json``.

    Parameters
    ----------
    evaluation : Evaluation
        The cases.
    summary : Summary
        What they come to.

    Returns
    -------
    dict
        Ready for JSON.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "disclaimer": DISCLAIMER,
        "results": str(evaluation.results),
        "truth": str(evaluation.truth),
        "truth_is_phantom": evaluation.truth_is_phantom,
        "settings": evaluation.settings.model_dump(mode="json"),
        "versions": {"livercad": __version__, **{library: version(library) for library in LIBRARIES}},
        "models": [dataclasses.asdict(model) for model in models_of(evaluation)],
        "cases": [case.case for case in evaluation.cases],
        "skipped": [dataclasses.asdict(item) for item in evaluation.skipped],
        "empty_masks": EMPTY_MASKS,
        "liver": _mask_document(summary.liver),
        "lesions": _mask_document(summary.lesions),
        "lesions_in_cases_with_lesions": _mask_document(summary.lesions_present),
        "detection": _detection_document(evaluation, summary),
        **({"classes": dataclasses.asdict(summary.classes)} if summary.classes else {}),
        **({"phases": dataclasses.asdict(summary.phases)} if summary.phases else {}),
    }


def models_of(evaluation: Evaluation) -> list[Any]:
    """The different models that made the results, by name and version."""
    models = {model for case in evaluation.cases for model in case.models}
    return sorted(models, key=lambda model: (model.name, model.version, model.sha256, model.runtime))


def as_json(document: Mapping[str, Any]) -> str:
    """Write JSON for people and programs: indented, without NaN."""
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _mask_cells(name: str, scores: MaskScores | None) -> dict[str, Cell]:
    cells: dict[str, Cell] = {f"{name}_{metric}": None for metric in METRICS}
    if scores:
        cells.update({f"{name}_{metric}": value for metric, value in scores.metrics().items()})
    cells[f"{name}_predicted_ml"] = scores.overlap.predicted_ml if scores else None
    cells[f"{name}_true_ml"] = scores.overlap.true_ml if scores else None
    return cells


def _mask_document(summary: MaskSummary | None) -> dict[str, Any] | None:
    if summary is None:
        return None
    pooled = summary.pooled
    return {
        "cases": summary.cases,
        "per_case": {name: dataclasses.asdict(metric) for name, metric in summary.metrics.items()},
        "pooled": {**dataclasses.asdict(pooled), "dice": pooled.dice, "voe": pooled.voe, "rvd": pooled.rvd},
    }


def _detection_document(evaluation: Evaluation, summary: Summary) -> dict[str, Any] | None:
    if summary.detection is None:
        return None
    confidence = evaluation.settings.confidence
    document = dataclasses.asdict(summary.detection)
    for size, counts in summary.detection.by_size.items():
        for rate in (counts.sensitivity, counts.precision, counts.f1):
            estimate = rate(confidence)
            document["by_size"][size][rate.__name__] = dataclasses.asdict(estimate) if estimate else None
    return document
