"""A batch from a folder of studies to a folder of results."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from livercad.batch.discovering import discover
from livercad.batch.display import Display
from livercad.batch.failures import Failure
from livercad.batch.folder import LOG, check_space, log_failure, opened
from livercad.batch.manifest import hash_inputs, provenance_of
from livercad.batch.outputs import (
    HIDDEN,
    has_aligned,
    holds_cases,
    is_current,
    is_done,
    write_failure,
)
from livercad.batch.result import BatchResult
from livercad.batch.runner import Job, Runner
from livercad.batch.stop import listening
from livercad.batch.summary import CASES, ULTRASOUND_CASES, RunRecord, write_summary
from livercad.batch.work import Case, Outcome, State
from livercad.core.findings import ModelUsed
from livercad.core.ultrasound import MODALITY
from livercad.errors import InputError, LiverCADError
from livercad.settings import Settings, UltrasoundSettings
from livercad.studies.files import RESULTS_MARK
from livercad.studies.study import Study


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
        If the models cannot be loaded.
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
            started=_now(),
        )
        result, through = BatchResult(), False
        try:
            for problems, modality in ((found.ct.problems, None), (images.problems, MODALITY)):
                for problem in problems:
                    outcome = Outcome(problem.case, State.FAILED, problem.reason)
                    display.tell(outcome)
                    _write_down(job, outcome, result, modality)
            if found.ct.studies:
                _compute(job, runner, found.ct.studies, result, record, settings, force)
            if ultrasound and images.cases and not stop.asked:
                _compute(job, ultrasound.runner, images.cases, result, record, ultrasound.settings, force)
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


def _compute(
    job: Job,
    runner: Runner,
    studies: Sequence[Case],
    result: BatchResult,
    record: RunRecord,
    settings: Settings | UltrasoundSettings,
    force: bool,
) -> None:
    modality = MODALITY if isinstance(settings, UltrasoundSettings) else None
    with runner:
        with job.display.waiting("Loading the models"):
            models = runner.prepare(job)
        record.models += models
        wanted = list(studies) if force else _out_of_date(job, studies, models, settings, result)
        if not wanted or job.stop.asked:
            return
        with job.display.counting("Analysing", len(wanted)):
            for outcome in runner.run(job, wanted):
                job.display.ended(outcome)
                if outcome.state is State.DONE:
                    result.done.append(outcome.case)
                elif outcome.state is State.FAILED:
                    _write_down(job, outcome, result, modality)
                if not job.stop.asked:
                    check_space(job.out)


def _out_of_date(
    job: Job,
    studies: Sequence[Case],
    models: tuple[ModelUsed, ...],
    settings: Settings | UltrasoundSettings,
    result: BatchResult,
) -> list[Case]:
    """Leave out the cases whose results would come out the same today."""
    wanted, before = [], len(result.kept)
    with job.display.counting("Checking what is done", len(studies)):
        for study in studies:
            if job.stop.asked:
                break
            if _would_be_the_same(job, study, models, settings):
                result.kept.append(study.case)
            else:
                wanted.append(study)
            job.display.skipped()
    if kept := len(result.kept) - before:
        job.display.say(f"Done before and unchanged: {kept} of {len(studies)} cases.")
    return wanted


def _would_be_the_same(
    job: Job, study: Case, models: tuple[ModelUsed, ...], settings: Settings | UltrasoundSettings
) -> bool:
    folder = job.out / study.case
    if not is_done(folder) or (job.save_aligned and isinstance(study, Study) and not has_aligned(folder)):
        return False
    try:
        inputs = hash_inputs(study)
    except LiverCADError:
        return False  # the attempt to compute it tells what is wrong
    return is_current(folder, provenance_of(study, inputs, models, settings).fingerprint())


def _write_down(job: Job, outcome: Outcome, result: BatchResult, modality: str | None) -> None:
    result.failed.append(outcome.case)
    result.reasons_in.append(ULTRASOUND_CASES if modality else CASES)
    if outcome.traceback:
        log_failure(job.out, outcome.case, outcome.traceback)
        job.display.say(f"  The traceback is in {job.out / LOG}.")
    failure = Failure(
        case=outcome.case, reason=outcome.note, studies=str(job.studies), failed=_now(), modality=modality
    )
    write_failure(job.out, failure)


def _now() -> datetime:
    return datetime.now().astimezone()
