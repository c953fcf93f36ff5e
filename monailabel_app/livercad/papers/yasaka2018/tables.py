"""The paper's tables beside ours, as text."""

from __future__ import annotations

from dataclasses import dataclass

from livercad.papers.intervals import DASH
from livercad.papers.yasaka2018 import published
from livercad.papers.yasaka2018.published import Published
from livercad.papers.yasaka2018.results import ROWS, MisdiagnosisResult, Results, RowResult, Spread
from livercad.papers.yasaka2018.settings import Model


@dataclass(frozen=True)
class Beside:
    """One cell: ours over the paper's.

    Parameters
    ----------
    ours, paper : str
        As printed.
    """

    ours: str
    paper: str


def accuracy_table(results: Results) -> list[tuple[str, list[Beside]]]:
    """Table 2, and the areas under the curves of "Results".

    Parameters
    ----------
    results : Results
        Ours.

    Returns
    -------
    list of (str, list of Beside)
        Rows, with a cell for each model.
    """
    models = results.models
    return [
        (
            "Training data",
            [_cell(models[m].training_accuracy, published.TRAINING_ACCURACY[m]) for m in Model],
        ),
        ("Test data", [_cell(models[m].test_accuracy, published.TEST_ACCURACY[m]) for m in Model]),
        ("P value (Steel)", [_p_cell(models[m].steel_p, published.STEEL_P.get(m)) for m in Model]),
        ("AUC, A–B against C–E", [_cell(models[m].auc, published.AUC[m]) for m in Model]),
        (
            "AUC with the expected score",
            [Beside(_spread(models[m].auc_expected), DASH) for m in Model],
        ),
    ]


def sensitivity_table(results: Results) -> list[tuple[str, list[Beside]]]:
    """Table 3.

    Parameters
    ----------
    results : Results
        Ours.

    Returns
    -------
    list of (str, list of Beside)
        Rows, with a cell for each model.
    """
    return [
        (
            row_title(row),
            [
                Beside(_row(results.models[model].rows.get(row)), _published(published.SENSITIVITY[model][row]))
                for model in Model
            ],
        )
        for row in ROWS
    ]


def misdiagnosis_table(results: Results) -> list[tuple[str, str, Beside]]:
    """What lesions were mainly misdiagnosed as ("Results").

    Parameters
    ----------
    results : Results
        Ours.

    Returns
    -------
    list of (str, str, Beside)
        Model, what was taken for what, and how often.
    """
    ours = {(each.model, each.row): each for each in results.misdiagnoses}
    return [
        (
            each.model.value,
            f"{row_title(each.row)} as {each.diagnosis}",
            Beside(_misdiagnosis(ours.get((each.model, each.row))), f"{each.ratio:.2f} [{each.hits}/{each.n}]"),
        )
        for each in published.MISDIAGNOSES
    ]


def category_table(results: Results, measure: str) -> list[tuple[str, list[str]]]:
    """Specificity or accuracy of telling each category from the others, which the paper took but does not print.

    Parameters
    ----------
    results : Results
        Ours.
    measure : str
        ``specificity`` or ``accuracy``.

    Returns
    -------
    list of (str, list of str)
        Rows, with a cell for each model.
    """
    rows = []
    for row in (row for row in ROWS if len(row) == 1):
        found = [results.models[model].rows.get(row) for model in Model]
        rows.append((row_title(row), [_spread(getattr(each, measure)) if each else DASH for each in found]))
    return rows


def row_title(row: str) -> str:
    """What a row of Table 3 is called there."""
    return f"Category {row}" if len(row) == 1 else row.removeprefix("C ").capitalize() + " lesions"


def p_text(p: float | None) -> str:
    """A P value as the paper prints it: three digits, no zero first."""
    if p is None:
        return DASH
    return "<.001" if p < 0.001 else f"{p:.3f}".removeprefix("0")


def _p_cell(ours: float | None, paper: float | None) -> Beside:
    def marked(p: float | None) -> str:
        return p_text(p) + ("*" if p is not None and p < 0.05 else "")

    return Beside(marked(ours), marked(paper))


def _cell(ours: Spread | None, paper: Published) -> Beside:
    return Beside(_spread(ours), _published(paper))


def _spread(spread: Spread | None) -> str:
    return DASH if spread is None else f"{spread.median:.2f} ({spread.low:.2f}–{spread.high:.2f})"


def _row(row: RowResult | None) -> str:
    if row is None:
        return DASH
    return _counted(row.sensitivity, row.hits, row.n)


def _misdiagnosis(each: MisdiagnosisResult | None) -> str:
    if each is None:
        return DASH
    return _counted(each.ratio, each.hits, each.n)


def _counted(spread: Spread, hits: int, n: int) -> str:
    return f"{spread.median:.2f} [{hits}/{n}] ({spread.low:.2f}–{spread.high:.2f})"


def _published(paper: Published) -> str:
    hits = f" [{paper.hits}/{paper.n}]" if paper.n else ""
    return f"{paper.median:.2f}{hits} ({paper.low:.2f}–{paper.high:.2f})"
