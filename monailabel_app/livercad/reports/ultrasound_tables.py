"""The batch's tables of ultrasound: ``ultrasound.csv``, a row an opinion, and ``ultrasound_cases.csv``, a row a case.

An opinion is about a lesion that is marked on an image, or about an image as a whole. Columns keep their order and
their names, but for those of the classes, which come last and follow what the model tells apart. Places and diameters
are pixels of the image, 0 at the middle of the first pixel. Probabilities are 0 to 1; an empty cell means that there is
no value; several values in one cell are joined with ``; ``.

ultrasound.csv
    ``case``, ``image``, ``frame`` (of a clip, from 1), ``rows``, ``columns``, ``spacing_row_mm``, ``spacing_column_mm``
    (where the file tells), ``opinion`` (its number in the case, from 1; empty for an image that was not asked about),
    ``center_x``, ``center_y``, ``diameter`` (of the circle; empty where the whole image was looked at), ``saliency``
    (file in the case's folder). Of every question, ``QUESTION`` being ``mass``, ``solid``, ``malignant`` or ``type``:
    ``QUESTION`` (the most probable class) and ``QUESTION_probability`` (its probability). Then the probability of
    every class: ``p_QUESTION_CLASS``.

ultrasound_cases.csv
    ``case``, ``status`` (``done`` or ``failed``), ``reason`` (of a failure), ``images``, ``opinions``, the questions as
    above (of the case, as `livercad.core.ultrasound.mean_probabilities` has them), ``warnings`` (codes), ``models``
    (name and version), ``livercad_version``, ``analysis_s`` (seconds), and ``p_QUESTION_CLASS``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from livercad.core.ultrasound import ImageRead, Opinion, Probabilities, Question, UltrasoundFindings
from livercad.reports.cells import Cell, csv_text, joined, rounded
from livercad.reports.ultrasound_cases import UltrasoundRow
from livercad.reports.ultrasound_words import most_probable

_QUESTIONS = tuple(column for question in Question for column in (question.value, f"{question.value}_probability"))
OPINION_COLUMNS = (
    *("case", "image", "frame", "rows", "columns", "spacing_row_mm", "spacing_column_mm"),
    *("opinion", "center_x", "center_y", "diameter", "saliency"),
    *_QUESTIONS,
)
"""Columns of ultrasound.csv, in order; those of classes follow."""
CASE_COLUMNS = (
    *("case", "status", "reason", "images", "opinions"),
    *_QUESTIONS,
    *("warnings", "models", "livercad_version", "analysis_s"),
)
"""Columns of ultrasound_cases.csv, in order; those of classes follow."""
DIGITS = 4
"""Of probabilities."""


def saliency_file(number: int) -> str:
    """Path in a case's folder of what spoke for an opinion, by its number from 1."""
    return f"saliency/{number}.png"


def ultrasound_csv(cases: Sequence[UltrasoundRow]) -> str:
    """Write ultrasound.csv.

    Parameters
    ----------
    cases : sequence of UltrasoundRow
        Cases in the order wanted; failed ones add nothing.

    Returns
    -------
    str
        CSV text with a header line.
    """
    found = [case.findings for case in cases if case.findings is not None]
    rows = [row for findings in found for row in _opinion_rows(findings)]
    return csv_text((*OPINION_COLUMNS, *_class_columns(found)), rows)


def ultrasound_cases_csv(cases: Sequence[UltrasoundRow]) -> str:
    """Write ultrasound_cases.csv.

    Parameters
    ----------
    cases : sequence of UltrasoundRow
        Cases in the order wanted, failed ones included.

    Returns
    -------
    str
        CSV text with a header line.
    """
    found = [case.findings for case in cases if case.findings is not None]
    return csv_text((*CASE_COLUMNS, *_class_columns(found)), [_case_row(case) for case in cases])


def _opinion_rows(findings: UltrasoundFindings) -> Iterable[dict[str, Cell]]:
    numbered = list(enumerate(findings.opinions, start=1))
    for image in findings.images:
        own = [(number, opinion) for number, opinion in numbered if opinion.image == image.name]
        if not own:
            yield _image_cells(findings.case, image)
        for number, opinion in own:
            yield _image_cells(findings.case, image) | _opinion_cells(number, opinion)


def _image_cells(case: str, image: ImageRead) -> dict[str, Cell]:
    spacing = image.spacing_mm or (None, None)
    return {
        "case": case,
        "image": image.name,
        "frame": image.frame,
        "rows": image.shape[0],
        "columns": image.shape[1],
        "spacing_row_mm": None if spacing[0] is None else rounded(spacing[0], 5),
        "spacing_column_mm": None if spacing[1] is None else rounded(spacing[1], 5),
    }


def _opinion_cells(number: int, opinion: Opinion) -> dict[str, Cell]:
    cells: dict[str, Cell] = {"opinion": number, "saliency": saliency_file(number)}
    if opinion.circle:
        x, y = opinion.circle.center
        cells |= {"center_x": rounded(x, 2), "center_y": rounded(y, 2)}
        cells |= {"diameter": rounded(opinion.circle.diameter, 2)}
    return cells | _answer_cells(opinion.probabilities)


def _case_row(case: UltrasoundRow) -> dict[str, Cell]:
    cells: dict[str, Cell] = {"case": case.case, "status": case.status, "reason": case.reason or None}
    cells["analysis_s"] = None if case.seconds is None else rounded(case.seconds, 2)
    if case.findings is None:
        return cells
    findings = case.findings
    cells |= {
        "images": len(findings.images),
        "opinions": len(findings.opinions),
        "warnings": joined(dict.fromkeys(warning.code for warning in findings.warnings)),
        "models": joined(f"{model.name} {model.version}" for model in findings.models),
        "livercad_version": findings.livercad_version,
    }
    return cells | _answer_cells(findings.probabilities)


def _answer_cells(probabilities: Probabilities) -> dict[str, Cell]:
    cells: dict[str, Cell] = {}
    for question, classes in probabilities.items():
        told = most_probable(classes)
        cells |= {question: told, f"{question}_probability": rounded(classes[told], DIGITS)}
        cells |= {_class_column(question, name): rounded(share, DIGITS) for name, share in classes.items()}
    return cells


def _class_columns(found: Iterable[UltrasoundFindings]) -> tuple[str, ...]:
    """Of every class that occurs: question by question, in the order in which classes first occur."""
    told: dict[str, dict[str, None]] = {question.value: {} for question in Question}
    for findings in found:
        for question, classes in findings.probabilities.items():
            told[question] |= dict.fromkeys(classes)
    return tuple(_class_column(question, name) for question, names in told.items() for name in names)


def _class_column(question: str, name: str) -> str:
    return f"p_{question}_{name.replace(' ', '_')}"
