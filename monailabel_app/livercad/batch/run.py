"""A batch from a folder of studies to a folder of results."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from livercad.batch.display import Display
from livercad.batch.folder import LOG, check_not_foreign, check_space, log_failure, opened
from livercad.batch.manifest import hash_inputs, provenance_of
from livercad.batch.outputs import HIDDEN, Failure, drop_failures, holds_cases, is_current, is_done, write_failure
from livercad.batch.runner import Job, Runner
from livercad.batch.stop import listening
from livercad.batch.summary import RunRecord, write_summary
from livercad.batch.work import Outcome, State
from livercad.core.findings import ModelUsed
from livercad.errors import InputError, LiverCADError
from livercad.settings import Settings
from livercad.studies.discover import Discovery, find_studies
from livercad.studies.files import RESULTS_MARK
from livercad.studies.study import Study

FLAT_ENDINGS = frozenset((".png", ".jpg", ".jpeg", ".bmp", ".gif"))
ENDINGS_TOLD = 3
"""Kinds of files that the message names where no study lies: the most frequent."""


@dataclass
class BatchResult:
    """What became of the cases of one batch.

    Parameters
    ----------
    done, kept, failed : list of str
        Cases computed now, those whose earlier results still hold, those without results.
    cancelled : bool
        Whether the user stopped it before the end.
    """

    done: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    cancelled: bool = False

    def in_words(self) -> str:
        """One line for the user."""
        parts = [f"{len(self.done)} analysed"]
        parts += [f"{len(self.kept)} done before"] if self.kept else []
        parts += [f"{len(self.failed)} failed, for the reasons in cases.csv"] if self.failed else []
        return ("Stopped: " if self.cancelled else "Cases: ") + ", ".join(parts) + "."


def run_batch(
    studies: Path, out: Path, runner: Runner, settings: Settings, display: Display, *, force: bool = False
) -> BatchResult:
    """Analyse every study of a folder whose results are missing, failed or out of date.

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
    force : bool, default False
        Compute every case again.

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
        job = Job(studies, out, token, stop, display)
        discovery = _discover(job)
        record = RunRecord(
            studies=studies, settings=settings, runner=runner.describe(), left_out=discovery.left_out, started=_now()
        )
        result, through = BatchResult(), False
        try:
            for problem in discovery.problems:
                outcome = Outcome(problem.case, State.FAILED, problem.reason)
                display.tell(outcome)
                _write_down(job, outcome, result)
            if discovery.studies:
                _compute(job, runner, discovery.studies, result, record, settings, force)
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


def _discover(job: Job) -> Discovery:
    """Find the studies; no case may take a place in the output folder that something else holds."""
    discovery = find_studies(job.studies)
    cases = [study.case for study in discovery.studies] + [problem.case for problem in discovery.problems]
    if not cases:
        raise InputError(
            job.studies,
            found="no study" + _instead(discovery),
            expected="CT as NIfTI files, folders of phases, or DICOM series",
            todo="Name the folder that holds them.",
        )
    check_not_foreign(job.out, cases)
    drop_failures(job.out, str(job.studies), keep=set(cases))
    if discovery.left_out:
        first = discovery.left_out[0].reason
        job.display.say(f"Left out: {_counted(discovery)}, for example {first}. run.json lists them.")
    return discovery


def _counted(discovery: Discovery) -> str:
    count = len(discovery.left_out)
    return f"{count} file{'s' if count > 1 else ''} or series"


def _instead(discovery: Discovery) -> str:
    """Say in brackets what lies there where no study does."""
    parts = [f"{_counted(discovery)} left out"] if discovery.left_out else []
    for ending, count in discovery.others.most_common(ENDINGS_TOLD):
        files = "files" if count > 1 else "file"
        what = f"{count} {ending} {files}" if ending else f"{count} {files} without ending"
        if ending in FLAT_ENDINGS:
            what += ", which are 2-D images" if count > 1 else ", which is a 2-D image"
        parts.append(what)
    return f" ({'; '.join(parts)})" if parts else ""


def _compute(
    job: Job,
    runner: Runner,
    studies: Sequence[Study],
    result: BatchResult,
    record: RunRecord,
    settings: Settings,
    force: bool,
) -> None:
    with runner:
        with job.display.waiting("Loading the models"):
            record.models = runner.prepare(job)
        wanted = list(studies) if force else _out_of_date(job, studies, record.models, settings, result)
        if not wanted or job.stop.asked:
            return
        with job.display.counting("Analysing", len(wanted)):
            for outcome in runner.run(job, wanted):
                job.display.ended(outcome)
                if outcome.state is State.DONE:
                    result.done.append(outcome.case)
                elif outcome.state is State.FAILED:
                    _write_down(job, outcome, result)
                if not job.stop.asked:
                    check_space(job.out)


def _out_of_date(
    job: Job, studies: Sequence[Study], models: tuple[ModelUsed, ...], settings: Settings, result: BatchResult
) -> list[Study]:
    """Leave out the cases whose results would come out the same today."""
    wanted = []
    with job.display.counting("Checking what is done", len(studies)):
        for study in studies:
            if job.stop.asked:
                break
            if _would_be_the_same(job.out / study.case, study, models, settings):
                result.kept.append(study.case)
            else:
                wanted.append(study)
            job.display.skipped()
    if result.kept:
        job.display.say(f"Done before and unchanged: {len(result.kept)} of {len(studies)} cases.")
    return wanted


def _would_be_the_same(folder: Path, study: Study, models: tuple[ModelUsed, ...], settings: Settings) -> bool:
    if not is_done(folder):
        return False
    try:
        inputs = hash_inputs(study)
    except LiverCADError:
        return False  # the attempt to compute it tells what is wrong
    return is_current(folder, provenance_of(study, inputs, models, settings).fingerprint())


def _write_down(job: Job, outcome: Outcome, result: BatchResult) -> None:
    result.failed.append(outcome.case)
    if outcome.traceback:
        log_failure(job.out, outcome.case, outcome.traceback)
        job.display.say(f"  The traceback is in {job.out / LOG}.")
    failure = Failure(case=outcome.case, reason=outcome.note, studies=str(job.studies), failed=_now())
    write_failure(job.out, failure)


def _now() -> datetime:
    return datetime.now().astimezone()
