"""The figures of a reproduction: the paper's 5, 6, 9 and 10, and what it proposes next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from livercad.core.class_names import name_of
from livercad.evaluation.figures import LINE_COLOR
from livercad.papers.figures import TEST, interval
from livercad.papers.intervals import Interval
from livercad.papers.page import GRID, OURS, PAPER
from livercad.papers.yamakawa2020.results import Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CLASS_COLORS = (OURS, TEST, "#7b4f9d", "#4d7c3a", "#6b7280", "#8a5a00")
CLASS_MARKERS = ("o", "s", "^", "v", "D", "P")
"""Of several classes, which colours alone would not tell apart for everybody."""
NARROWEST = 9.8
"""Inches of a figure that the page shows in its full width: that of four classes."""

BELOW = 0.26
"""Of a row: how far a second dot lies below the first."""


def cases_figure(results: Results) -> Figure:
    """Figure 5: accuracy in cases at each D/L, with the paper's as Table II has it where the classes are its own.

    Parameters
    ----------
    results : Results
        Ours.

    Returns
    -------
    Figure
        With intervals of 95 % over patients.
    """
    paper = results.paper.figure_5 if results.has_paper_s_classes else {}
    return _sweep_figure([each.cases for each in results.sweep], results, paper, "accuracy in cases")


def images_figure(results: Results) -> Figure:
    """Figure 6: accuracy in images at each D/L; of the paper's numbers only where its best lies is in the text."""
    return _sweep_figure([each.images for each in results.sweep], results, {}, "accuracy in images")


def auc_figure(results: Results) -> Figure:
    """Area under the curve in cases at each D/L, of two classes."""
    areas = [each.auc for each in results.sweep if each.auc]
    return _sweep_figure(areas, results, {}, "AUC in cases")


def classes_figure(results: Results) -> Figure:
    """Table II drawn: accuracy in cases of each class at each D/L, and the paper's where the classes are its own.

    Parameters
    ----------
    results : Results
        Ours.

    Returns
    -------
    Figure
        A panel a class.
    """
    from matplotlib.figure import Figure

    names, ratios = list(results.classes), _ratios(results)
    figure = Figure(figsize=(max(2.3 * len(names) + 0.6, NARROWEST), 2.8), layout="constrained")
    for n, (axes, name) in enumerate(zip(figure.subplots(1, len(names), sharey=True), names, strict=True)):
        numbers = [each.by_class[name] for each in results.sweep]
        _band(axes, ratios, numbers, CLASS_COLORS[n % len(CLASS_COLORS)], CLASS_MARKERS[n % len(CLASS_MARKERS)])
        if results.has_paper_s_classes:
            table = results.paper.table_2
            axes.plot(list(table), [row[n] for row in table.values()], "D--", color=PAPER, markersize=3.5, linewidth=1)
        axes.set(title=f"{name_of(name)} ({results.classes[name].cases})", xlabel="D/L", ylim=(-0.03, 1.03))
        axes.grid(color=GRID)
    figure.axes[0].set_ylabel("accuracy in cases")
    return figure


