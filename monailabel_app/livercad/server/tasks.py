"""The infer tasks: three ways to see the one analysis that batch makes as well."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from monailabel.interfaces.tasks.infer_v2 import InferTask, InferType

from livercad.core.findings import Findings
from livercad.core.taxonomy import Label
from livercad.core.volume import Volume
from livercad.pipeline.analysis import Analysis
from livercad.progress import Progress
from livercad.server.jobs import current_progress
from livercad.server.markups import lesion_boxes
from livercad.studies.atomic import write_text
from livercad.studies.nifti import write_volume
from livercad.studies.study import Study


@dataclass(frozen=True)
class Result:
    """What clients get of an analysis.

    Parameters
    ----------
    findings : Findings
        All of them.
    labels : Volume
        `Label` values, uint8, on the reference image's grid.
    """

    findings: Findings
    labels: Volume

    @classmethod
    def of(cls, analysis: Analysis) -> Result:
        """Put liver and lesions into one label map."""
        labels = np.where(analysis.lesions.array > 0, np.uint8(Label.LESION), analysis.liver.array.astype(np.uint8))
        return cls(analysis.findings, analysis.liver.like(labels))


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
        ``analyse(study, progress) -> Result``.
    write : callable
        Writes its part of a result into a new file in a folder, and returns the file.
    problem : callable
        Tells why analyses cannot be made at present; empty if they can.
    """

    def __init__(
        self,
        kind: InferType,
        labels: dict[str, int],
        description: str,
        analyse: Callable[[Study, Progress], Result],
        write: Callable[[Result, Path], Path],
        problem: Callable[[], str],
    ) -> None:
        super().__init__(kind, labels, 3, description)
        self._analyse = analyse
        self._write = write
        self._problem = problem

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
        result = self._analyse(request["study"], current_progress())
        file = self._write(result, Path(request["folder"]))
        latencies = {**result.findings.timings_s, "total": round(time.perf_counter() - start, 3)}
        return str(file), {
            "findings": result.findings.to_dict(),
            "label_names": self.labels,
            "latencies": latencies,
        }


def write_liver(result: Result, folder: Path) -> Path:
    """Write the liver with its lesions as value 1."""
    return _write_mask(result.labels.like((result.labels.array > 0).astype(np.uint8)), folder)


def write_lesions(result: Result, folder: Path) -> Path:
    """Write the liver as 1 and lesions as 2."""
    return _write_mask(result.labels, folder)


def write_boxes(result: Result, folder: Path) -> Path:
    """Write lesion boxes as Slicer markups."""
    file = folder / f"{uuid.uuid4().hex}.json"
    write_text(file, json.dumps(lesion_boxes(result.findings), indent=1))
    return file


def _write_mask(mask: Volume, folder: Path) -> Path:
    file = folder / f"{uuid.uuid4().hex}.nii.gz"
    write_volume(mask, file)
    return file
