"""The figures of images and trainings: the paper's 2 and 4."""

from __future__ import annotations

from typing import TYPE_CHECKING

from livercad.evaluation.figures import LINE_COLOR
from livercad.papers.figures import curves
from livercad.papers.page import OURS, PAPER
from livercad.papers.yamakawa2020.results import Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BINS = 24
"""Of the histogram of diameters."""


def diameters_figure(results: Results) -> Figure:
    """Figure 2: histogram of the maximum diameters.

    Parameters
    ----------
    results : Results
        Ours.

    Returns
    -------
    Figure
        With the paper's mean where the classes are its own.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.2, 2.6), layout="constrained")
    axes = figure.subplots()
    mean = sum(results.diameters) / len(results.diameters)
    axes.hist(results.diameters, bins=BINS, color=OURS, alpha=0.7)
    axes.axvline(mean, color=OURS, linewidth=1.5, label=f"mean {mean:.1f}")
    if results.has_paper_s_classes:
        mean = results.paper.mean_diameter
        axes.axvline(mean, color=PAPER, linestyle="--", label=f"paper {mean}")
    axes.set(xlabel="maximum diameter, pixels", ylabel="images")
    axes.legend(frameon=False)
    return figure


def curves_figure(results: Results) -> Figure:
    """Figure 4: accuracy of one training by epoch.

    Parameters
    ----------
    results : Results
        Ours.

    Returns
    -------
    Figure
        In training with dropout, and in validation; the epoch that was taken is marked.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.2, 2.8), layout="constrained")
    axes = figure.subplots()
    example = results.example
    curves(axes, example.curve.training, example.curve.validation, labelled=True)
    axes.axvline(example.epoch, color=LINE_COLOR, linestyle=":", label="chosen")
    axes.set(xlabel="epoch", ylabel="accuracy in images", ylim=(0, 1.02))
    axes.legend(frameon=False)
    return figure
