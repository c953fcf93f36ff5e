"""The paper's numbers beside ours, as text."""

from __future__ import annotations

from dataclasses import dataclass

from livercad.papers.intervals import DASH, Cell, Interval
from livercad.papers.qi2019.answers import SecondQuestion
from livercad.papers.qi2019.methods import Method, Question
from livercad.papers.qi2019.results import Results
from livercad.papers.qi2019.splits import Side, Split

CRITERIA = (
    ("f_beta", "F-β"),
    ("accuracy", "Accuracy"),
    ("sensitivity", "Sensitivity"),
    ("specificity", "Specificity"),
    ("precision", "Precision"),
    ("auc", "AUC"),
)
TITLES = dict(CRITERIA)
PLAIN = ("f_beta", "auc")
"""Printed from 0 to 1, as the paper does; the others in percent."""
TABLE_NUMBERS = {
    (Question.MALIGNANT, Side.VALIDATION): 4,
    (Question.MALIGNANT, Side.TEST): 5,
    (Question.SOLID, Side.VALIDATION): 6,
    (Question.SOLID, Side.TEST): 7,
}


@dataclass(frozen=True)
class Row:
    """One method, in the order of `CRITERIA`.

    Parameters
    ----------
    title : str
        Its name.
    cells : dict of Split to list of Cell
        Ours.
    paper : list of str
        The paper's; empty where it has none.
    """

    title: str
    cells: dict[Split, list[Cell]]
    paper: list[str]


@dataclass(frozen=True)
class Table:
    """One of Tables 4 to 7.

    Parameters
    ----------
    number : int
        The paper's.
    question : Question
        Of which network.
    side : Side
        Validation or test.
    rows : list of Row
        A method each.
    """

    number: int
    question: Question
    side: Side
    rows: list[Row]


def criteria_tables(results: Results) -> list[Table]:
    """Tables 4 to 7, ours beside the paper's.

    Parameters
    ----------
    results : Results
        Ours.

    Returns
    -------
    list of Table
        In the paper's order.
    """
    return [
        Table(
            number,
            question,
            side,
            [
                Row(
                    method.name_for(question),
                    {split: _cells(results, split, question, method, side) for split in Split},
                    _paper(results, question, method, side),
                )
                for method in Method
            ],
        )
        for (question, side), number in TABLE_NUMBERS.items()
    ]


def leak_table(results: Results) -> list[tuple[str, list[Cell]]]:
    """What the split by image adds.

    Parameters
    ----------
    results : Results
        Ours.

    Returns
    -------
    list of (str, list of Cell)
        Measure; by image, by patient, and the difference.
    """
    return [
        (
            f"{Method.REM.name_for(leak.question)}, {TITLES[leak.measure]}",
            [
                cell(leak.by_image, leak.measure),
                cell(leak.by_patient, leak.measure),
                cell(leak.difference, leak.measure, "+"),
            ],
        )
        for leak in results.leaks
    ]


def question_titles(results: Results) -> dict[Question, str]:
    """What the networks are asked here."""
    second = results.second_question
    told = "" if second is SecondQuestion.SOLID else "; the paper asks for solid nodules"
    return {Question.MALIGNANT: "malignant or not", Question.SOLID: f"{second.value}{told}"}


def _cells(results: Results, split: Split, question: Question, method: Method, side: Side) -> list[Cell]:
    own = results.splits[split].criteria[question][method][side]
    return [cell(getattr(own, name), name) for name, _ in CRITERIA]


def _paper(results: Results, question: Question, method: Method, side: Side) -> list[str]:
    own = results.paper.tables[question][side].get(method)
    if own is None:
        return []
    told = {name: getattr(own, name, None) for name, _ in CRITERIA}
    if side is Side.TEST:
        told["auc"] = results.paper.auc[question].get(method)
    return [
        DASH if value is None else f"{value:.3f}" if name in PLAIN else f"{100 * value:.2f}"
        for name, value in told.items()
    ]


def cell(interval: Interval | None, name: str, sign: str = "") -> Cell:
    """A criterion over its interval; a dash where it is not defined."""
    if interval is None:
        return Cell(DASH)
    ends = [number(end, name, sign) for end in (interval.low, interval.high) if end is not None]
    return Cell(number(interval.value, name, sign), " to ".join(ends))


def number(value: float, name: str, sign: str = "") -> str:
    """A criterion as the paper prints it, with a true minus: F-β and AUC from 0 to 1, the others in percent."""
    text = f"{value:{sign}.3f}" if name in PLAIN else f"{100 * value:{sign}.1f}"
    return text.replace("-", "−")
