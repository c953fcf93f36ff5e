"""Everything that an evaluation leaves in its folder."""

from __future__ import annotations

from pathlib import Path

from livercad.evaluation.evaluate import CaseScores, Evaluation
from livercad.evaluation.page import render_page
from livercad.evaluation.summary import Summary, summarise
from livercad.evaluation.tables import LESION_COLUMNS, Cell, as_json, case_row, lesion_row, summary_document, to_csv
from livercad.evaluation.verdict_tables import CLASS_COLUMNS, PHASE_COLUMNS, class_cells, phase_row
from livercad.studies.atomic import write_text


def write_evaluation(evaluation: Evaluation, output: Path) -> Summary:
    """Write ``cases.csv``, ``lesions.csv``, ``summary.json`` and ``index.html``; with true phases, ``phases.csv`` too.

    Parameters
    ----------
    evaluation : Evaluation
        The cases.
    output : Path
        The folder; made if it is not there.

    Returns
    -------
    Summary
        What was written, in few numbers.
    """
    summary = summarise(evaluation)
    case_rows = [case_row(case) for case in evaluation.cases]
    lesion_rows = [row for case in evaluation.cases for row in _lesion_rows(case)]
    write_text(output / "cases.csv", to_csv(case_rows, tuple(case_rows[0])))
    columns = (*LESION_COLUMNS, *CLASS_COLUMNS) if summary.classes else LESION_COLUMNS
    write_text(output / "lesions.csv", to_csv(lesion_rows, columns))
    if summary.phases:
        image_rows = [phase_row(image) for case in evaluation.cases for image in case.images or ()]
        write_text(output / "phases.csv", to_csv(image_rows, PHASE_COLUMNS))
    write_text(output / "summary.json", as_json(summary_document(evaluation, summary)))
    write_text(output / "index.html", render_page(evaluation, summary))
    return summary


def _lesion_rows(case: CaseScores) -> list[dict[str, Cell]]:
    if case.verdicts is None:
        return [lesion_row(case.case, result) for result in case.lesion_results or ()]
    return [{**lesion_row(case.case, one.result), **class_cells(one)} for one in case.verdicts]
