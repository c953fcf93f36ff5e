"""The figures of an evaluation, as SVG to stand in an HTML page."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from livercad.evaluation.detection import Detection
from livercad.evaluation.evaluate import CaseScores
from livercad.evaluation.masks import MaskScores
from livercad.evaluation.settings import EvaluationSettings
from livercad.evaluation.sizes import SizeBand
from livercad.evaluation.summary import DetectionSummary

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LIVER_COLOR, LESION_COLOR, LINE_COLOR = "#b5563c", "#1f6f8b", "#6b7280"
"""Distinguishable without colour vision as well: they differ in lightness, and markers differ in shape."""
MOST_NAMED = 40
"""With more cases than this a figure's rows are too close for names; the table has them."""
FEWEST_FOR_LIMITS = 3
"""Limits of agreement of fewer cases mean nothing."""

STYLE: Any = {
    "font.family": "sans-serif",
    "font.sans-serif": ["Helvetica", "Arial", "DejaVu Sans"],
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": LINE_COLOR,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "svg.fonttype": "none",  # text stays text: small files, and it can be searched and read aloud
    "svg.hashsalt": "livercad",  # the same numbers are the same file
}


def dice_figure(cases: Sequence[CaseScores]) -> str:
    """Dice of liver and lesions, a row a case.

    Parameters
    ----------
    cases : sequence of CaseScores
        In the order of the rows from top to bottom.

    Returns
    -------
    str
        An ``<svg>`` element.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        rows = len(cases)
        figure = Figure(figsize=(7.2, 1.1 + 0.24 * min(rows, MOST_NAMED)), layout="constrained")
        axes = figure.subplots()
        axes.set(xlim=(-0.02, 1.02), xlabel="Dice", ylim=(rows - 0.5, -0.5))
        axes.grid(axis="x", color="#e5e7eb")
        axes.tick_params(axis="y", length=0)
        if rows <= MOST_NAMED:
            axes.set_yticks(range(rows), [case.case for case in cases], parse_math=False)
        else:
            axes.set_yticks([])
            axes.set_ylabel(f"{rows} cases")
        _dice_points(axes, [case.liver for case in cases], "o", LIVER_COLOR, "liver")
        _dice_points(axes, [case.lesions for case in cases], "D", LESION_COLOR, "lesions")
        figure.legend(loc="outside upper right", ncols=2, frameon=False)
        return svg_of(figure)


def volume_figure(cases: Sequence[CaseScores]) -> str:
    """Bland-Altman plots of liver and lesion volume (Bland & Altman 1986): difference against mean.

    Parameters
    ----------
    cases : sequence of CaseScores
        One point a case and structure.

    Returns
    -------
    str
        An ``<svg>`` element.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    structures = (
        ("Liver", [case.liver for case in cases if case.liver], "o", LIVER_COLOR),
        ("Lesions together", [case.lesions for case in cases if case.lesions], "D", LESION_COLOR),
    )
    shown = [structure for structure in structures if structure[1]]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.2, 2.8), layout="constrained")
        for axes, (title, scores, marker, color) in zip(
            figure.subplots(1, len(shown), squeeze=False)[0], shown, strict=True
        ):
            _bland_altman(axes, scores, marker, color)
            axes.set_title(title)
        return svg_of(figure)


def detection_figure(detection: DetectionSummary, settings: EvaluationSettings) -> str:
    """Sensitivity and precision by size band, with their intervals.

    Parameters
    ----------
    detection : DetectionSummary
        Counts by size.
    settings : EvaluationSettings
        Confidence of the intervals.

    Returns
    -------
    str
        An ``<svg>`` element.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.2, 2.8), layout="constrained")
        left, right = figure.subplots(1, 2, sharey=True)
        counts = [detection.by_size[band.value] for band in SizeBand]
        _rates(left, counts, "sensitivity", settings.confidence)
        _rates(right, counts, "precision", settings.confidence)
        return svg_of(figure)


def _dice_points(axes: Axes, scores: Sequence[MaskScores | None], marker: str, color: str, label: str) -> None:
    rows = [row for row, score in enumerate(scores) if score]
    if rows:
        dice = [score.overlap.dice for score in scores if score]
        axes.plot(dice, rows, marker, color=color, label=label, markersize=5, clip_on=False, alpha=0.9)


def _bland_altman(axes: Axes, scores: Sequence[MaskScores], marker: str, color: str) -> None:
    predicted = np.array([score.overlap.predicted_ml for score in scores])
    true = np.array([score.overlap.true_ml for score in scores])
    differences = predicted - true
    axes.axhline(0.0, color="#d1d5db", linewidth=1)
    axes.plot((predicted + true) / 2, differences, marker, color=color, markersize=5, alpha=0.9)
    axes.set(xlabel="mean of predicted and true (ml)", ylabel="predicted − true (ml)")
    axes.margins(x=0.08, y=0.25)
    bias = float(differences.mean())
    levels = {"mean": bias}
    if len(scores) >= FEWEST_FOR_LIMITS:
        spread = 1.96 * float(differences.std(ddof=1))
        levels |= {"+1.96 SD": bias + spread, "−1.96 SD": bias - spread}
    for name, level in levels.items():
        axes.axhline(level, color=LINE_COLOR, linewidth=1, linestyle="-" if name == "mean" else "--")
        axes.annotate(
            f"{name}\n{level:+.1f}".replace("-", "−"), (1.0, level), xycoords=("axes fraction", "data"), xytext=(3, 0),
            textcoords="offset points", va="center", fontsize=7, color=LINE_COLOR,
        )  # fmt: skip


def _rates(axes: Axes, counts: Sequence[Detection], rate: str, confidence: float) -> None:
    estimates = [getattr(count, rate)(confidence) for count in counts]
    ticks = [f"{band}\n{f'n = {e.n}' if e else 'none'}" for band, e in zip(SizeBand, estimates, strict=True)]
    axes.set_xticks(range(len(counts)), ticks)
    axes.set(ylim=(-0.02, 1.02), xlim=(-0.5, len(counts) - 0.5), title=rate.capitalize())
    axes.grid(axis="y", color="#e5e7eb")
    known = [(position, e) for position, e in enumerate(estimates) if e]
    if known:
        positions, values = [p for p, _ in known], [e.value for _, e in known]
        spans = np.array([(e.value - e.low, e.high - e.value) for _, e in known]).T
        axes.errorbar(
            positions, values, np.maximum(spans, 0), fmt="D", color=LESION_COLOR, capsize=4, markersize=6, clip_on=False
        )


def svg_of(figure: Figure) -> str:
    """A figure as an ``<svg>`` element without a date: the same numbers are the same text."""
    stream = io.StringIO()
    figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None})
    text = stream.getvalue()
    return text[text.index("<svg") :]
