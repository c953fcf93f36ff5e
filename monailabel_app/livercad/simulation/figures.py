"""The figures of a simulation: learning curves, differences of areas, and what was chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from livercad.evaluation.figures import LINE_COLOR
from livercad.learning.strategies import Strategy
from livercad.simulation.results import StrategyResult, TaskResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LOOKS: dict[Strategy, tuple[str, str, str]] = {
    Strategy.RANDOM: ("#4b5563", "o", "--"),
    Strategy.FIRST: ("#9ca3af", "s", ":"),
    Strategy.UNCERTAINTY: ("#0072b2", "D", "-"),
    Strategy.CLASSIFICATION: ("#d55e00", "^", "-"),
    Strategy.DIVERSITY: ("#009e73", "v", "-"),
    Strategy.HYBRID: ("#aa3377", "P", "-"),
}
"""Colour, marker and line; told apart without colour vision by marker and line."""
GRID = "#e5e7eb"
BAND = 0.13


def curves_figure(task: TaskResult) -> Figure:
    """Learning curves with their intervals over seeds.

    `random` is in every panel: six bands in one would hide each other.
    """
    from matplotlib.figure import Figure

    others: list[Strategy] = [name for name in task.strategies if name != Strategy.RANDOM] or list(task.strategies)
    columns = min(3, len(others))
    rows = -(-len(others) // columns)
    figure = Figure(figsize=(max(4.4, 3.3 * columns), 2.5 * rows + 0.2), layout="constrained")
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for axes in panels[len(others) :]:
        axes.set_visible(False)
    for place, (axes, name) in enumerate(zip(panels, others, strict=False)):
        if Strategy.RANDOM in task.strategies and name != Strategy.RANDOM:
            _curve(axes, Strategy.RANDOM, task)
        _curve(axes, name, task)
        axes.set_title(name.value, color=LOOKS[name][0], fontweight="bold")
        axes.grid(axis="y", color=GRID)
        axes.set_xticks(task.counts)
        if place % columns == 0:
            axes.set_ylabel(task.metric)
        if place + columns >= len(others):
            axes.set_xlabel("cases labelled")
            axes.tick_params(labelbottom=True)
    low, high = panels[0].get_ylim()
    panels[0].set_ylim(max(low, 0.0), min(high, 1.0))  # intervals of few seeds go beyond what a score can be
    return figure


def differences_figure(task: TaskResult) -> Figure:
    """Difference of every strategy's area to that of `random`, with each seed's."""
    from matplotlib.figure import Figure

    shown = {name: each.difference for name, each in task.strategies.items() if each.difference}
    figure = Figure(figsize=(6.6, 0.75 + 0.42 * len(shown)), layout="constrained")
    axes = figure.subplots()
    axes.axvline(0, color=LOOKS[Strategy.RANDOM][0], linestyle="--", linewidth=1)
    for row, (name, difference) in enumerate(shown.items()):
        color, marker, _ = LOOKS[name]
        axes.plot(difference.values, [row + 0.22] * len(difference.values), "|", color=color, alpha=0.6, markersize=6)
        if difference.low is not None:
            axes.plot([difference.low, difference.high or 0.0], [row] * 2, color=color, linewidth=2.5, alpha=0.6)
        axes.plot(difference.mean, row, marker, color=color, markersize=7)
    axes.set_yticks(range(len(shown)), [name.value for name in shown])
    axes.set(ylim=(len(shown) - 0.5, -0.5), xlabel=f"area under the learning curve ({task.metric}), minus random’s")
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=GRID)
    return figure


def chosen_figure(task: TaskResult) -> Figure:
    """How many of the labelled cases were of each kind: a panel a kind, a bar a strategy."""
    from matplotlib.figure import Figure

    kinds = sorted(task.pool_kinds, key=lambda kind: -task.pool_kinds[kind].mean)
    columns = min(4, len(kinds))
    rows = -(-len(kinds) // columns)
    names = list(task.strategies)
    height = 0.7 + 0.22 * len(names)
    figure = Figure(figsize=(max(5.0, 2.5 * columns), height * rows + 0.3), layout="constrained")
    panels = figure.subplots(rows, columns, sharey=True, squeeze=False)
    everything = sum(each.mean for each in task.pool_kinds.values())
    for axes, kind in zip(panels.ravel(), kinds, strict=False):
        _bars(axes, [task.strategies[name] for name in names], names, kind)
        share = task.pool_kinds[kind].mean / everything
        axes.axvline(share * task.counts[-1], color=LINE_COLOR, linestyle="--", linewidth=1)
        axes.set_title(f"{kind.replace('_', ' ')} ({share:.0%} of the pool)", fontsize=9)
    for axes in panels.ravel()[len(kinds) :]:
        axes.set_visible(False)
    figure.supxlabel(f"cases of each kind among the {task.counts[-1]} labelled", fontsize=9)
    return figure


def _curve(axes: Axes, name: Strategy, task: TaskResult) -> None:
    color, marker, line = LOOKS[name]
    curve = task.strategies[name].curve
    axes.plot(task.counts, [each.mean for each in curve], line, color=color, marker=marker, markersize=4, linewidth=1.6)
    if all(each.low is not None for each in curve):
        low, high = [each.low or 0.0 for each in curve], [each.high or 0.0 for each in curve]
        axes.fill_between(task.counts, low, high, color=color, alpha=BAND, linewidth=0)


def _bars(axes: Axes, results: list[StrategyResult], names: list[Strategy], kind: str) -> None:
    chosen = [each.chosen[kind] for each in results]
    axes.barh(range(len(names)), [each.mean for each in chosen], color=[LOOKS[name][0] for name in names], height=0.72)
    for row, each in enumerate(chosen):
        if each.low is not None and each.high is not None:
            axes.plot([max(each.low, 0), each.high], [row] * 2, color="#111827", linewidth=1)
    axes.set_yticks(range(len(names)), [name.value for name in names])
    axes.set_ylim(len(names) - 0.45, -0.55)
    axes.set_xlim(left=0)
    axes.tick_params(axis="y", length=0)
    axes.locator_params(axis="x", integer=True, nbins=5)
