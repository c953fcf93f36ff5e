"""Work that a route does as a job: with progress, in its turn, to be cancelled."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

import anyio.to_thread
from fastapi import Request

from livercad.pipeline.ultrasound_analyzer import UltrasoundReport
from livercad.server.errors import ConflictError
from livercad.server.instance import livercad_app
from livercad.server.jobs import Job, current_progress
from livercad.server.results import Result
from livercad.server.ultrasound_task import DESCRIPTIONS, UltrasoundTask
from livercad.studies.ultrasound.cases import ImageCase

T = TypeVar("T")


async def as_job(
    request: Request, name: str, model: str, case: str, work: Callable[[], T], known: Callable[[], T | None]
) -> tuple[Job, T]:
    """Do a piece of work as a job.

    Parameters
    ----------
    request : Request
        To which server it came.
    name : str
        The client's name for the job; empty to make one.
    model, case : str
        What the job is about.
    work : callable
        Blocks; runs when it is its turn.
    known : callable
        Returns what `work` would, where it is at hand, which takes no turn; else None. Blocks for a moment.

    Returns
    -------
    Job
        It has ended.
    T
        What `work` or `known` returned.
    """
    job: Job = request.app.state.jobs.add(name, model, case)
    with job.followed():
        found = await anyio.to_thread.run_sync(known)
        return job, await request.app.state.turns.run(job, work) if found is None else found


async def analysis_of(request: Request, case: str, name: str) -> tuple[Job, Result]:
    """The analysis of a case, made now unless it is at hand.

    Parameters
    ----------
    request : Request
        To which server it came.
    case : str
        The case.
    name : str
        The client's name for the job; empty to make one.

    Returns
    -------
    Job
        It has ended.
    Result
        The analysis.
    """
    analyses = livercad_app().analyses
    study = await anyio.to_thread.run_sync(lambda: livercad_app().datastore().study(case))
    return await as_job(
        request,
        name,
        "liver_cad",
        case,
        work=lambda: analyses.analyse(study, current_progress()),
        known=partial(analyses.at_hand, study),
    )


async def flat_report_of(request: Request, case: str, model: str, name: str) -> tuple[Job, UltrasoundReport]:
    """What a model says of a case of ultrasound, asked now unless its latest answer is at hand.

    Parameters
    ----------
    request : Request
        To which server it came.
    case : str
        The case.
    model : str
        Which; empty for the one that was asked last about this case, else the default one.
    name : str
        The client's name for the job; empty to make one.

    Returns
    -------
    Job
        It has ended.
    UltrasoundReport
        Of all images of the case, with the lesions marked.
    """
    task, images = await anyio.to_thread.run_sync(partial(_flat_task, case, model))
    return await as_job(
        request,
        name,
        task.name,
        case,
        work=lambda: task.report_of(images, current_progress()),
        known=partial(task.at_hand, images),
    )


def _flat_task(case: str, model: str) -> tuple[UltrasoundTask, ImageCase]:
    app = livercad_app()
    task = app.infer_task(model or app.flat_reports.task_of(case))
    if not isinstance(task, UltrasoundTask):
        raise ConflictError(
            f"the report by {model!r}",
            found="a model of CT",
            expected=f"none named for a case of CT; for one of ultrasound {', '.join(DESCRIPTIONS)}, or none",
            todo="Leave model out.",
        )
    return task, app.datastore().catalogue.image_case(case)