def dice_figure(results: Results) -> Figure:
    """Figure 9: Dice of the correct cases at each D/L with those at the reference.

    Parameters
    ----------
    results : Results
        Ours.

    Returns
    -------
    Figure
        With the paper's lower limit where the classes are its own.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.2, 3.0), layout="constrained")
    axes = figure.subplots()
    axes.plot(_ratios(results), [each.dice for each in results.sweep], "o-", color=OURS, markersize=5, label="ours")
    low = min(each.dice for each in results.sweep)
    if results.has_paper_s_classes:
        limit = results.paper.smallest_dice
        axes.axhline(limit, color=PAPER, linestyle="--", linewidth=1.2, label=f"paper: {limit:g} or more")
        low = min(low, limit)
    axes.set(xlabel="D/L", ylabel="Dice", ylim=(low - 0.05, 1.01))
    axes.grid(color=GRID)
    axes.legend(frameon=False)
    return figure


def overlap_figure(results: Results) -> Figure:
    """Figure 10: overlap of the correct cases at three D/L.

    Parameters
    ----------
    results : Results
        Ours; three ratios in its overlap.

    Returns
    -------
    Figure
        Numbers of cases in three circles, and outside them; areas mean nothing.
    """
    from matplotlib.figure import Figure
    from matplotlib.patches import Circle

    figure = Figure(figsize=(4.6, 4.0), layout="constrained")
    axes = figure.subplots()
    names = [f"{ratio:g}" for ratio in results.overlap.ratios]
    middles = ((-0.6, 0.4), (0.6, 0.4), (0.0, -0.65))
    places = {
        (0,): (-1.05, 0.65), (1,): (1.05, 0.65), (2,): (0.0, -1.25), (0, 1): (0.0, 0.8), (0, 2): (-0.62, -0.35),
        (1, 2): (0.62, -0.35), (0, 1, 2): (0.0, 0.08), (): (1.7, -1.6),
    }  # fmt: skip
    labels = ((-1.2, 1.5), (1.2, 1.5), (0.0, -1.95))
    for middle, label, name, color in zip(middles, labels, names, CLASS_COLORS, strict=False):
        axes.add_patch(Circle(middle, 1.05, facecolor=color, alpha=0.16, edgecolor=color, linewidth=1.4))
        axes.text(*label, f"D/L {name}", ha="center", va="center", color=color, fontweight="bold")
    for members, place in places.items():
        count = results.overlap.regions["+".join(names[n] for n in members)]
        axes.text(*place, f"{count}" if members else f"none: {count}", ha="center", va="center")
    axes.set(xlim=(-2.1, 2.3), ylim=(-2.15, 1.75), aspect="equal")
    axes.axis("off")
    return figure


def proposals_figure(results: Results) -> Figure:
    """What the paper proposes next: accuracy in cases less the reference's, on the same cases.

    A tumour off the middle has a second dot, less the same D/L with the tumour in the middle: the shift alone.

    Parameters
    ----------
    results : Results
        Ours.

    Returns
    -------
    Figure
        A row a way.
    """
    from matplotlib.figure import Figure

    rows = [*results.multi_scale, *results.off_centre]
    figure = Figure(figsize=(7.6, 1.2 + 0.36 * len(rows)), layout="constrained")
    axes = figure.subplots()
    told = iter(("less the same D/L, tumour in the middle",))
    for row, scores in enumerate(rows):
        label = "" if row else f"less D/L {results.settings.study.reference:g}"
        interval(axes, row, scores.difference, OURS, "o", label)
        if scores.off_the_middle is not None:
            interval(axes, row + BELOW, scores.off_the_middle.cases, TEST, "s", next(told, ""))
    axes.axvline(0, color=LINE_COLOR, linewidth=1)
    axes.set(ylim=(len(rows) - 0.5, -0.6))
    axes.set_xlabel("difference of accuracy in cases")
    axes.set_yticks(range(len(rows)), [scores.title for scores in rows])
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=GRID)
    figure.legend(loc="outside upper right", ncols=2, frameon=False)
    return figure


def _sweep_figure(numbers: Sequence[Interval], results: Results, paper: dict[float, float], title: str) -> Figure:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.2, 3.4), layout="constrained")
    axes = figure.subplots()
    _band(axes, _ratios(results), numbers, OURS, "o", "ours, 95 % over patients")
    if paper:
        axes.plot(list(paper), list(paper.values()), "D--", color=PAPER, markersize=4.5, linewidth=1.2, label="paper")
    axes.set(xlabel="D/L", ylabel=title)
    axes.set_xticks(_ratios(results))
    axes.grid(color=GRID)
    axes.legend(frameon=False)
    return figure


def _ratios(results: Results) -> list[float]:
    return [scores.ratio for scores in results.sweep if scores.ratio is not None]


def _band(
    axes: Axes, ratios: Sequence[float], numbers: Sequence[Interval], color: str, marker: str, label: str = ""
) -> None:
    known = [(x, n.low, n.high) for x, n in zip(ratios, numbers, strict=True) if n.low is not None]
    if known:
        x, low, high = zip(*known, strict=True)
        axes.fill_between(x, low, high, color=color, alpha=0.14, linewidth=0)
    axes.plot(ratios, [n.value for n in numbers], f"{marker}-", color=color, markersize=4.5, label=label)
