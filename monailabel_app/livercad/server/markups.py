"""Lesion boxes as a 3D Slicer markups file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from livercad.core.findings import Findings
from livercad.core.geometry import Box
from livercad.core.lesion import Lesion
from livercad.core.taxonomy import LABEL_COLORS, Label
from livercad.reports.thumbnails import VERDICT_COLORS
from livercad.reports.words import tag_text, verdict_of

SCHEMA = (
    "https://raw.githubusercontent.com/slicer/slicer/master/Modules/Loadable/Markups/Resources/Schema/"
    "markups-schema-v1.0.3.json#"
)
"""Named in the file as Slicer's markups format asks for; never fetched."""


def lesion_boxes(findings: Findings) -> dict[str, Any]:
    """Make one ROI of each lesion.

    Parameters
    ----------
    findings : Findings
        Boxes in RAS mm.

    Returns
    -------
    dict
        Content of a ``.mrk.json`` file, format version 1.0.3: centre and size in RAS mm; class with its probability,
        score and diameter in the name; green for benign, red for malignant.
    """
    return {"@schema": SCHEMA, "markups": [_roi(lesion) for lesion in findings.lesions]}


def scored_boxes(boxes: Sequence[tuple[Box, float]]) -> dict[str, Any]:
    """Make one ROI of each box of a detector that outlines and measures nothing.

    Parameters
    ----------
    boxes : sequence of (Box, float)
        In RAS mm, each with its score; numbered in this order.

    Returns
    -------
    dict
        As `lesion_boxes`.
    """
    color = LABEL_COLORS[Label.LESION]
    return named_boxes(
        [(box, f"Lesion {number} (score {score:.2f})", color) for number, (box, score) in enumerate(boxes, start=1)]
    )


def named_boxes(boxes: Sequence[tuple[Box, str, tuple[int, int, int]]]) -> dict[str, Any]:
    """Make one ROI of each box.

    Parameters
    ----------
    boxes : sequence of (Box, str, tuple of int)
        In RAS mm, each with its name and its colour (red, green, blue in [0, 255]).

    Returns
    -------
    dict
        As `lesion_boxes`.
    """
    return {"@schema": SCHEMA, "markups": [_box(*each) for each in boxes]}


def _roi(lesion: Lesion) -> dict[str, Any]:
    color = VERDICT_COLORS.get(verdict_of(lesion.classification), LABEL_COLORS[Label.LESION])
    return _box(lesion.box, f"Lesion {tag_text(lesion)} (score {lesion.score:.2f}, {lesion.diameter_mm:.0f} mm)", color)


def _box(box: Box, name: str, color: tuple[int, int, int]) -> dict[str, Any]:
    red, green, blue = (value / 255 for value in color)
    center = list(box.center)
    return {
        "type": "ROI",
        "name": name,
        "coordinateSystem": box.frame.value,
        "coordinateUnits": "mm",
        "roiType": "Box",
        "center": center,
        "size": list(box.size),
        "orientation": [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        "insideOut": False,
        "controlPoints": [{"id": "1", "label": name, "position": center, "positionStatus": "defined"}],
        "display": {"color": [red, green, blue], "selectedColor": [red, green, blue], "fillVisibility": False},
    }
