"""What the figures of papers have in common: a number with its interval, a confusion matrix, a training's curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from livercad.evaluation.figures import LINE_COLOR
from livercad.papers.intervals import Interval
from livercad.papers.page import GRID, OURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TEST = "#d08a1d"
"""Test and validation. It differs from `OURS` and the paper's colour in lightness too, and in marker or dashes."""
FAINT = "#8a8a8a"
"""Of what is not there."""
FEW = 30
"""Epochs up to which each has a marker."""


def interval(axes: Axes, row: float, number: Interval, color: str, marker: str, label: str = "") -> None:
    """Draw a number and its interval along a row.

    Parameters
    ----------
    axes : Axes
        Drawn on.
    row : float
        Height.
    number : Interval
        What to draw.
    color, marker : str
        Matplotlib's.
    label : str, optional
        For the legend.
    """
    if number.low is not None and number.high is not None:
        axes.plot([number.low, number.high], [row, row], color=color, linewidth=2, alpha=0.55)
    axes.plot(number.value, row, marker, color=color, markersize=6, label=label, clip_on=False)


def draw_leaks(leaks: Sequence[tuple[str, Interval, Interval]], row: float) -> Figure:
    """Draw what a split by image makes of the same networks, beside a split by patient.

    Parameters
    ----------
    leaks : sequence of (str, Interval, Interval)
        A measure in [0, 1], its value by image, its value by patient.
    row : float
        Height of a row in inches.

    Returns
    -------
    Figure
        One row a measure; intervals of 95 % over patients.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.6, 0.7 + row * len(leaks)), layout="constrained")
    axes = figure.subplots()
    for n, (_, by_image, by_patient) in enumerate(leaks):
        for number, color, marker, side, name in (
            (by_image, TEST, "s", -1, "test, split by image"),
            (by_patient, OURS, "o", 1, "test, split by patient"),
        ):
            interval(axes, n + 0.14 * side, number, color, marker, name * (not n))
            axes.annotate(
                f"{number.value:.2f}", (number.value, n + 0.14 * side), xytext=(0, -6 * side),
                textcoords="offset points", ha="center", va="top" if side > 0 else "bottom", fontsize=7,
                color=LINE_COLOR,
            )  # fmt: skip
    axes.set(xlim=(-0.03, 1.03), ylim=(len(leaks) - 0.5, -0.5))
    axes.set_yticks(range(len(leaks)), [name for name, _, _ in leaks])
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=GRID)
    figure.legend(loc="outside upper right", ncols=2, frameon=False)
    return figure


def confusion(axes: Axes, counts: npt.NDArray[np.int_], rows: Sequence[str], columns: Sequence[str]) -> None:
    """Draw a confusion matrix: counts, shaded by their share of the row.

    Parameters
    ----------
    axes : Axes
        Drawn on.
    counts : ndarray of int, shape (rows, columns)
        What the true classes, by row, were called.
    rows, columns : sequence of str
        Names of the classes.
    """
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1.15)
    for row, column in np.ndindex(*counts.shape):
        color = "white" if shares[row, column] > 0.6 else "black" if counts[row, column] else FAINT
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", color=color, fontsize=8)
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.tick_params(length=0)


def curves(axes: Axes, training: Sequence[float], validation: Sequence[float], *, labelled: bool) -> None:
    """Draw a training's curve by epoch, and that of validation where there is one.

    Parameters
    ----------
    axes : Axes
        Drawn on.
    training, validation : sequence of float
        A value an epoch; the latter may be empty.
    labelled : bool
        Whether they are for the legend.
    """
    from matplotlib.ticker import MaxNLocator

    for values, style, color, label in (
        (training, "o-", OURS, "training"),
        (validation, "s--", TEST, "validation"),
    ):
        if len(values):
            epochs = range(1, len(values) + 1)
            axes.plot(epochs, values, style if len(values) <= FEW else style[1:], color=color, markersize=3,
                      linewidth=1.4, label=label * labelled)  # fmt: skip
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True, min_n_ticks=1))
    axes.grid(color=GRID)
