"""The figures of a reproduction: the paper's Figure 4 with ours, accuracies, confusion matrices, learning curves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from livercad.evaluation.figures import LINE_COLOR
from livercad.papers.figures import confusion
from livercad.papers.page import GRID, OURS, PAPER
from livercad.papers.yasaka2018 import published
from livercad.papers.yasaka2018.arrays import CATEGORIES
from livercad.papers.yasaka2018.results import Results
from livercad.papers.yasaka2018.settings import Model

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LETTERS = "abcde"


def accuracy_figure(results: Results) -> Figure:
    """Test accuracy of every training beside the paper's median and range.

    Parameters
    ----------
    results : Results
        Ours.

    Returns
    -------
    Figure
        One row a model.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.6, 2.9), layout="constrained")
    axes = figure.subplots()
    for row, model in enumerate(Model):
        paper = published.TEST_ACCURACY[model]
        axes.plot([paper.low, paper.high], [row + 0.16] * 2, color=PAPER, linewidth=2.5, alpha=0.5)
        axes.plot(paper.median, row + 0.16, "D", color=PAPER, markersize=6, label="paper: median, range" * (not row))
        ours = results.models[model].test_accuracy
        axes.plot(ours.values, [row - 0.16] * len(ours.values), "o", color=OURS, markersize=5, alpha=0.55,
                  label="ours: each training" * (not row))  # fmt: skip
        axes.plot([ours.median] * 2, [row - 0.32, row], color=OURS, linewidth=2, label="ours: median" * (not row))
    axes.set(xlim=(0, 1.01), xlabel="accuracy on test data", ylim=(len(Model) - 0.4, -0.6))
    axes.set_yticks(range(len(Model)), [f"model {model}" for model in Model])
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=GRID)
    figure.legend(loc="outside upper right", ncols=3, frameon=False)
    return figure


def roc_figure(results: Results) -> Figure:
    """Figure 4: the curve of each model's training with the median area.

    Parameters
    ----------
    results : Results
        Ours.

    Returns
    -------
    Figure
        A panel a model.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.5, 2.95), layout="constrained")
    panels = figure.subplots(1, len(Model), sharey=True)
    for letter, axes, model in zip(LETTERS, panels, Model, strict=True):
        result = results.models[model]
        axes.plot([0, 1], [0, 1], color=GRID, linewidth=1)
        if result.roc_expected:
            curve = result.roc_expected
            axes.plot(curve.false_positive_rate, curve.true_positive_rate, color=LINE_COLOR, linewidth=0.9,
                      linestyle="--", label="expected score" * (model is Model.TRIPHASIC))  # fmt: skip
        if result.roc:
            curve = result.roc
            axes.plot(curve.false_positive_rate, curve.true_positive_rate, "o-", color=OURS, markersize=4,
                      linewidth=1.8, clip_on=False,
                      label="score 4, 3, 2, 1 of the diagnosis" * (model is Model.TRIPHASIC))  # fmt: skip
            axes.text(0.97, 0.05, f"AUC {curve.auc:.2f}\npaper {published.AUC[model].median:.2f}", ha="right",
                      transform=axes.transAxes)  # fmt: skip
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal", title=f"{letter}  {model}")
        axes.set_xlabel("1 − specificity")
        axes.set_xticks([0, 0.5, 1])
        axes.set_yticks([0, 0.5, 1])
    panels[0].set_ylabel("sensitivity")
    if panels[0].get_legend_handles_labels()[0]:  # none where the test has no patient of one side
        figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return figure


def confusion_figure(results: Results) -> Figure:
    """Tables E1 to E5: diagnoses by category, of each model's training with the median accuracy.

    Parameters
    ----------
    results : Results
        Ours.

    Returns
    -------
    Figure
        A panel a model.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.5, 2.55), layout="constrained")
    panels = figure.subplots(1, len(Model), sharey=True)
    names = [category.value for category in CATEGORIES]
    for axes, model in zip(panels, Model, strict=True):
        result = results.models[model]
        confusion(axes, np.array(result.confusions[result.median_run - 1]), names, names)
        axes.set_title(f"{model}")
        axes.set_xlabel("diagnosed")
    panels[0].set_ylabel("true")
    return figure


def learning_figure(results: Results) -> Figure:
    """Loss and accuracy of all trainings on their minibatches.

    Parameters
    ----------
    results : Results
        Ours.

    Returns
    -------
    Figure
        Loss above, accuracy below; a column a model.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.5, 3.9), layout="constrained")
    panels = figure.subplots(2, len(Model), sharex=True, sharey="row")
    for column, model in enumerate(Model):
        for curve in results.models[model].curves:
            sets = np.array(curve.image_sets) / 1000
            panels[0, column].plot(sets, curve.loss, color=OURS, linewidth=1, alpha=0.6)
            panels[1, column].plot(sets, curve.accuracy, color=OURS, linewidth=1, alpha=0.6)
        panels[0, column].set_title(f"{model}")
        panels[1, column].set_xlabel("image sets shown (thousands)")
    panels[0, 0].set(ylabel="loss", ylim=(0, None))
    panels[1, 0].set(ylabel="accuracy", ylim=(0, 1.02))
    for axes in panels.flat:
        axes.grid(color=GRID)
    return figure
