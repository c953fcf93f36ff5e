"""Cases of a batch computed, those of one modality after those of another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from livercad.batch.failures import Failure
from livercad.batch.folder import LOG, check_space, log_failure
from livercad.batch.manifest import hash_inputs, provenance_of
from livercad.batch.outputs import has_aligned, is_current, is_done, write_failure
from livercad.batch.result import BatchResult
from livercad.batch.runner import Job, Runner
from livercad.batch.summary import CASES, ULTRASOUND_CASES, RunRecord
from livercad.batch.work import Case, Outcome, State
from livercad.core.findings import ModelUsed
from livercad.core.ultrasound import MODALITY
from livercad.errors import LiverCADError, ModelError
from livercad.settings import Settings, UltrasoundSettings
from livercad.studies.discover import Problem
from livercad.studies.study import Study


@dataclass(frozen=True)
class Group:
    """The cases of one modality, and who computes them.

    Parameters
    ----------
    runner : Runner
        With an analyzer of the modality.
    cases : sequence of Study or ImageCase
        One or more.
    settings : Settings or UltrasoundSettings
        What the runner's analyzer was, or will be, loaded with.
    """

    runner: Runner
    cases: Sequence[Case]
    settings: Settings | UltrasoundSettings

    @property
    def modality(self) -> str | None:
        """``US``; None for CT, as in `Failure`."""
        return MODALITY if isinstance(self.settings, UltrasoundSettings) else None


def compute(job: Job, groups: Sequence[Group], result: BatchResult, record: RunRecord, *, force: bool) -> None:
    """Compute the cases whose results are missing, failed or out of date.

    Parameters
    ----------
    job : Job
        Of the batch.
    groups : sequence of Group
        In the order in which they are computed.
    result : BatchResult
        Told what became of every case.
    record : RunRecord
        Told the models.
    force : bool
        Compute every case.

    Raises
    ------
    ModelError
        If no group's models can be loaded. Where those of one can, the cases of the other have failed for that reason;
        earlier results of theirs stay.
    """
    without_models: list[tuple[Group, ModelError]] = []
    for group in groups:
        if job.stop.asked:
            return
        with group.runner:
            try:
                with job.display.waiting("Loading the models"):
                    models = group.runner.prepare(job)
            except ModelError as error:
                without_models.append((group, error))
                continue
            record.models += models
            _compute(job, group, models, result, force)
    if groups and len(without_models) == len(groups):
        raise without_models[0][1]
    for group, missing in without_models:
        earlier = [case.case for case in group.cases if is_done(job.out / case.case)]
        result.unchecked += earlier
        left = [Problem(case.case, str(missing)) for case in group.cases if case.case not in earlier]
        tell_failures(job, left, result, group.modality)
        if earlier:
            job.display.say(f"Earlier results stay, of cases not looked at again: {len(earlier)}; {missing}")


def tell_failures(job: Job, problems: Iterable[Problem], result: BatchResult, modality: str | None) -> None:
    """Write down, and show, cases that cannot be computed at all.

    Parameters
    ----------
    job : Job
        Of the batch.
    problems : iterable of Problem
        A case each.
    result : BatchResult
        Told of them.
    modality : str or None
        As in `Failure`.
    """
    for problem in problems:
        outcome = Outcome(problem.case, State.FAILED, problem.reason)
        job.display.tell(outcome)
        _write_down(job, outcome, result, modality)


def _compute(job: Job, group: Group, models: tuple[ModelUsed, ...], result: BatchResult, force: bool) -> None:
    wanted = list(group.cases) if force else _out_of_date(job, group, models, result)
    if not wanted or job.stop.asked:
        return
    with job.display.counting("Analysing", len(wanted)):
        for outcome in group.runner.run(job, wanted):
            job.display.ended(outcome)
            if outcome.state is State.DONE:
                result.done.append(outcome.case)
            elif outcome.state is State.FAILED:
                _write_down(job, outcome, result, group.modality)
            if not job.stop.asked:
                check_space(job.out)


def _out_of_date(job: Job, group: Group, models: tuple[ModelUsed, ...], result: BatchResult) -> list[Case]:
    """Leave out the cases whose results would come out the same today."""
    wanted, before = [], len(result.kept)
    with job.display.counting("Checking what is done", len(group.cases)):
        for study in group.cases:
            if job.stop.asked:
                break
            if _would_be_the_same(job, study, models, group.settings):
                result.kept.append(study.case)
            else:
                wanted.append(study)
            job.display.skipped()
    if kept := len(result.kept) - before:
        job.display.say(f"Done before and unchanged: {kept} of {len(group.cases)} cases.")
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
    now = datetime.now().astimezone()
    failure = Failure(case=outcome.case, reason=outcome.note, studies=str(job.studies), failed=now, modality=modality)
    write_failure(job.out, failure)
