"""The figures of a comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

from livercad.papers.figures import interval
from livercad.papers.page import GRID, OURS, PAPER
from livercad.papers.qi2019.figures import LINES, draw_roc
from livercad.papers.qi2019.frozen.asked import Asked, Way
from livercad.papers.qi2019.frozen.results import Results
from livercad.papers.qi2019.methods import Method

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STYLES: dict[Way, tuple[str, str]] = {way: LINES[Method(way.value)] for way in Way if way is not Way.RECIPE}
STYLES[Way.RECIPE] = (PAPER, "-")
"""Colour and dashes, as of the reproduction."""


def title_of(results: Results, asked: Asked) -> str:
    """A question in words."""
    return results.second_question.value if asked is Asked.SECOND else asked.value


def roc_figure(results: Results) -> Figure:
    """Receiver operating characteristic curves, a panel a question.

    Parameters
    ----------
    results : Results
        The numbers.

    Returns
    -------
    Figure
        In a row.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 4.4), layout="compressed")
    panels = figure.subplots(1, len(results.asked), sharey=True)
    for axes, (asked, own) in zip(panels, results.asked.items(), strict=True):
        draw_roc(axes, title_of(results, asked), [(way, told, STYLES[way]) for way, told in own.ways.items()])
    figure.supylabel("sensitivity", fontsize=9)
    return figure


def differences_figure(results: Results) -> Figure:
    """How much every way adds to BASIC's AUC.

    Parameters
    ----------
    results : Results
        The numbers.

    Returns
    -------
    Figure
        A panel a question; intervals of 95 % over patients.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 2.2), layout="constrained")
    panels = figure.subplots(1, len(results.asked), sharex=True, sharey=True)
    ways = [way for way in Way if way is not Way.BASIC]
    for axes, (asked, own) in zip(panels, results.asked.items(), strict=True):
        axes.axvline(0, color="#9aa1a9", linewidth=1)
        for row, way in enumerate(ways):
            if way in own.differences:
                interval(axes, row, own.differences[way]["auc"], OURS, "o")
        axes.set(title=title_of(results, asked), ylim=(len(ways) - 0.5, -0.5))
        axes.set_yticks(range(len(ways)), [way.value for way in ways])
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x", color=GRID)
    figure.supxlabel("AUC less that of BASIC", fontsize=9)
    return figure
