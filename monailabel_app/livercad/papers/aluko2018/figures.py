"""The figures of a reproduction: loss curves (the paper's Figure 6), FROC, sensitivities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from livercad.evaluation.figures import LINE_COLOR
from livercad.networks.faster_rcnn import Backbone
from livercad.papers.aluko2018.results import Results
from livercad.papers.figures import curves, interval
from livercad.papers.intervals import Interval
from livercad.papers.page import GRID, OURS, PAPER

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLORS = (OURS, "#8a5a00", "#6b7280", "#7b4f9d")
STYLES = ("-", "--", "-.", ":")
"""Of several curves, which colours alone would not tell apart for everybody."""


def froc_figure(results: Results) -> Figure:
    """The whole FROC of every backbone, against what is annotated and against all lesions; the paper's point.

    Parameters
    ----------
    results : Results
        Ours.

    Returns
    -------
    Figure
        One panel a truth.
    """
    from matplotlib.figure import Figure

    complete = any(result.complete for result in results.detectors.values())
    figure = Figure(figsize=(10.0 if complete else 6.2, 3.8), layout="constrained")
    panels = figure.subplots(1, 2 if complete else 1, sharey=True, squeeze=False)[0]
    for panel, name in zip(panels, ("annotated", "complete"), strict=False):
        for number, result in enumerate(results.detectors.values()):
            truth = getattr(result, name)
            if truth is None:
                continue
            color, style = COLORS[number % len(COLORS)], STYLES[number % len(STYLES)]
            curve = truth.froc
            panel.step(curve.rates, curve.sensitivity, where="post", color=color, linestyle=style,
                       label=result.title * (name == "annotated"))  # fmt: skip
            if number == 0 and curve.band_rates:
                panel.fill_between(curve.band_rates, curve.band_low, curve.band_high, color=color, alpha=0.13,
                                   linewidth=0, step="post")  # fmt: skip
            panel.plot(truth.operating.false_per_image, truth.operating.sensitivity, "o", color=color, markersize=5)
        if name == "annotated":
            _papers_points(panel, results)
        panel.set_xscale("symlog", linthresh=0.125, linscale=0.5)
        panel.set(xlim=(0, 10.5), ylim=(0, 1.02), xlabel="false positives per image")
        panel.set_xticks([0, 0.125, 0.25, 0.5, 1, 2, 4, 8], ["0", "⅛", "¼", "½", "1", "2", "4", "8"])
        panel.set_title("against annotated lesions" if name == "annotated" else "against all lesions of the slice")
        panel.grid(color=GRID)
    panels[0].set_ylabel("sensitivity (IoU ≥ 0.1)")
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    return figure


def detector_loss_figure(results: Results) -> Figure:
    """Figure 6: the four losses of each Faster R-CNN.

    Parameters
    ----------
    results : Results
        Ours.

    Returns
    -------
    Figure
        A row a backbone, a column a loss.
    """
    from matplotlib.figure import Figure

    detectors = list(results.detectors.values())
    names = list(detectors[0].curves.training)
    figure = Figure(figsize=(10.5, 0.7 + 1.75 * len(detectors)), layout="constrained")
    panels = figure.subplots(len(detectors), len(names), sharex="row", squeeze=False)
    for row, result in enumerate(detectors):
        for column, name in enumerate(names):
            training, validation = result.curves.training[name], result.curves.validation.get(name, [])
            curves(panels[row, column], training, validation, labelled=row == column == 0)
            if row == 0:
                panels[row, column].set_title(name)
        panels[row, 0].set_ylabel(result.title)
    for panel in panels[-1]:
        panel.set_xlabel("epoch")
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return figure


def one_box_loss_figure(results: Results) -> Figure:
    """Mean squared error of each one-box network.

    Parameters
    ----------
    results : Results
        Ours.

    Returns
    -------
    Figure
        A panel a network.
    """
    from matplotlib.figure import Figure

    networks = list(results.one_box.values())
    figure = Figure(figsize=(10.5, 2.7), layout="constrained")
    panels = figure.subplots(1, len(networks), sharey=True, squeeze=False)[0]
    for number, (panel, result) in enumerate(zip(panels, networks, strict=True)):
        training, validation = result.curves.training["mse"], result.curves.validation.get("mse", [])
        curves(panel, training, validation, labelled=number == 0)
        panel.axhline(results.mean_box.test.mse, color=LINE_COLOR, linestyle=":", linewidth=1,
                      label="mean box, test" * (number == 0))  # fmt: skip
        panel.set(yscale="log", xlabel="epoch")
        panel.set_title(result.title.replace("front end, ", "front end,\n"))
    panels[0].set_ylabel("mean squared error")
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    return figure


def sensitivity_figure(results: Results) -> Figure:
    """Sensitivity of all networks on test images, beside the paper's.

    Parameters
    ----------
    results : Results
        Ours.

    Returns
    -------
    Figure
        A row a network.
    """
    from matplotlib.figure import Figure

    paper = results.paper
    published = {"baseline": paper.baseline_test.sensitivity, "baseline-vgg": paper.vgg_test.sensitivity}
    rows: list[tuple[str, Interval, float | None]]
    rows = [("Mean box of training images", results.mean_box.test.sensitivity, None)]
    rows += [(result.title, result.test.sensitivity, published.get(name)) for name, result in results.one_box.items()]
    for backbone, result in results.detectors.items():
        one = next(rate.sensitivity for rate in result.annotated.froc.at if rate.rate == 1.0)
        rows.append(
            (
                f"Faster R-CNN, {result.title}",
                one,
                paper.detector_sensitivity if backbone == Backbone.RESNET50 else None,
            )
        )
    figure = Figure(figsize=(7.6, 0.9 + 0.34 * len(rows)), layout="constrained")
    axes = figure.subplots()
    for row, (_, ours, theirs) in enumerate(rows):
        interval(axes, row - 0.1, ours, OURS, "o", "ours, 95 % over patients" * (row == 0))
        if theirs is not None:
            axes.plot(
                theirs, row + 0.18, "D", color=PAPER, markersize=5.5, label="paper" * (rows[1][0] == rows[row][0])
            )
    axes.set(xlim=(-0.01, 1.01), ylim=(len(rows) - 0.5, -0.6))
    axes.set_xlabel("sensitivity on test images (IoU above 0.1; Faster R-CNN: at 1 false positive per image)")
    axes.set_yticks(range(len(rows)), [title for title, _, _ in rows])
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=GRID)
    figure.legend(loc="outside upper right", ncols=2, frameon=False)
    return figure


def _papers_points(panel: Axes, results: Results) -> None:
    paper = results.paper
    panel.plot(paper.detector_false_per_image, paper.detector_sensitivity, "D", color=PAPER, markersize=7,
               label="paper: ResNet50")  # fmt: skip
    for number, (rate, sensitivity) in enumerate(paper.yan_sensitivity):
        panel.plot(rate, sensitivity, "^", color=PAPER, markersize=6, fillstyle="none",
                   label="Yan et al., as the paper quotes them" * (number == 0))  # fmt: skip
