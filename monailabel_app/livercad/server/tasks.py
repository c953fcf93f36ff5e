"""The infer tasks: ways to see the one analysis that batch makes as well, and to ask about lesions of one's own."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from monailabel.interfaces.tasks.infer_v2 import InferTask, InferType

from livercad.core.taxonomy import Label
from livercad.progress import Progress
from livercad.server import aluko_task, shah_task, yasaka_task
from livercad.server.analyses import Analyses
from livercad.server.jobs import current_progress
from livercad.server.results import Result, instance_names, write_boxes, write_instances, write_lesions, write_liver
from livercad.settings import models_folder

LIVER = {"liver": int(Label.LIVER)}
LESION = {"lesion": int(Label.LESION)}
LIVER_AND_LESIONS = {**LIVER, **LESION}


class AnalysisTask(InferTask):
    """One infer task.

    Parameters
    ----------
    kind : InferType
        Segmentation or detection.
    labels : dict of str to int
        Label names and their values.
    description : str
        For people.
    analyse : callable
        ``analyse(request, progress) -> Result``; the request has the `study`.
    write : callable
        Writes its part of a result into a new file in a folder, and returns the file.
    problem : callable
        Tells why analyses cannot be made at present; empty if they can.
    label_names : callable, optional
        Names and values of what `write` has written, where they depend on the result.
    """

    def __init__(
        self,
        kind: InferType,
        labels: dict[str, int],
        description: str,
        analyse: Callable[[dict[str, Any], Progress], Result],
        write: Callable[[Result, Path], Path],
        problem: Callable[[], str],
        label_names: Callable[[Result], dict[str, int]] | None = None,
    ) -> None:
        super().__init__(kind, labels, 3, description)
        self._analyse = analyse
        self._write = write
        self._problem = problem
        self._label_names = label_names or (lambda result: labels)

    def is_valid(self) -> bool:
        """Show the task always: without weights it answers with what to do."""
        return True

    def info(self) -> dict[str, Any]:
        """Return what MONAI Label tells of a task, and whether its weights are there."""
        return {**super().info(), "problem": self._problem()}

    def __call__(self, request: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Analyse ``request["study"]``; the file is made in ``request["folder"]``.

        Returns
        -------
        tuple of str and dict
            The result's file, and its JSON: `findings`, `label_names` with their values, `latencies` in seconds.
        """
        start = time.perf_counter()
        result = self._analyse(request, current_progress())
        file = self._write(result, Path(request["folder"]))
        latencies = {**result.findings.timings_s, "total": round(time.perf_counter() - start, 3)}
        return str(file), {
            "findings": result.findings.to_dict(),
            "label_names": self._label_names(result),
            "latencies": latencies,
        }


def all_tasks(analyses: Analyses) -> dict[str, InferTask]:
    """Make the tasks.

    Parameters
    ----------
    analyses : Analyses
        Analyse studies, and describe the lesions that a request gives.

    Returns
    -------
    dict of str to InferTask
        By name.
    """

    def case(request: dict[str, Any], progress: Progress) -> Result:
        return analyses.analyse(request["study"], progress)

    def problem() -> str:
        return analyses.problem

    classify = analyses.classify

    def given_or_found(request: dict[str, Any], progress: Progress) -> Result:
        marked = request.get("lesions") or request.get("label")
        return classify(request, progress) if marked else case(request, progress)

    segmentation, detection = InferType.SEGMENTATION, InferType.DETECTION
    return {
        "liver": AnalysisTask(segmentation, LIVER, "The liver, its lesions included", case, write_liver, problem),
        "lesions": AnalysisTask(
            segmentation, LIVER_AND_LESIONS, "The liver and its lesions", case, write_lesions, problem
        ),
        "lesion_detection": AnalysisTask(
            detection, LESION, "A box around every lesion, with its score", case, write_boxes, problem
        ),
        "liver_cad": AnalysisTask(
            segmentation,
            LESION,
            "All phases: every lesion as a segment of its own, measured in each phase and classified",
            case,
            write_instances,
            problem,
            label_names=instance_names,
        ),
        "lesion_classification": AnalysisTask(
            InferType.CLASSIFICATION,
            LESION,
            "Lesions that you mark, as boxes, points or a label map: measured in each phase and classified",
            classify,
            write_boxes,
            problem,
        ),
        yasaka_task.NAME: yasaka_task.YasakaTask(given_or_found, models_folder() / yasaka_task.NAME),
        shah_task.NAME: shah_task.ShahTask(case, models_folder() / shah_task.NAME),
        aluko_task.NAME: aluko_task.AlukoTask(case, models_folder() / aluko_task.NAME),
    }
