"""The infer task `yasaka2018`: the triphasic network that ``livercad reproduce yasaka2018`` has trained."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
from monailabel.interfaces.tasks.infer_v2 import InferType

from livercad.core.taxonomy import YasakaCategory
from livercad.errors import InputError
from livercad.papers.yasaka2018.capture import largest_section
from livercad.papers.yasaka2018.predictor import NEEDED, YasakaPredictor
from livercad.papers.yasaka2018.settings import PHASES
from livercad.pipeline.analysis import Analysis
from livercad.server.jobs import current_progress
from livercad.server.paper_task import Analyse, PaperTask
from livercad.server.results import write_boxes
from livercad.studies.study import Study

NAME = "yasaka2018"
LABELS = {category.value: number for number, category in enumerate(YasakaCategory, start=1)}


class YasakaTask(PaperTask[YasakaPredictor]):
    """Probabilities of the five categories for lesions.

    Parameters
    ----------
    describe : callable
        ``describe(request, progress) -> Result``: the study with its lesions, found or given by the request.
    folder : Path
        With the model, as a reproduction leaves it in ``OUT/model``; it may appear later.
    """

    def __init__(self, describe: Analyse, folder: Path) -> None:
        super().__init__(
            InferType.CLASSIFICATION,
            LABELS,
            2,
            "Categories A to E of Yasaka 2018, from three phases of a lesion",
            describe,
            folder,
            YasakaPredictor,
        )

    def __call__(self, request: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Classify the lesions of ``request["study"]``; the file is made in ``request["folder"]``.

        Returns
        -------
        tuple of str and dict
            Boxes of the lesions as Slicer markups, and JSON: `lesions` with number, category and probabilities,
            `model`, `label_names`, `latencies` in seconds.

        Raises
        ------
        ModelError
            If there is no model.
        InputError
            If a phase is missing: before anything is analysed where the names of the study's series tell.
        """
        start = time.perf_counter()
        predictor = self._loaded()
        _check_phases(request["study"])
        result = self._analyse(request, current_progress())
        lesions = [_answer(predictor, result.analysis, lesion.number) for lesion in result.findings.lesions]
        file = write_boxes(result, Path(request["folder"]))
        return str(file), {
            "lesions": lesions,
            "model": predictor.description.model_dump(mode="json"),
            "label_names": LABELS,
            "latencies": {"total": round(time.perf_counter() - start, 3)},
        }


def _check_phases(study: Study) -> None:
    """Refuse a study that lacks a phase, whatever its nameless series turn out to be."""
    told = [series.phase for series in study.series]
    missing = [phase.value for phase in PHASES if phase not in told]
    if len(missing) > told.count(None):
        there = ", ".join(phase.value for phase in told if phase) or "none"
        raise InputError(
            f"the case {study.case}",
            found=f"no {' and no '.join(missing)} phase (named phases: {there}; nameless images: {told.count(None)})",
            expected=NEEDED,
            todo="Add or name the phases, or use lesion_classification, which takes any of them.",
        )


def _answer(predictor: YasakaPredictor, analysis: Analysis, number: int) -> dict[str, Any]:
    images = {image.phase: image.aligned for image in analysis.phases if image.phase}
    center, diameter_mm = largest_section(analysis.lesions.like(np.asarray(analysis.lesions.array == number)))
    probabilities = predictor(images, center, diameter_mm)
    return {
        "number": number,
        "category": max(probabilities, key=lambda category: probabilities[category]).value,
        "probabilities": {category.value: round(p, 4) for category, p in probabilities.items()},
    }
