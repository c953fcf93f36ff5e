"""What an evaluation of ultrasound leaves in its folder."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from markupsafe import Markup

from livercad import __version__
from livercad.core.class_names import name_of
from livercad.core.findings import DISCLAIMER
from livercad.core.question_names import question_name
from livercad.evaluation.page import PHANTOM_NOTE, TEMPLATES, environment
from livercad.evaluation.tables import Cell, as_json, to_csv
from livercad.evaluation.ultrasound.evaluate import UltrasoundEvaluation
from livercad.evaluation.ultrasound.scores import Answered
from livercad.studies.atomic import write_text

SCHEMA_VERSION = "1.0"
"""Of ``ultrasound.json``; its first number changes when an older reader would misread a newer file."""
COLUMNS = ("case", "patient", "image", "question", "true", "called", "p_called", "p_true")
"""Of ``cases.csv``, where `image` is empty, and of ``opinions.csv``."""

OF_CASES = "of a mass the image where it is surest, else the mean over its opinions"
"""What a case's answer is (`livercad.core.ultrasound.mean_probabilities`)."""


def write_ultrasound_evaluation(evaluation: UltrasoundEvaluation, output: Path) -> None:
    """Write ``cases.csv``, ``opinions.csv``, ``ultrasound.json`` and ``index.html``.

    Parameters
    ----------
    evaluation : UltrasoundEvaluation
        What was scored.
    output : Path
        The folder; made if it is not there.
    """
    write_text(output / "cases.csv", _table(evaluation.cases))
    write_text(output / "opinions.csv", _table(evaluation.opinions))
    write_text(output / "ultrasound.json", as_json(_document(evaluation)))
    templates = environment()
    templates.filters |= {"question_name": question_name, "answer_name": name_of}
    page = templates.get_template("ultrasound.html")
    levels = (
        ("Cases", f"a case ({OF_CASES}), against the class of its lesions", evaluation.by_case),
        ("Lesions and images", "each opinion, against the class of what it is about", evaluation.by_opinion),
    )
    text = page.render(
        style=Markup((TEMPLATES / "evaluation.css").read_text(encoding="utf-8")),
        evaluation=evaluation,
        levels=levels,
        phantom_note=PHANTOM_NOTE if evaluation.truth_is_phantom else "",
        disclaimer=DISCLAIMER,
        version=__version__,
        today=date.today().isoformat(),
    )
    write_text(output / "index.html", text)


def _table(answered: Sequence[Answered]) -> str:
    rows: list[dict[str, Cell]] = [
        {
            "case": each.case,
            "patient": each.patient,
            "image": each.image,
            "question": each.question,
            "true": each.true,
            "called": each.called,
            "p_called": each.probabilities[each.called],
            "p_true": each.probabilities[each.true],
        }
        for each in answered
    ]
    return to_csv(rows, COLUMNS)


def _document(evaluation: UltrasoundEvaluation) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "livercad_version": __version__,
        "disclaimer": DISCLAIMER,
        "results": str(evaluation.results),
        "truth": str(evaluation.truth),
        "truth_is_phantom": evaluation.truth_is_phantom,
        "confidence": evaluation.settings.confidence,
        "seed": evaluation.settings.seed,
        "models": [dataclasses.asdict(model) for model in evaluation.models],
        "cases": [dataclasses.asdict(scores) for scores in evaluation.by_case],
        "opinions": [dataclasses.asdict(scores) for scores in evaluation.by_opinion],
        "learnt": dataclasses.asdict(evaluation.learnt),
        "skipped": [dataclasses.asdict(item) for item in evaluation.skipped],
    }
