"""The table cells of lesion classes and of phases."""

from __future__ import annotations

from livercad.evaluation.image_phases import ImagePhase
from livercad.evaluation.tables import Cell
from livercad.evaluation.verdicts import Verdict

CLASS_COLUMNS = (
    "type_true",
    "class_true",
    "type_found",
    "p_found",
    "malignant_true",
    "p_malignant",
    "unsure",
)
"""Further columns of ``lesions.csv``, where the truth tells the types of lesions."""
PHASE_COLUMNS = (
    "case",
    "image",
    "phase_true",
    "phase_taken",
    "how",
    "told_by",
    "looks_like",
    "p_looks_like",
    "unsure",
    "reason",
)
"""Of ``phases.csv``."""


def class_cells(verdict: Verdict) -> dict[str, Cell]:
    """The cells of `CLASS_COLUMNS`; yes and no in words, None where there is nothing to tell."""
    true, called = verdict.true_class, verdict.classification
    return {
        "type_true": verdict.kind.value if verdict.kind else None,
        "class_true": true.value if true else None,
        "type_found": called.label.value if called else None,
        "p_found": called.confidence if called else None,
        "malignant_true": _yes_no(true.is_malignant) if true else None,
        "p_malignant": called.malignancy if called else None,
        "unsure": _yes_no(called.is_unsure) if called else None,
    }


def phase_row(image: ImagePhase) -> dict[str, Cell]:
    """One row of ``phases.csv``; None where there is nothing to tell."""
    return {
        "case": image.case,
        "image": image.image,
        "phase_true": image.true.value if image.true else None,
        "phase_taken": image.taken_for.value if image.taken_for else None,
        "how": image.teller.value,
        "told_by": image.told_by or None,
        "looks_like": image.looks_like.value if image.looks_like else None,
        "p_looks_like": image.probability,
        "unsure": _yes_no(image.is_unsure),
        "reason": image.reason or None,
    }


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"
