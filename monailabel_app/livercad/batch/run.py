"""A batch from a folder of studies to a folder of results."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from livercad.batch.computing import Group, compute, tell_failures
from livercad.batch.discovering import discover
from livercad.batch.display import Display
from livercad.batch.folder import opened
from livercad.batch.outputs import HIDDEN, holds_cases
from livercad.batch.result import BatchResult
from livercad.batch.runner import Job, Runner
from livercad.batch.stop import listening
from livercad.batch.summary import RunRecord, write_summary
from livercad.core.ultrasound import MODALITY
from livercad.errors import InputError
from livercad.settings import Settings, UltrasoundSettings
from livercad.studies.files import RESULTS_MARK


@dataclass(frozen=True)
class Ultrasound:
    """Who computes the cases that are ultrasound images.

    Parameters
    ----------
    runner : Runner
        With an `livercad.pipeline.ultrasound_analyzer.UltrasoundAnalyzer`.
    settings : UltrasoundSettings
        What that was, or will be, loaded with.
    """

    runner: Runner
    settings: UltrasoundSettings


def run_batch(
    studies: Path,
    out: Path,
    runner: Runner,
    settings: Settings,
    display: Display,
    *,
    ultrasound: Ultrasound | None = None,
    force: bool = False,
    one_case: bool = False,
    save_aligned: bool = False,
) -> BatchResult:
    """Analyse every case of a folder whose results are missing, failed or out of date.

    Parameters
    ----------
    studies : Path
        Folder of studies, or one image file.
    out : Path
        The output folder. It may lie inside `studies`.
    runner : Runner
        Who computes.
    settings : Settings
        What the runner's analyzer was, or will be, loaded with.
    display : Display
        What the user sees.
    ultrasound : Ultrasound or None
        Who computes the cases that are ultrasound images; None to look for CT only. Each runner is used, and its models
        are loaded, only where there are cases for it.
    force : bool, default False
        Compute every case again.
    one_case : bool, default False
        Take all images of the folder for one case.
    save_aligned : bool, default False
        Write the other phases, laid over the reference phase, as well.

    Returns
    -------
    BatchResult
        Ctrl-C ends the batch early but in order: the result says so, and the summary is written all the same.

    Raises
    ------
    InputError
        If there are no studies, or the output folder cannot be used.
    ModelError
        If the models cannot be loaded of any modality that there is. Where those of one can, the cases of the other
        have failed.
    """
    # Not resolved: the name of a folder that is itself a case is the one that the user gives.
    studies, out = Path(os.path.abspath(studies)), Path(os.path.abspath(out))
    _check_folders(studies, out)
    with listening() as stop, opened(out) as token:
        job = Job(studies, out, token, stop, display, save_aligned)
        found = discover(job, one_case=one_case, with_ultrasound=ultrasound is not None)
        images = found.ultrasound
        any_images = bool(images.cases or images.problems)
        record = RunRecord(
            studies=studies,
            settings=settings if found.ct.studies or found.ct.problems or not any_images else None,
            ultrasound=ultrasound.settings if ultrasound and any_images else None,
            runner=runner.describe(),
            left_out=found.left_out,
            started=datetime.now().astimezone(),
        )
        groups = [Group(runner, found.ct.studies, settings)] if found.ct.studies else []
        groups += [Group(ultrasound.runner, images.cases, ultrasound.settings)] if ultrasound and images.cases else []
        result, through = BatchResult(), False
        try:
            tell_failures(job, found.ct.problems, result, None)
            tell_failures(job, images.problems, result, MODALITY)
            compute(job, groups, result, record, force=force)
            through = True
        finally:
            record.cancelled = result.cancelled = stop.asked
            if through or holds_cases(out):
                write_summary(out, record)
    return result


def _check_folders(studies: Path, out: Path) -> None:
    if not studies.exists():
        raise InputError(
            studies, found="nothing there", expected="a folder of studies", todo="Name the folder that holds them."
        )
    todo = "Name another --output; a new folder inside that of the studies will do."
    if studies.resolve() == out.resolve():
        raise InputError(
            out, found="the folder of the studies itself", expected="another folder for the results", todo=todo
        )
    if studies.resolve() in out.resolve().parents and out.is_dir() and not (out / RESULTS_MARK).exists():
        others = [path for path in out.iterdir() if path.name != HIDDEN]
        if others:
            found = f"a folder among the studies that holds {others[0].name}"
            raise InputError(out, found=found, expected="a new folder, or earlier results", todo=todo)
