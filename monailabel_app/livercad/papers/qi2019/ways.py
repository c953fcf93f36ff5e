"""Tables and figures of ways to see an image, of which each has answered for every image once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from livercad.papers.figures import interval
from livercad.papers.page import GRID, OURS, PAPER
from livercad.papers.qi2019.answers import SecondQuestion
from livercad.papers.qi2019.asked import Asked, Way
from livercad.papers.qi2019.figures import LINES, draw_roc
from livercad.papers.qi2019.methods import Method
from livercad.papers.qi2019.results import AskedResult
from livercad.papers.qi2019.tables import TITLES, cell

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STYLES: dict[Way, tuple[str, str]] = {way: LINES[Method(way.value)] for way in Way if way is not Way.RECIPE}
STYLES[Way.RECIPE] = (PAPER, "-")
"""Colour and dashes, as of the reproduction."""


MEASURES = ("auc", "accuracy", "sensitivity", "specificity", "f_beta")
DIFFERING = MEASURES[:2]
"""Whose differences a page has room for; results.json has all."""


def title_of(asked: Asked, second: SecondQuestion) -> str:
    """A question in words."""
    return second.value if asked is Asked.SECOND else asked.value


def ways_shown(second: SecondQuestion) -> dict[str, object]:
    """What the macro of the template ``ways.html`` takes, but for the numbers themselves.

    Parameters
    ----------
    second : SecondQuestion
        Sn-Net's.

    Returns
    -------
    dict of str to object
        By its names.
    """
    return {
        "titles": {asked: title_of(asked, second) for asked in Asked},
        "measures": [(name, TITLES[name]) for name in MEASURES],
        "differing": [(name, TITLES[name]) for name in DIFFERING],
        "cell": cell,
    }


def roc_figure(results: Mapping[Asked, AskedResult], second: SecondQuestion) -> Figure:
    """Receiver operating characteristic curves, a panel a question.

    Parameters
    ----------
    results : mapping of Asked to AskedResult
        The numbers.
    second : SecondQuestion
        Sn-Net's.

    Returns
    -------
    Figure
        In a row.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 4.4), layout="compressed")
    panels = figure.subplots(1, len(results), sharey=True)
    for axes, (asked, own) in zip(panels, results.items(), strict=True):
        draw_roc(axes, title_of(asked, second), [(way, told, STYLES[way]) for way, told in own.ways.items()])
    figure.supylabel("sensitivity", fontsize=9)
    return figure


def differences_figure(results: Mapping[Asked, AskedResult], second: SecondQuestion) -> Figure:
    """How much every way adds to BASIC's AUC.

    Parameters
    ----------
    results : mapping of Asked to AskedResult
        The numbers.
    second : SecondQuestion
        Sn-Net's.

    Returns
    -------
    Figure
        A panel a question; intervals of 95 % over patients.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 2.2), layout="constrained")
    panels = figure.subplots(1, len(results), sharex=True, sharey=True)
    ways = [way for way in Way if any(way in own.differences for own in results.values())]
    for axes, (asked, own) in zip(panels, results.items(), strict=True):
        axes.axvline(0, color="#9aa1a9", linewidth=1)
        for row, way in enumerate(ways):
            if way in own.differences:
                interval(axes, row, own.differences[way]["auc"], OURS, "o")
        axes.set(title=title_of(asked, second), ylim=(len(ways) - 0.5, -0.5))
        axes.set_yticks(range(len(ways)), [way.value for way in ways])
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x", color=GRID)
    figure.supxlabel("AUC less that of BASIC", fontsize=9)
    return figure
