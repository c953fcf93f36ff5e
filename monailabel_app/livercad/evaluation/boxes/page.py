"""The HTML page of an evaluation of detections: one file that needs no other."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import date

from markupsafe import Markup

from livercad import __version__
from livercad.core.findings import DISCLAIMER
from livercad.evaluation.boxes.evaluate import DetectionScores
from livercad.evaluation.boxes.figures import froc_figure, precision_recall_figure, rate_name, sizes_figure
from livercad.evaluation.boxes.free_response import ALL_SIZES, UNKNOWN_SIZE, Froc
from livercad.evaluation.boxes.model import BoxFrame
from livercad.evaluation.boxes.settings import BoxCriterion, DetectionSettings, Repeats
from livercad.evaluation.boxes.sheets import Sheet, png_of
from livercad.evaluation.boxes.told import BoxSet
from livercad.evaluation.page import PHANTOM_NOTE, TEMPLATES, environment

MISSED, FALSE = "misses", "false-positives"
"""Names of the sheets."""

HIT_WORDS = {
    BoxCriterion.IOU: "the area or volume that it shares with the lesion's box, over that of both together (IoU), is "
    "{:g} or more",
    BoxCriterion.IOBB: "the area or volume that it shares with the lesion's box, over its own (IoBB), is {:g} or more",
    BoxCriterion.CENTRE: "its centre lies in the lesion: in its mask where the truth has masks, else in its box",
}
CRITERION_NAMES = {
    BoxCriterion.IOU: "IoU ≥ {:g}",
    BoxCriterion.IOBB: "IoBB ≥ {:g}",
    BoxCriterion.CENTRE: "centre in the lesion",
}
REPEATS_WORDS = {
    Repeats.IGNORED: "Further boxes on a lesion that a surer box has hit are ignored in FROC, and false positives in "
    "precision.",
    Repeats.FALSE_POSITIVE: "Further boxes on a lesion that a surer box has hit are false positives.",
}


def render_page(boxes: BoxSet, scores: DetectionScores, sheets: Mapping[str, Sheet]) -> str:
    """Make the page.

    Parameters
    ----------
    boxes : BoxSet
        What was evaluated.
    scores : DetectionScores
        What it comes to.
    sheets : mapping of str to Sheet
        Contact sheets by name, where there are pictures.

    Returns
    -------
    str
        HTML with its styles, figures and pictures inside.
    """
    first = scores.frocs[0]
    rate, threshold = scores.working_point
    return (
        environment()
        .get_template("detection.html")
        .render(
            style=Markup((TEMPLATES / "evaluation.css").read_text(encoding="utf-8")),
            boxes=boxes,
            scores=scores,
            settings=scores.settings,
            first=first,
            planar=boxes.images[0].frame is BoxFrame.PIXELS,
            point=next(point for point in first.at if point.rate == rate),
            threshold=threshold,
            hit=HIT_WORDS[scores.settings.criterion].format(scores.settings.threshold),
            repeats=REPEATS_WORDS[scores.settings.repeats],
            criteria={name_of(one, scores.settings): froc for one, froc in scores.by_criterion.items()},
            rate_name=rate_name,
            all_sizes=ALL_SIZES,
            with_sizes=_has_sizes(first),
            figures=[Markup(text) for text in _figures(scores)],
            sheets={name: (sheet, _uri(sheet)) for name, sheet in sheets.items()},
            disclaimer=DISCLAIMER,
            phantom_note=PHANTOM_NOTE if boxes.is_phantom else "",
            version=__version__,
            today=date.today().isoformat(),
        )
    )


def name_of(criterion: BoxCriterion, settings: DetectionSettings) -> str:
    """A criterion with its threshold, for people."""
    return CRITERION_NAMES[criterion].format(settings.threshold)


def _has_sizes(froc: Froc) -> bool:
    return any(stratum.size not in (ALL_SIZES, UNKNOWN_SIZE) for stratum in froc.sizes)


def _figures(scores: DetectionScores) -> list[str]:
    figures = [froc_figure(one) for one in scores.frocs]
    if _has_sizes(scores.frocs[0]):
        figures.append(sizes_figure(scores.frocs[0]))
    if scores.curve.thresholds:
        figures.append(precision_recall_figure(scores.curve))
    return figures


def _uri(sheet: Sheet) -> str | None:
    png = png_of(sheet)
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii") if png else None
