"""The batch's tables: ``findings.csv``, a row a lesion, and ``cases.csv``, a row a case.

Columns keep their order and their names; new ones come last. Coordinates are RAS in mm (``_r_mm`` grows to the
patient's right, ``_a_mm`` to anterior, ``_s_mm`` to superior). Numbers are plain decimals with a point; an empty cell
means that there is no value. Several values in one cell are joined with ``; ``.

findings.csv
    ``case``, ``reference_phase`` (empty if unknown), ``lesion`` (its value in ``lesions.nii.gz``), ``score`` (0 to 1),
    ``volume_ml``, ``diameter_mm`` (longest axial, RECIST 1.1), ``short_diameter_mm`` (perpendicular to it),
    ``mean_hu``, ``sd_hu`` (in the reference phase), ``liver_fraction`` (lesion over liver, 0 to 1),
    ``surface_distance_mm``, ``center_*_mm`` (centre of mass), ``diameter_start_*_mm``, ``diameter_end_*_mm``,
    ``short_diameter_start_*_mm``, ``short_diameter_end_*_mm``, ``box_min_*_mm``, ``box_max_*_mm``.
    A case without lesions has no row here.

cases.csv
    ``case``, ``status`` (``done`` or ``failed``), ``reason`` (of a failure), ``reference_phase``, ``reference_source``
    (file or series), ``spacing_i_mm``, ``spacing_j_mm``, ``spacing_k_mm``, ``liver_volume_ml`` (with lesions),
    ``liver_mean_hu``, ``liver_sd_hu`` (without lesions), ``liver_is_cut`` (``true`` or ``false``), ``lesion_count``,
    ``lesion_volume_ml`` (all lesions), ``largest_diameter_mm``, ``warnings`` (codes), ``models`` (name and version),
    ``livercad_version``, ``analysis_s`` (seconds).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from livercad.core.findings import Findings, Lesion
from livercad.core.geometry import Point
from livercad.reports.cases import CaseRow

Cell: TypeAlias = str | int | float | None


LESION_POINTS = (
    "center",
    "diameter_start",
    "diameter_end",
    "short_diameter_start",
    "short_diameter_end",
    "box_min",
    "box_max",
)

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
)
"""Columns of findings.csv, in order."""

CASE_COLUMNS = (
    "case",
    "status",
    "reason",
    "reference_phase",
    "reference_source",
    "spacing_i_mm",
    "spacing_j_mm",
    "spacing_k_mm",
    "liver_volume_ml",
    "liver_mean_hu",
    "liver_sd_hu",
    "liver_is_cut",
    "lesion_count",
    "lesion_volume_ml",
    "largest_diameter_mm",
    "warnings",
    "models",
    "livercad_version",
    "analysis_s",
)
"""Columns of cases.csv, in order."""


def lesion_rows(findings: Findings) -> list[dict[str, Cell]]:
    """The rows of findings.csv for one case.

    Parameters
    ----------
    findings : Findings
        Of the case.

    Returns
    -------
    list of dict
        One a lesion, with the keys `LESION_COLUMNS`.
    """
    return [_lesion_row(findings, lesion) for lesion in findings.lesions]


def _lesion_row(findings: Findings, lesion: Lesion) -> dict[str, Cell]:
    row: dict[str, Cell] = {
        "case": findings.case,
        "reference_phase": findings.reference.phase,
        "lesion": lesion.number,
        "score": _rounded(lesion.score, 4),
        "volume_ml": _rounded(lesion.volume_ml, 4),
        "diameter_mm": _rounded(lesion.diameter_mm, 2),
        "short_diameter_mm": _rounded(lesion.short_diameter_mm, 2),
        "mean_hu": _rounded(lesion.mean_hu, 2),
        "sd_hu": _rounded(lesion.sd_hu, 2),
        "liver_fraction": _rounded(lesion.liver_fraction, 6),
        "surface_distance_mm": _rounded(lesion.surface_distance_mm, 2),
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
            row[f"{name}_{axis}_mm"] = _rounded(value, 2)
    return row


def case_row(row: CaseRow) -> dict[str, Cell]:
    """The row of cases.csv for one case.

    Parameters
    ----------
    row : CaseRow
        The case, analysed or failed.

    Returns
    -------
    dict
        With the keys `CASE_COLUMNS`; None where a failed case has no value.
    """
    cells: dict[str, Cell] = dict.fromkeys(CASE_COLUMNS)
    cells |= {"case": row.case, "status": row.status, "reason": row.reason or None}
    cells["analysis_s"] = None if row.seconds is None else _rounded(row.seconds, 2)
    if row.findings is None:
        return cells
    findings, reference, liver = row.findings, row.findings.reference, row.findings.liver
    largest = row.largest_diameter_mm
    cells |= {
        "reference_phase": reference.phase,
        "reference_source": reference.source,
        **{f"spacing_{axis}_mm": _rounded(mm, 4) for axis, mm in zip("ijk", reference.spacing_mm, strict=True)},
        "liver_volume_ml": _rounded(liver.volume_ml, 2),
        "liver_mean_hu": _rounded(liver.mean_hu, 2),
        "liver_sd_hu": _rounded(liver.sd_hu, 2),
        "liver_is_cut": str(liver.is_cut).lower(),
        "lesion_count": len(findings.lesions),
        "lesion_volume_ml": _rounded(row.lesion_volume_ml, 4),
        "largest_diameter_mm": None if largest is None else _rounded(largest, 2),
        "warnings": "; ".join(warning.code for warning in findings.warnings),
        "models": "; ".join(f"{model.name} {model.version}" for model in findings.models),
        "livercad_version": findings.livercad_version,
    }
    return cells


def findings_csv(cases: Iterable[CaseRow]) -> str:
    """Write findings.csv.

    Parameters
    ----------
    cases : iterable of CaseRow
        Cases in the order wanted; failed ones add nothing.

    Returns
    -------
    str
        CSV text with a header line.
    """
    found = (case.findings for case in cases if case.findings is not None)
    return _csv(LESION_COLUMNS, [row for findings in found for row in lesion_rows(findings)])


def cases_csv(cases: Iterable[CaseRow]) -> str:
    """Write cases.csv.

    Parameters
    ----------
    cases : iterable of CaseRow
        Cases in the order wanted, failed ones included.

    Returns
    -------
    str
        CSV text with a header line.
    """
    return _csv(CASE_COLUMNS, [case_row(case) for case in cases])


def _csv(columns: Sequence[str], rows: Iterable[Mapping[str, Cell]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _rounded(value: float, digits: int) -> float:
    """Round; adding 0.0 turns -0.0 into 0.0."""
    return round(float(value), digits) + 0.0
