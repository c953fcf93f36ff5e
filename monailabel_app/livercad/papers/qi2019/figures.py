"""The figures of a reproduction: curves of the answers (Figures 7 and 8), confusion matrices (9), what leaks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from livercad.papers.figures import TEST, confusion, draw_leaks, interval
from livercad.papers.intervals import Interval
from livercad.papers.page import GRID, OURS, PAPER
from livercad.papers.qi2019.methods import Method, Question
from livercad.papers.qi2019.results import CriteriaResult, Results
from livercad.papers.qi2019.splits import Side, Split
from livercad.papers.qi2019.tables import TITLES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SPLIT_TITLES = {Split.IMAGE: "split by image, as the paper", Split.PATIENT: "split by patient"}
NETS = {Question.MALIGNANT: "Mt-Net", Question.SOLID: "Sn-Net"}
LINES = {
    Method.BASIC: ("#7fb3c8", "-"),
    Method.MIP: ("#3d87a3", "--"),
    Method.REM: ("#123f50", "-"),
    Method.REM_OFF: ("#123f50", ":"),
    Method.HAN: (TEST, "-."),
    Method.CHENG: ("#9aa1a9", "-"),
}
"""Colour and dashes: told apart without colour vision as well."""
YES_NO = {Question.MALIGNANT: ("malignant", "not"), Question.SOLID: ("yes", "no")}


def roc_figure(split: Split, results: Results) -> Figure:
    """Figures 7 and 8: receiver operating characteristic curves.

    Parameters
    ----------
    split : Split
        Of which.
    results : Results
        Ours.

    Returns
    -------
    Figure
        A row a network; validation and test.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.6, 9.4), layout="compressed")
    panels = figure.subplots(2, 2, sharey=True)
    for row, question in enumerate(Question):
        for column, side in enumerate((Side.VALIDATION, Side.TEST)):
            of_methods = results.splits[split].criteria[question]
            draw_roc(
                panels[row, column],
                f"{NETS[question]}, {side}",
                [(method, of_methods[method][side], style) for method, style in LINES.items()],
            )
    figure.supylabel("sensitivity", fontsize=9)
    return figure


def draw_roc(axes: Axes, title: str, curves: Iterable[tuple[str, CriteriaResult, tuple[str, str]]]) -> None:
    """Draw receiver operating characteristic curves into one panel, each named with its area below it.

    Parameters
    ----------
    axes : Axes
        The panel.
    title : str
        What is asked of whom.
    curves : iterable of (str, CriteriaResult, (str, str))
        Name, curve with rates in [0, 1], colour and dashes.
    """
    axes.plot([0, 1], [0, 1], color=GRID, linewidth=1)
    for name, own, (color, dashes) in curves:
        axes.plot(own.false_positive_rate, own.true_positive_rate, dashes, color=color, linewidth=1.4,
                  label=f"{name} {own.auc.value:.3f}")  # fmt: skip
    axes.set(title=title, aspect="equal", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    axes.set_xlabel("1 − specificity", fontsize=9)
    axes.grid(color=GRID)
    # Below the panel: inside, it would hide curves below the diagonal.
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2, frameon=False, fontsize=7,
                title="AUC", title_fontsize=7)  # fmt: skip


