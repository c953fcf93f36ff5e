"""The tables of the page, as rows of text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from livercad.core.class_names import in_a_sentence
from livercad.papers.intervals import DASH, Interval, with_interval
from livercad.papers.yamakawa2020.results import Best, Results, Scores

MINUS = "−"
DIGITS = 3
"""Of shares."""


def sweep_rows(results: Results) -> list[dict[str, Any]]:
    """Figures 5, 6 and 9 and Table II in numbers, by D/L, each beside the paper's where the classes are its own.

    Parameters
    ----------
    results : Results
        Ours.

    Returns
    -------
    list of dict
        `ratio`, then pairs of number and interval, and the paper's.
    """
    rows = []
    for scores in results.sweep:
        theirs = results.paper.table_2.get(scores.ratio or 0.0) if results.has_paper_s_classes else None
        rows.append(
            {
                "ratio": f"{scores.ratio:g}",
                "is_best": scores.ratio in results.best_cases.ratios,
                "cases": with_interval(scores.cases, DIGITS),
                "paper_cases": f"{results.paper.figure_5[scores.ratio]:.3f}" if theirs and scores.ratio else DASH,
                "images": with_interval(scores.images, DIGITS),
                "difference": signed(scores.difference),
                "auc": with_interval(scores.auc, DIGITS),
                "auc_difference": signed(scores.auc_difference),
                "dice": f"{scores.dice:.3f}",
                "classes": [f"{number.value:.1%}" for number in scores.by_class.values()],
                "paper_classes": [f"{share:.1%}" for share in theirs] if theirs else [],
            }
        )
    return rows


def proposal_rows(results: Results) -> list[dict[str, Any]]:
    """What the paper proposes next, and the reference.

    Parameters
    ----------
    results : Results
        Ours.

    Returns
    -------
    list of dict
        A row a way.
    """
    reference = next(each for each in results.sweep if each.ratio == results.settings.study.reference)
    return [_proposal(scores) for scores in (reference, *results.multi_scale, *results.off_centre)]


def off_centre_rows(results: Results) -> list[dict[str, Any]]:
    """The tumour off the middle, less the same D/L with the tumour in the middle.

    Parameters
    ----------
    results : Results
        Ours.

    Returns
    -------
    list of dict
        A row a region whose D/L was also tried in the middle: `title`, then pairs of difference and interval.
    """
    return [
        {"title": scores.title, "less": f"{scores.ratio:g}"}
        | {name: signed(value) for name, value in dict(scores.off_the_middle).items()}
        for scores in results.off_centre
        if scores.off_the_middle is not None
    ]


def best_rows(results: Results) -> list[tuple[str, str, str, str]]:
    """The best D/L of all and of each class.

    Parameters
    ----------
    results : Results
        Ours.

    Returns
    -------
    list of tuple of str
        Of what, the best, its accuracy, the interval of the best.
    """
    named = {"all, in cases": results.best_cases, "all, in images": results.best_images}
    named |= {in_a_sentence(name): best for name, best in results.best_by_class.items()}
    return [
        (name, ratios_of(best.ratios), f"{best.accuracy:.3f}", _range(best))
        if best.accuracy
        else (name, "none: never right", f"{best.accuracy:.3f}", DASH)
        for name, best in named.items()
    ]


def ratios_of(ratios: Sequence[float]) -> str:
    """Ratios, for people."""
    return ", ".join(f"{ratio:g}" for ratio in ratios)


def signed(value: Interval | None) -> tuple[str, str]:
    """A difference, with a true minus, and its interval where there is one."""
    if value is None:
        return DASH, ""
    below = "" if value.low is None else f"{value.low:+.3f} to {value.high:+.3f}"
    return f"{value.value:+.3f}".replace("-", MINUS), below.replace("-", MINUS)


def _proposal(scores: Scores) -> dict[str, Any]:
    return {
        "title": scores.title,
        "cases": with_interval(scores.cases, DIGITS),
        "images": with_interval(scores.images, DIGITS),
        "difference": signed(scores.difference),
        "image_difference": signed(scores.image_difference),
        "auc": with_interval(scores.auc, DIGITS),
        "auc_difference": signed(scores.auc_difference),
        "classes": [f"{number.value:.1%}" for number in scores.by_class.values()],
        "parameters": f"{scores.parameters:,}",
    }


def _range(best: Best) -> str:
    return DASH if best.low is None else f"{best.low:.2g} to {best.high:.2g}"
