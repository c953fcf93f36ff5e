"""The infer task `aluko2018_faster_rcnn`: the detector that ``livercad reproduce aluko2018`` has trained."""

from __future__ import annotations

import json
import math
import time
import uuid
from pathlib import Path
from typing import Any

from monailabel.interfaces.tasks.infer_v2 import InferType

from livercad.core.taxonomy import Label
from livercad.errors import InputError
from livercad.papers.aluko2018.predictor import NAME, AlukoDetector
from livercad.progress import part
from livercad.server.jobs import current_progress
from livercad.server.markups import scored_boxes
from livercad.server.paper_task import Analyse, PaperTask, box_in_json
from livercad.studies.atomic import write_text

LABELS = {"lesion": int(Label.LESION)}
LIVER_SHARE = 0.7
"""Of the time, for the progress: finding the liver."""


class AlukoTask(PaperTask[AlukoDetector]):
    """Boxes around lesions in the liver, found slice by slice on the reference phase.

    Parameters
    ----------
    analyse : callable
        ``analyse(request, progress) -> Result``: the study with its liver.
    folder : Path
        With the model, as a reproduction leaves it in ``OUT/model``; it may appear later.
    """

    def __init__(self, analyse: Analyse, folder: Path) -> None:
        super().__init__(
            InferType.DETECTION,
            LABELS,
            3,
            "Lesions by the Faster R-CNN of Aluko et al. 2018, slice by slice",
            analyse,
            folder,
            AlukoDetector,
        )

    def __call__(self, request: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Find lesions on ``request["study"]``; the file is made in ``request["folder"]``.

        Returns
        -------
        tuple of str and dict
            Boxes as Slicer markups, of lesions that are as sure as the model's threshold asks for, or as
            ``request["threshold"]``; and JSON: `lesions` with number, score and box in RAS mm, `threshold`, `model`,
            `label_names`, `latencies` in seconds.

        Raises
        ------
        ModelError
            If there is no model: before anything is analysed.
        InputError
            If the threshold is no number in [0, 1]: likewise.
        """
        start = time.perf_counter()
        detector, progress = self._loaded(), current_progress()
        threshold = _threshold(request, detector.description.threshold)
        analysis = self._analyse(request, part(progress, 0, LIVER_SHARE)).analysis
        found = detector(analysis.reference, analysis.liver, part(progress, LIVER_SHARE, 1))
        sure = [lesion for lesion in found if lesion.score >= threshold]
        file = Path(request["folder"]) / f"{uuid.uuid4().hex}.json"
        write_text(file, json.dumps(scored_boxes([(lesion.box, lesion.score) for lesion in sure]), indent=1))
        return str(file), {
            "lesions": [
                {"number": number, "score": round(lesion.score, 4), "box": box_in_json(lesion.box)}
                for number, lesion in enumerate(sure, start=1)
            ],
            "threshold": threshold,
            "model": detector.description.model_dump(mode="json"),
            "label_names": LABELS,
            "latencies": {"total": round(time.perf_counter() - start, 3)},
        }


def _threshold(request: dict[str, Any], default: float) -> float:
    asked = request.get("threshold")
    if asked is None:
        return default
    try:
        value = float(asked)
    except (TypeError, ValueError):
        value = math.nan
    if not 0 <= value <= 1:
        raise InputError(
            "threshold", found=repr(asked), expected="a number in [0, 1]", todo="Mend the request (docs/server.md)."
        )
    return value


__all__ = ["LABELS", "NAME", "AlukoTask"]
