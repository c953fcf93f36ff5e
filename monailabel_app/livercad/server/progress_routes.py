"""Routes that show jobs, stream their progress and cancel them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from livercad.server.jobs import ENDED, Job, Jobs

PERIOD_S = 0.1
"""How often a job is looked at for news."""

router = APIRouter(prefix="/livercad/jobs", tags=["Jobs"])


def jobs_of(request: Request) -> Jobs:
    """Return the jobs of the server that a request came to."""
    jobs: Jobs = request.app.state.jobs
    return jobs


async def _job(request: Request, name: str) -> Job:
    return jobs_of(request).find(name)


Found = Annotated[Job, Depends(_job)]


@router.get("")
async def list_jobs(request: Request) -> list[dict[str, Any]]:
    """Every job that is waiting or running, and the latest that have ended."""
    return [job.to_dict() for job in jobs_of(request).all()]


@router.get("/{name}")
async def show_job(job: Found) -> dict[str, Any]:
    """One job."""
    return job.to_dict()


@router.delete("/{name}")
async def cancel_job(job: Found) -> dict[str, Any]:
    """Ask a job to stop. It ends at its next step; one that has ended stays as it is."""
    if job.state not in ENDED:
        job.cancel()
    return job.to_dict()


@router.get("/{name}/events", response_class=EventSourceResponse)
async def follow_job(job: Found) -> AsyncIterable[ServerSentEvent]:
    """Progress as server-sent events: ``progress`` with every change and ``end`` once; the data is the job."""
    seen = -1
    while job.state not in ENDED:
        if job.version != seen:
            seen = job.version
            yield ServerSentEvent(event="progress", data=job.to_dict())
        await asyncio.sleep(PERIOD_S)
    yield ServerSentEvent(event="end", data=job.to_dict())
