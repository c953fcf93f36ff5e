"""Everything that an evaluation of detections leaves in its folder."""

from __future__ import annotations

from pathlib import Path

from livercad.evaluation.boxes.document import BOX_COLUMNS, box_rows, document
from livercad.evaluation.boxes.evaluate import DetectionScores
from livercad.evaluation.boxes.page import FALSE, MISSED, render_page
from livercad.evaluation.boxes.pictures import Pictures
from livercad.evaluation.boxes.sheets import Sheet, contact_sheet, false_positives, missed, png_of
from livercad.evaluation.boxes.told import BoxSet
from livercad.evaluation.tables import as_json, to_csv
from livercad.studies.atomic import write_bytes, write_text


def write_detection(boxes: BoxSet, scores: DetectionScores, output: Path, pictures: Pictures | None = None) -> None:
    """Write ``detection.json``, ``boxes.csv`` and ``index.html``; with pictures, contact sheets as PNG too.

    Parameters
    ----------
    boxes : BoxSet
        What was evaluated.
    scores : DetectionScores
        What it comes to.
    output : Path
        The folder; made if it is not there.
    pictures : Pictures, optional
        Of the images or scans.
    """
    sheets = sheets_of(boxes, scores, pictures) if pictures else {}
    write_text(output / "boxes.csv", to_csv(box_rows(boxes, scores), BOX_COLUMNS))
    write_text(output / "detection.json", as_json(document(boxes, scores)))
    for name in (MISSED, FALSE):
        path, png = output / f"{name}.png", png_of(sheets[name]) if name in sheets else None
        if png:
            write_bytes(path, png)
        else:
            path.unlink(missing_ok=True)  # of an evaluation before, it would tell of other boxes
    write_text(output / "index.html", render_page(boxes, scores, sheets))


def sheets_of(boxes: BoxSet, scores: DetectionScores, pictures: Pictures) -> dict[str, Sheet]:
    """Contact sheets of misses at the working point, and of the surest false positives.

    Parameters
    ----------
    boxes : BoxSet
        The images.
    scores : DetectionScores
        What was hit.
    pictures : Pictures
        Of the images.

    Returns
    -------
    dict of str to Sheet
        By name; a sheet without a picture is left out.
    """
    _, threshold = scores.working_point
    drawn = {
        MISSED: contact_sheet(missed(scores.marked, boxes.images, threshold), boxes.images, pictures, threshold),
        FALSE: contact_sheet(false_positives(scores.marked, boxes.images), boxes.images, pictures, threshold),
    }
    return {name: sheet for name, sheet in drawn.items() if sheet}
