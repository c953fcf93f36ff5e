"""The page's sections on lesion classes and on phases: what their templates show."""

from __future__ import annotations

from typing import Any

from livercad.core.class_names import CLASS_NAMES, NAMES
from livercad.core.phases import Phase
from livercad.evaluation.class_summary import NOT_CLASSIFIED, NOT_FOUND, ClassSummary
from livercad.evaluation.evaluate import Evaluation
from livercad.evaluation.outcomes import Outcome
from livercad.evaluation.phase_summary import PhaseSummary

COLUMN_NAMES = {**NAMES, NOT_CLASSIFIED: "Not classified", NOT_FOUND: "Not found"}
NO_LESION = "No lesion there"


def class_section(evaluation: Evaluation, classes: ClassSummary | None) -> dict[str, Any] | None:
    """What the template of lesion classes needs.

    Parameters
    ----------
    evaluation : Evaluation
        The cases.
    classes : ClassSummary or None
        What they come to.

    Returns
    -------
    dict or None
        None where the truth tells no types.
    """
    if classes is None:
        return None
    called = [name.value for name in CLASS_NAMES]
    somewhere = [*classes.confusion.values(), classes.false_positives]
    columns = [*called, *([NOT_CLASSIFIED] if any(row[NOT_CLASSIFIED] for row in somewhere) else []), NOT_FOUND]
    rows = [_confusion_row(true, counts, columns) for true, counts in classes.confusion.items()]
    wrong = [
        {"case": case.case, "verdict": one, "lesion": one.result.true}
        for case in evaluation.cases
        for one in case.verdicts or ()
        if one.kind and one.classification and not one.is_right
    ]
    return {
        "summary": classes,
        "measures": _measures(classes),
        "columns": [COLUMN_NAMES[column] for column in columns],
        "rows": [*rows, _confusion_row("", {**classes.false_positives, NOT_FOUND: None}, columns)],
        "by_type": [(NAMES[kind], counts) for kind, counts in classes.by_type.items()],
        "wrong": sorted(wrong, key=lambda entry: -entry["verdict"].classification.confidence),
    }


def _measures(classes: ClassSummary) -> list[tuple[str, Any]]:
    return [
        ("Six classes", classes.six),
        ("Five categories, A to E of Yasaka 2018", classes.five),
        ("Six classes, where the classifier is sure", classes.sure),
        ("Six classes, where it is unsure", classes.unsure),
        ("Malignant lesions called malignant (sensitivity)", classes.sensitivity),
        ("Benign lesions called benign (specificity)", classes.specificity),
        ("Found and called the right class, of all true lesions", classes.of_all),
        ("Found and called malignant, of all malignant lesions", classes.malignant_of_all),
    ]


def _confusion_row(true: str, counts: dict[str, Any], columns: list[str]) -> dict[str, Any]:
    """A row's cells: count, its share of the row for the shade, and what kind of answer it is."""
    total = sum(count for count in counts.values() if count)
    kinds = {true: "right", NOT_FOUND: "lost", NOT_CLASSIFIED: "lost"}
    cells = [
        {"count": counts[name], "share": counts[name] / total if counts[name] else 0, "kind": kinds.get(name, "wrong")}
        for name in columns
    ]
    return {"name": NAMES[true] if true else NO_LESION, "cells": cells, "total": total}


def phase_section(evaluation: Evaluation, phases: PhaseSummary | None) -> dict[str, Any] | None:
    """What the template of phases needs.

    Parameters
    ----------
    evaluation : Evaluation
        The cases.
    phases : PhaseSummary or None
        What they come to.

    Returns
    -------
    dict or None
        None where the truth tells no phases.
    """
    if phases is None:
        return None
    images = [image for case in evaluation.cases for image in case.images or () if image.true]
    to_look_at = [image for image in images if not image.is_right or image.is_unsure]
    return {
        "summary": phases,
        "columns": [phase.value for phase in Phase],
        "rows": [*phases.by_phase.items(), ("all", phases.total)],
        "to_look_at": sorted(to_look_at, key=lambda image: image.is_right),
    }


def class_of_not_hit(evaluation: Evaluation) -> dict[tuple[str, Outcome, int], str]:
    """What each missed lesion is and each false positive was called, by case, outcome and number."""
    names: dict[tuple[str, Outcome, int], str] = {}
    for case in evaluation.cases:
        for one in case.verdicts or ():
            lesion = one.result.true or one.result.predicted
            name = one.kind or (one.classification.label if one.classification else None)
            if lesion and name and one.result.outcome is not Outcome.HIT:
                names[case.case, one.result.outcome, lesion.number] = NAMES[name.value]
    return names
