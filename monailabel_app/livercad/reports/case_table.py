"""The rows of cases.csv; `livercad.reports.tables` explains the columns."""

from __future__ import annotations

from livercad.core.enhancement import taking_order
from livercad.core.findings import Findings
from livercad.core.phases import Phase
from livercad.reports.cases import CaseRow
from livercad.reports.cells import Cell, joined, rounded
from livercad.reports.words import Verdict

VERDICTS = (Verdict.MALIGNANT, Verdict.BENIGN, Verdict.UNSURE)
REGISTERED = {
    "registration_method": None,
    "liver_overlap_before": 4,
    "liver_overlap_after": 4,
    "similarity_before": 4,
    "similarity_after": 4,
    "median_shift_mm": 2,
    "largest_shift_mm": 2,
}
"""What is written of every phase's registration, as `Registration` names it, and its decimals; None for words."""

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
    "phases_read",
    "phases_unsure",
    "classes",
    *(f"{verdict}_count" for verdict in VERDICTS),
    *(f"{phase}_{quantity}" for phase in Phase for quantity in REGISTERED),
    "registration_poor",
)
"""Columns of cases.csv, in order."""


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
    cells["analysis_s"] = None if row.seconds is None else rounded(row.seconds, 2)
    if row.findings is None:
        return cells
    findings, reference, liver = row.findings, row.findings.reference, row.findings.liver
    largest = row.largest_diameter_mm
    cells |= {
        "reference_phase": reference.phase,
        "reference_source": reference.source,
        **{f"spacing_{axis}_mm": rounded(mm, 4) for axis, mm in zip("ijk", reference.spacing_mm, strict=True)},
        "liver_volume_ml": rounded(liver.volume_ml, 2),
        "liver_mean_hu": rounded(liver.mean_hu, 2),
        "liver_sd_hu": rounded(liver.sd_hu, 2),
        "liver_is_cut": str(liver.is_cut).lower(),
        "lesion_count": len(findings.lesions),
        "lesion_volume_ml": rounded(row.lesion_volume_ml, 4),
        "largest_diameter_mm": None if largest is None else rounded(largest, 2),
        "warnings": "; ".join(warning.code for warning in findings.warnings),
        "models": "; ".join(f"{model.name} {model.version}" for model in findings.models),
        "livercad_version": findings.livercad_version,
    }
    return cells | _phase_cells(findings) | _class_cells(row)


def _phase_cells(findings: Findings) -> dict[str, Cell]:
    reads = taking_order(findings.phases)
    cells: dict[str, Cell] = {
        "phases_read": joined(read.phase or "unknown" for read in reads),
        "phases_unsure": joined(read.phase or "unknown" for read in reads if read.is_unsure),
        "registration_poor": joined(
            read.phase or "unknown" for read in reads if read.registration and read.registration.is_poor
        ),
    }
    for read in reads:
        if read.phase and read.registration:
            for quantity, digits in REGISTERED.items():
                value = getattr(read.registration, quantity.removeprefix("registration_"))
                cells[f"{read.phase}_{quantity}"] = value if digits is None else rounded(value, digits)
    return cells


def _class_cells(row: CaseRow) -> dict[str, Cell]:
    if not row.verdicts:
        return {}
    counts: dict[str, Cell] = {f"{verdict}_count": row.verdicts.get(verdict, 0) for verdict in VERDICTS}
    return counts | {"classes": joined(f"{name} {count}" for name, count in row.classes.items())}