def confusion_figure(results: Results) -> Figure:
    """Figure 9: confusion matrices of the test, with region enhancement.

    Parameters
    ----------
    results : Results
        Ours.

    Returns
    -------
    Figure
        A row a split, a column a network.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.2, 5.2), layout="constrained")
    panels = figure.subplots(len(Split), len(Question))
    for row, split in enumerate(Split):
        for column, question in enumerate(Question):
            counts = results.splits[split].criteria[question][Method.REM][Side.TEST].confusion
            matrix = np.array([[counts.tp, counts.fn], [counts.fp, counts.tn]])
            confusion(panels[row, column], matrix, YES_NO[question], YES_NO[question])
            panels[row, column].set(
                title=f"{Method.REM.name_for(question)}\n{SPLIT_TITLES[split]}", xlabel="called", ylabel="true"
            )
    return figure


def methods_figure(measure: str, results: Results) -> Figure:
    """A criterion of every method in the test, for both splits, with the paper's.

    Parameters
    ----------
    measure : str
        Which, by its name in the results.
    results : Results
        Ours.

    Returns
    -------
    Figure
        A column a network; intervals of 95 % over patients.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.6, 3.4), layout="constrained")
    panels = figure.subplots(1, len(Question), sharex=True)
    for column, (axes, question) in enumerate(zip(panels, Question, strict=True)):
        for row, method in enumerate(Method):
            for split, color, marker, shift in ((Split.IMAGE, TEST, "s", -0.16), (Split.PATIENT, OURS, "o", 0.16)):
                own: Interval = getattr(results.splits[split].criteria[question][method][Side.TEST], measure)
                label = SPLIT_TITLES[split] if not row and not column else ""
                interval(axes, row + shift, own, color, marker, label)
            theirs = getattr(results.paper.tables[question][Side.TEST].get(method), measure, None)
            if measure == "auc":
                theirs = results.paper.auc[question].get(method)
            if theirs is not None:
                axes.plot(theirs, row, "D", color=PAPER, markersize=5, mfc="none",
                          label="paper" if not row and not column else "")  # fmt: skip
        titles = [method.name_for(question) for method in Method]
        axes.set_yticks(range(len(titles)), titles)
        axes.set(ylim=(len(titles) - 0.5, -0.5), xlim=(-0.03, 1.03), xlabel=TITLES[measure])
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x", color=GRID)
    figure.legend(loc="outside upper right", ncols=3, frameon=False)
    return figure


def leak_figure(results: Results) -> Figure:
    """What the split by image makes of the same networks, beside the split by patient.

    Parameters
    ----------
    results : Results
        Ours.

    Returns
    -------
    Figure
        One row a measure; intervals of 95 % over patients.
    """
    leaks = [
        (f"{Method.REM.name_for(leak.question)}, {TITLES[leak.measure]}", leak.by_image, leak.by_patient)
        for leak in results.leaks
    ]
    return draw_leaks(leaks, 0.55)


def curves_figure(results: Results) -> Figure:
    """How the trainings of the split by patient went, which the paper does not show.

    Parameters
    ----------
    results : Results
        Ours.

    Returns
    -------
    Figure
        Training loss above, F-β of validation below; a column a network. A dot marks the epoch that counts.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(7.6, 4.6), layout="constrained")
    panels = figure.subplots(2, len(Question), sharex="col", sharey="row")
    for training in results.splits[Split.PATIENT].trainings:
        if training.method is Method.CHENG:  # of other epochs
            continue
        color, dashes = LINES[training.method]
        for question, curve in training.curves.items():
            column = list(Question).index(question)
            for row, values in enumerate((curve.loss, curve.f_beta)):
                axes = panels[row, column]
                axes.plot(range(1, len(values) + 1), values, dashes, color=color, linewidth=1.4,
                          label=training.method if not row and not column else "")  # fmt: skip
                axes.plot(training.best_epoch, values[training.best_epoch - 1], "o", color=color, markersize=4)
                axes.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True, min_n_ticks=1))
                axes.grid(visible=True, color=GRID)
    for column, question in enumerate(Question):
        panels[0, column].set_title(NETS[question])
        panels[1, column].set_xlabel("epoch")
    panels[0, 0].set(ylabel="loss, training", ylim=(0, None))
    panels[1, 0].set(ylabel="F-β, validation", ylim=(0, 1.02))
    figure.legend(loc="outside upper right", ncols=4, frameon=False)
    return figure


FIGURES: Mapping[str, Callable[[Results], Figure]] = {
    "roc_image": partial(roc_figure, Split.IMAGE),
    "roc_patient": partial(roc_figure, Split.PATIENT),
    "confusion": confusion_figure,
    "f_beta": partial(methods_figure, "f_beta"),
    "auc": partial(methods_figure, "auc"),
    "leak": leak_figure,
    "curves": curves_figure,
}
"""By the names of their files."""
