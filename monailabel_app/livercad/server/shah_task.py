"""The infer task `shah2021`: the MDL-CNN that ``livercad reproduce shah2021`` has trained, slice by slice."""

from __future__ import annotations

import json
import time
import uuid
from pathlib import Path
from typing import Any

from monailabel.interfaces.tasks.infer_v2 import InferType

from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.errors import InputError
from livercad.papers.shah2021.classes import CLASSES
from livercad.papers.shah2021.predictor import NAME, FoundLesion, ShahDetector
from livercad.papers.shah2021.settings import PHASES
from livercad.pipeline.analysis import Analysis
from livercad.progress import part
from livercad.server.jobs import current_progress
from livercad.server.markups import named_boxes
from livercad.server.paper_task import Analyse, PaperTask, box_in_json
from livercad.studies.atomic import write_text
from livercad.studies.study import Study

LABELS = {kind.value: number for number, kind in enumerate(CLASSES, start=1)}
LIVER_SHARE = 0.7
"""Of the time, for the progress: finding the liver."""
ORDER = (Phase.PORTAL, Phase.ARTERIAL)
"""Which phase is looked at, where a study has both: lesions differ most from the liver in the portal one."""


class ShahTask(PaperTask[ShahDetector]):
    """Boxes around lesions with class and probability, found slice by slice in the product's own liver.

    The product's liver is taken: its network finds the liver better than the paper's three convolutions, and the
    server has found it already.

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
            "Lesions and their classes by the MDL-CNN of Shah 2021, slice by slice",
            analyse,
            folder,
            ShahDetector,
        )

    def __call__(self, request: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Find lesions on ``request["study"]``; the file is made in ``request["folder"]``.

        Returns
        -------
        tuple of str and dict
            Boxes as Slicer markups, green for benign, red for malignant, class and probability in the name; and JSON:
            `lesions` with number, score, class, probabilities and box in RAS mm, `phase`, `model`, `label_names`,
            `latencies` in seconds.

        Raises
        ------
        ModelError
            If there is no model: before anything is analysed.
        InputError
            If the study has neither a portal nor an arterial phase: before anything is analysed where the names of its
            series tell.
        """
        start = time.perf_counter()
        detector, progress = self._loaded(), current_progress()
        _check_phases(request["study"])
        analysis = self._analyse(request, part(progress, 0, LIVER_SHARE)).analysis
        phase, ct = _image_of(analysis)
        found = detector(ct, analysis.liver, part(progress, LIVER_SHARE, 1))
        file = Path(request["folder"]) / f"{uuid.uuid4().hex}.json"
        boxes = [(lesion.box, _name(number, lesion), lesion.kind.color) for number, lesion in enumerate(found, start=1)]
        write_text(file, json.dumps(named_boxes(boxes), indent=1))
        return str(file), {
            "lesions": [_answer(number, lesion) for number, lesion in enumerate(found, start=1)],
            "phase": phase.value,
            "model": detector.description.model_dump(mode="json"),
            "label_names": LABELS,
            "latencies": {"total": round(time.perf_counter() - start, 3)},
        }


def _check_phases(study: Study) -> None:
    """Refuse a study without arterial and portal phase, whatever its nameless series turn out to be."""
    told = [series.phase for series in study.series]
    if None not in told and not set(told) & set(PHASES):
        raise _refused(f"the case {study.case}", ", ".join(phase.value for phase in told if phase))


def _image_of(analysis: Analysis) -> tuple[Phase, Volume]:
    """The phase to look at, on the grid of the analysis' liver."""
    images = {image.phase: image.aligned for image in analysis.phases if image.phase}
    for phase in ORDER:
        if phase in images:
            return phase, images[phase]
    raise _refused("the study", ", ".join(phase.value for phase in images) or "none")


def _refused(thing: str, there: str) -> InputError:
    return InputError(
        thing,
        found=f"neither a portal nor an arterial phase (phases: {there})",
        expected="one of them: Shah 2021 has trained on contrast-enhanced images only, others give false positives",
        todo="Add or name such a phase, or use lesion_detection, which takes any.",
    )


def _name(number: int, lesion: FoundLesion) -> str:
    return f"Lesion {number} {lesion.kind} {lesion.probabilities[lesion.kind]:.2f} (score {lesion.score:.2f})"


def _answer(number: int, lesion: FoundLesion) -> dict[str, Any]:
    return {
        "number": number,
        "score": round(lesion.score, 4),
        "class": lesion.kind.value,
        "malignant": lesion.kind.is_malignant,
        "probabilities": {kind.value: round(p, 4) for kind, p in lesion.probabilities.items()},
        "box": box_in_json(lesion.box),
    }


__all__ = ["LABELS", "NAME", "ShahTask"]
