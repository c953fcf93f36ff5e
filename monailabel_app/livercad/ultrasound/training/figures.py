"""Figures of a training: ROC curves, reliability, and the examples that were called wrongly with most confidence."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from livercad.core.circle import Circle
from livercad.evaluation.classes import reliability
from livercad.evaluation.figures import LESION_COLOR, LINE_COLOR, LIVER_COLOR, STYLE, svg_of
from livercad.evaluation.roc import roc_curve
from livercad.studies.ultrasound.collection import Collection
from livercad.ultrasound.training.results import Prediction, QuestionResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOWN = 12
"""Wrong examples in a sheet."""
COLUMNS = 4
CIRCLE_COLOR = "#ffd60a"


def curves_figure(result: QuestionResult) -> str:
    """ROC curve of two classes, and the reliability diagram.

    Parameters
    ----------
    result : QuestionResult
        Of one question.

    Returns
    -------
    str
        An ``<svg>`` element.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE | {"svg.hashsalt": f"livercad {result.question}"}):
        names = list(result.classes)
        shown = list(enumerate(names))[1 if len(names) == 2 else 0 :]
        figure = Figure(figsize=(7.2, 3.7 + 0.2 * len(shown)), layout="compressed")
        left, right = figure.subplots(1, 2)
        for number, name in shown:
            curve = roc_curve(
                [each.truth == name for each in result.predictions],
                [each.probabilities[name] for each in result.predictions],
            )
            color = (LESION_COLOR, LIVER_COLOR, LINE_COLOR, "#d08a1d")[number % 4]
            label = f"{name}, area {curve.auc:.3f}"
            left.plot(curve.false_positive_rate, curve.true_positive_rate, color=color, label=label)
        _square(left, "false positive rate", "true positive rate", "ROC curve")
        # Below the axes: inside, it would lie over curves near the diagonal.
        left.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.16))
        told = np.array([list(each.probabilities.values()) for each in result.predictions])
        truth = np.array([names.index(each.truth) for each in result.predictions])
        bins = reliability(told, truth)
        right.plot([one.confidence for one in bins], [one.accuracy for one in bins], "o-", color=LESION_COLOR)
        for one in bins:
            right.annotate(f"{one.n}", (one.confidence, one.accuracy), xytext=(4, -9), textcoords="offset points")
        _square(right, "probability of what is said", "share that is right", "Calibration")
        return svg_of(figure)


def errors_picture(result: QuestionResult, collection: Collection) -> str:
    """Lay out the examples called wrongly with most confidence.

    Parameters
    ----------
    result : QuestionResult
        Of one question.
    collection : Collection
        With their images.

    Returns
    -------
    str
        A PNG picture as a data address; empty where all were called rightly.
    """
    from matplotlib.figure import Figure
    from matplotlib.patches import Circle as Ring

    wrong = worst_errors(result.predictions)
    if not wrong:
        return ""
    arrays = {image.name: image.array for image in collection.images}
    rows = -(-len(wrong) // COLUMNS)
    figure = Figure(figsize=(10, 2.6 * rows), layout="constrained")
    axes = np.atleast_2d(figure.subplots(rows, COLUMNS, squeeze=False)).ravel()
    for each in axes:
        each.set_axis_off()
    for each, prediction in zip(axes, wrong, strict=False):
        each.imshow(arrays[prediction.image], cmap="gray", vmin=0, vmax=255)
        if prediction.center and prediction.diameter:
            circle = Circle(prediction.center, prediction.diameter)
            each.add_patch(Ring(circle.center, circle.diameter / 2, fill=False, color=CIRCLE_COLOR))
        said, share = _said(prediction)
        each.set_title(f"{prediction.truth}, called {said} {share:.2f}\n{prediction.image[-34:]}", fontsize=8)
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=90)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()


def worst_errors(predictions: Sequence[Prediction]) -> list[Prediction]:
    """Those called wrongly, the most confident first, `SHOWN` at most."""
    wrong = [each for each in predictions if _said(each)[0] != each.truth]
    return sorted(wrong, key=lambda each: -_said(each)[1])[:SHOWN]


def _said(prediction: Prediction) -> tuple[str, float]:
    return max(prediction.probabilities.items(), key=lambda each: each[1])


def _square(axes: Axes, x: str, y: str, title: str) -> None:
    axes.plot([0, 1], [0, 1], color=LINE_COLOR, linewidth=0.7, linestyle="dotted")
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), xlabel=x, ylabel=y, title=title, aspect="equal")
