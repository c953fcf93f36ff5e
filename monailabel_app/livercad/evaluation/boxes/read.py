"""Boxes from whatever the user has: findings, CSV tables or COCO's JSON."""

from __future__ import annotations

from pathlib import Path

from livercad.evaluation.boxes.coco_boxes import read_coco_predictions, read_coco_truth
from livercad.evaluation.boxes.csv_boxes import read_predictions, read_truth
from livercad.evaluation.boxes.of_findings import boxes_of_findings
from livercad.evaluation.boxes.told import BoxSet, assemble, wrong
from livercad.progress import Progress, silent

FORMATS = "a folder that `livercad analyze` wrote, a CSV table or COCO results in JSON"
TRUTHS = "a folder of case folders with lesion masks, a CSV table or a COCO data set in JSON"


def read_boxes(predictions: Path, truth: Path, progress: Progress = silent) -> BoxSet:
    """Read detections and truth.

    Parameters
    ----------
    predictions : Path
        A folder of findings, a table (``.csv``) or COCO results (``.json``).
    truth : Path
        A folder of case folders with lesion masks for findings; else a table or a COCO data set.
    progress : Progress
        Counts cases where masks are read.

    Returns
    -------
    BoxSet
        What to evaluate.

    Raises
    ------
    InputError
        If a file is missing, of another kind, or wrong inside.
    """
    for path, expected in ((predictions, FORMATS), (truth, TRUTHS)):
        if not path.exists():
            wrong(path, "nothing there", expected, "Check the path.")
    if predictions.is_dir() or truth.is_dir():
        for path, other, expected in ((predictions, truth, "findings"), (truth, predictions, "masks")):
            if not path.is_dir():
                wrong(path, "a file", f"a folder with {expected}, as {other} is one", "Give two folders or two files.")
        return boxes_of_findings(predictions, truth, progress)
    true = read_truth(truth) if _is_table(truth, TRUTHS) else read_coco_truth(truth)
    found = (
        read_predictions(predictions) if _is_table(predictions, FORMATS) else read_coco_predictions(predictions, true)
    )
    return assemble(found, true)


def _is_table(path: Path, expected: str) -> bool:
    ending = path.suffix.lower()
    if ending not in (".csv", ".json"):
        wrong(path, f"a file that ends in '{ending}'", expected, "Name it .csv or .json.")
    return ending == ".csv"
