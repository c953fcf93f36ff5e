"""The curves of an evaluation of detections, as SVG to stand in an HTML page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from livercad.evaluation.boxes.free_response import ALL_SIZES, Froc
from livercad.evaluation.boxes.precision_recall import PrecisionRecall
from livercad.evaluation.figures import LESION_COLOR, LINE_COLOR, STYLE, svg_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE_STYLES = (("#b5563c", "--", "o"), ("#7a5195", "-.", "s"), ("#3b7a57", ":", "^"), (LINE_COLOR, (0, (1, 3)), "x"))
"""Of the strata of size, told apart by dashes and markers as well."""
SIZE = (4.4, 3.4)
PADDING = 1.15
"""The axis goes a little beyond the last rate."""


def froc_figure(froc: Froc) -> str:
    """An FROC curve with its band, and the points that tables tell.

    Parameters
    ----------
    froc : Froc
        The curve.

    Returns
    -------
    str
        An ``<svg>`` element.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=SIZE, layout="constrained")
        axes = figure.subplots()
        _frame(axes, froc)
        if froc.band:
            axes.fill_between(
                froc.band.rates, froc.band.low, froc.band.high, color=LESION_COLOR, alpha=0.18, linewidth=0, zorder=1
            )
        axes.step(*_steps(froc), where="post", color=LESION_COLOR, linewidth=1.6, zorder=2)
        axes.plot(
            [point.rate for point in froc.at], [point.sensitivity.value for point in froc.at], "D", color=LESION_COLOR,
            markersize=4, clip_on=False, zorder=3,
        )  # fmt: skip
        axes.set_title(f"FROC per {froc.per.value}")
        return svg_of(figure)


def sizes_figure(froc: Froc) -> str:
    """Sensitivity by size of the lesion at the rates that were asked for.

    Parameters
    ----------
    froc : Froc
        With its strata.

    Returns
    -------
    str
        An ``<svg>`` element.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=SIZE, layout="constrained")
        axes = figure.subplots()
        _frame(axes, froc)
        axes.set_title(f"By size of the lesion, per {froc.per.value}")
        strata = [one for one in froc.sizes if one.size != ALL_SIZES]
        for stratum, (color, dashes, marker) in zip(strata, SIZE_STYLES, strict=False):
            axes.plot(
                [point.rate for point in stratum.at], [point.sensitivity.value for point in stratum.at], color=color,
                linestyle=dashes, marker=marker, markersize=4, clip_on=False,
                label=f"{stratum.size} (n = {stratum.lesions})",
            )  # fmt: skip
        figure.legend(frameon=False, fontsize=7.5, loc="outside lower center", ncols=2)
        return svg_of(figure)


def precision_recall_figure(curve: PrecisionRecall) -> str:
    """The precision-recall curve, with F1 of 0.2, 0.4, 0.6 and 0.8 for comparison.

    Parameters
    ----------
    curve : PrecisionRecall
        The curve.

    Returns
    -------
    str
        An ``<svg>`` element.
    """
    import matplotlib as mpl
    import numpy as np
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=SIZE, layout="constrained")
        axes = figure.subplots()
        for f1 in (0.2, 0.4, 0.6, 0.8):
            recall = np.geomspace(f1 / (2 - f1), 1, 50)
            precision = f1 * recall / (2 * recall - f1)
            axes.plot(recall, precision, color="#e5e7eb", linewidth=1, zorder=0)
            axes.annotate(
                f"F1 {f1:g}", (1, f1 / (2 - f1)), xytext=(3, 0), textcoords="offset points", va="center", fontsize=7,
                color=LINE_COLOR, annotation_clip=False,
            )  # fmt: skip
        marker = "o" if len(curve.recall) < 30 else None
        axes.plot(curve.recall, curve.precision, color=LESION_COLOR, marker=marker, markersize=4, clip_on=False)
        axes.set(xlim=(0, 1.0), ylim=(0, 1.03), xlabel="recall (sensitivity)", ylabel="precision")
        axes.set_title("Precision and recall")
        return svg_of(figure)


def rate_name(rate: float) -> str:
    """1/8, 1/4 and 1/2 as people write them."""
    return f"1/{round(1 / rate)}" if rate < 1 and abs(1 / rate - round(1 / rate)) < 1e-9 else f"{rate:g}"


def _frame(axes: Axes, froc: Froc) -> None:
    """Axes from half the lowest rate to the highest, by factors of two."""
    asked = [point.rate for point in froc.at]
    axes.set_xscale("log", base=2)
    axes.set(xlim=(asked[0] / 2, asked[-1] * PADDING), ylim=(-0.02, 1.03))
    axes.set_xticks(asked, [rate_name(rate) for rate in asked])
    axes.minorticks_off()
    axes.grid(color="#e5e7eb")
    axes.set(xlabel=f"false positives per {froc.per.value}", ylabel="sensitivity")


def _steps(froc: Froc) -> tuple[list[float], list[float]]:
    """The curve from the left edge of the axes to the right one: a threshold's sensitivity holds until the next."""
    low, high = froc.at[0].rate / 2, froc.at[-1].rate * PADDING
    inside = [(rate, value) for rate, value in zip(froc.rates, froc.sensitivity, strict=True) if low < rate <= high]
    points = [(low, froc.sensitivity_at(low)), *inside, (high, froc.sensitivity_at(high))]
    return [rate for rate, _ in points], [value for _, value in points]
