"""The rows of findings.csv; `livercad.reports.tables` explains the columns."""

from __future__ import annotations

from livercad.core.enhancement import taking_order
from livercad.core.findings import Findings
from livercad.core.geometry import Point
from livercad.core.lesion import Classification, Lesion, Sign
from livercad.core.phases import Phase
from livercad.core.taxonomy import LesionClass
from livercad.reports.cells import Cell, joined, rounded

LESION_POINTS = (
    "center",
    "diameter_start",
    "diameter_end",
    "short_diameter_start",
    "short_diameter_end",
    "box_min",
    "box_max",
)

MEASURED = ("lesion_hu", "lesion_sd_hu", "liver_hu", "contrast_hu", "rim_hu", "core_hu")
"""What is written of every phase, as `PhaseMeasurement` names it."""
SIGN_STATES = {"present": True, "absent": False, "not_measurable": None}

LESION_COLUMNS = (
    "case",
    "reference_phase",
    "lesion",
    "score",
    "volume_ml",
    "diameter_mm",
    "short_diameter_mm",
    "mean_hu",
    "sd_hu",
    "liver_fraction",
    "surface_distance_mm",
    *(f"{point}_{axis}_mm" for point in LESION_POINTS for axis in "ras"),
    "class",
    "confidence",
    "malignancy",
    "unsure",
    "unsure_reason",
    *(f"probability_{name}" for name in LesionClass),
    "phases_read",
    "visible_in",
    *(f"{phase}_{quantity}" for phase in Phase for quantity in MEASURED),
    *(f"signs_{state}" for state in SIGN_STATES),
    *(f"sign_{name}_{part}" for name in Sign for part in ("value", "threshold")),
    *(f"{phase}_weight" for phase in Phase),
)
"""Columns of findings.csv, in order."""


def lesion_rows(findings: Findings) -> list[dict[str, Cell]]:
    """The rows of findings.csv for one case.

    Parameters
    ----------
    findings : Findings
        Of the case.

    Returns
    -------
    list of dict
        One a lesion, with the keys `LESION_COLUMNS`; None where the analysis has no value.
    """
    return [_lesion_row(findings, lesion) for lesion in findings.lesions]


def _lesion_row(findings: Findings, lesion: Lesion) -> dict[str, Cell]:
    row: dict[str, Cell] = dict.fromkeys(LESION_COLUMNS)
    row |= {
        "case": findings.case,
        "reference_phase": findings.reference.phase,
        "lesion": lesion.number,
        "score": rounded(lesion.score, 4),
        "volume_ml": rounded(lesion.volume_ml, 4),
        "diameter_mm": rounded(lesion.diameter_mm, 2),
        "short_diameter_mm": rounded(lesion.short_diameter_mm, 2),
        "mean_hu": rounded(lesion.mean_hu, 2),
        "sd_hu": rounded(lesion.sd_hu, 2),
        "liver_fraction": rounded(lesion.liver_fraction, 6),
        "surface_distance_mm": rounded(lesion.surface_distance_mm, 2),
    }
    points: dict[str, Point] = {
        "center": lesion.center,
        "diameter_start": lesion.diameter.start,
        "diameter_end": lesion.diameter.end,
        "short_diameter_start": lesion.short_diameter.start,
        "short_diameter_end": lesion.short_diameter.end,
        "box_min": lesion.box.minimum,
        "box_max": lesion.box.maximum,
    }
    for name in LESION_POINTS:
        for axis, value in zip("ras", points[name], strict=True):
            row[f"{name}_{axis}_mm"] = rounded(value, 2)
    row["phases_read"] = joined(read.phase or "unknown" for read in taking_order(findings.phases))
    row["visible_in"] = joined(phase for phase in Phase if phase in lesion.visible_in)
    return row | _class_cells(lesion.classification) | _enhancement_cells(lesion)


def _class_cells(found: Classification | None) -> dict[str, Cell]:
    if found is None:
        return {}
    return {
        "class": found.label,
        "confidence": rounded(found.confidence, 4),
        "malignancy": rounded(found.malignancy, 4),
        "unsure": str(found.is_unsure).lower(),
        "unsure_reason": found.reason or None,
        **{f"probability_{name}": rounded(share, 4) for name, share in found.probabilities.items()},
        **{f"{phase}_weight": rounded(share, 4) for phase, share in found.attention.items()},
    }


def _enhancement_cells(lesion: Lesion) -> dict[str, Cell]:
    cells: dict[str, Cell] = {
        f"{point.phase}_{quantity}": rounded(getattr(point, quantity), 2)
        for point in lesion.enhancement
        for quantity in MEASURED
    }
    for state, present in SIGN_STATES.items():
        cells[f"signs_{state}"] = joined(found.sign for found in lesion.signs if found.present is present)
    for found in lesion.signs:
        cells[f"sign_{found.sign}_value"] = None if found.value is None else rounded(found.value, 3)
        cells[f"sign_{found.sign}_threshold"] = None if found.threshold is None else rounded(found.threshold, 3)
    return cells
