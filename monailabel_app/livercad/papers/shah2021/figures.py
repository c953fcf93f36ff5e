"""The figures of a reproduction: curves as the paper's Figure 6, what leaks, confusion matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from livercad.papers.figures import confusion, curves, draw_leaks
from livercad.papers.page import PAPER
from livercad.papers.shah2021.classes import CLASSES
from livercad.papers.shah2021.results import NetworkResult, Results
from livercad.papers.shah2021.settings import Split
from livercad.papers.shah2021.summary import NOTHING_FOUND

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SPLIT_TITLES = {Split.IMAGE: "split by image, as the paper", Split.PATIENT: "split by patient"}


def curves_figure(results: Results) -> Figure:
    """Figure 6: accuracy and loss of the MDL-CNN in training and validation, for both splits.

    Parameters
    ----------
    results : Results
        Ours.

    Returns
    -------
    Figure
        Accuracy above, loss below; a column a split.
    """
    paper = results.paper.classes
    figure = _curves({split: result.lesion_network for split, result in results.splits.items()}, "accuracy of classes")
    for n, axes in enumerate(figure.axes):
        level = paper.accuracy if n < len(Split) else paper.loss
        axes.axhline(level, color=PAPER, linewidth=1, linestyle=":", label="paper, training" * (n == 0))
    figure.legend(loc="outside upper right", ncols=3, frameon=False)
    return figure


def liver_curves_figure(results: Results) -> Figure:
    """The same of the liver network, whose curves the paper does not show.

    Parameters
    ----------
    results : Results
        Ours.

    Returns
    -------
    Figure
        As `curves_figure` has it.
    """
    figure = _curves({split: result.liver_network for split, result in results.splits.items()}, "accuracy of pixels")
    figure.legend(loc="outside upper right", ncols=2, frameon=False)
    return figure


def leak_figure(results: Results) -> Figure:
    """What the split by image makes of every measure, beside the split by patient.

    Parameters
    ----------
    results : Results
        Ours.

    Returns
    -------
    Figure
        One row a measure; intervals of 95 % over patients.
    """
    leaks = [(leak.measure, leak.by_image, leak.by_patient) for leak in results.leaks]
    return draw_leaks(leaks, 0.62)


def confusion_figure(results: Results) -> Figure:
    """What test images were called, for both splits.

    Parameters
    ----------
    results : Results
        Ours.

    Returns
    -------
    Figure
        A panel a split.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.6, 2.9), layout="constrained")
    columns = [*(kind.value for kind in CLASSES), NOTHING_FOUND]
    for axes, split in zip(figure.subplots(1, len(Split)), Split, strict=True):
        matrix = results.splits[split].test.confusion
        counts = np.array([[matrix[kind][column] for column in columns] for kind in CLASSES])
        confusion(axes, counts, [kind.value for kind in CLASSES], columns)
        axes.set(title=SPLIT_TITLES[split], xlabel="called", ylabel="true")
    return figure


def _curves(networks: dict[Split, NetworkResult], accuracy: str) -> Figure:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.6, 4.4), layout="constrained")
    panels = figure.subplots(2, len(networks), sharex="col", sharey="row")
    for column, (split, network) in enumerate(networks.items()):
        curve = network.curve
        curves(panels[0, column], curve.accuracy, curve.test_accuracy, labelled=not column)
        curves(panels[1, column], curve.loss, curve.test_loss, labelled=False)
        panels[0, column].set_title(SPLIT_TITLES[split])
        panels[1, column].set_xlabel("epoch")
    panels[0, 0].set(ylabel=accuracy, ylim=(0, 1.02))
    panels[1, 0].set(ylabel="loss", ylim=(0, None))
    return figure
