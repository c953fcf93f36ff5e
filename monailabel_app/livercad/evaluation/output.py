"""Everything that an evaluation leaves in its folder."""

from __future__ import annotations

from pathlib import Path

from livercad.evaluation.evaluate import Evaluation
from livercad.evaluation.page import render_page
from livercad.evaluation.summary import Summary, summarise
from livercad.evaluation.tables import LESION_COLUMNS, as_json, case_row, lesion_row, summary_document, to_csv
from livercad.studies.atomic import write_text


def write_evaluation(evaluation: Evaluation, output: Path) -> Summary:
    """Write ``cases.csv``, ``lesions.csv``, ``summary.json`` and ``index.html``.

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
    lesion_rows = [lesion_row(case.case, result) for case in evaluation.cases for result in case.lesion_results or ()]
    write_text(output / "cases.csv", to_csv(case_rows, tuple(case_rows[0])))
    write_text(output / "lesions.csv", to_csv(lesion_rows, LESION_COLUMNS))
    write_text(output / "summary.json", as_json(summary_document(evaluation, summary)))
    write_text(output / "index.html", render_page(evaluation, summary))
    return summary
