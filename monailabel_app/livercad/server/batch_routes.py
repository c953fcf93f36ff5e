"""``/batch/infer``: MONAI Label's routes on `livercad.server.batches`.

``params`` may choose cases by name, ``{"images": ["case-1", "case-7"]}``; the task's id is a job's, so
``/livercad/jobs/{id}/events`` tells how far it is.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Annotated, Any

from fastapi import APIRouter, Body, HTTPException, Request
from monailabel.interfaces.datastore import DefaultLabelTag
from monailabel.interfaces.tasks.batch_infer import BatchInferImageType, BatchInferTask

from livercad.errors import Cancelled, InputError, LiverCADError
from livercad.server.batches import Batch
from livercad.server.instance import livercad_app
from livercad.server.jobs import ENDED
from livercad.server.modalities import check_that_results_can_be_kept
from livercad.server.names import check_name

router = APIRouter(prefix="/batch/infer", tags=["Infer"])


@router.post("/{model}")
async def start(
    request: Request,
    model: str,
    images: BatchInferImageType = BatchInferImageType.IMAGES_ALL,
    params: Annotated[dict[str, Any] | None, Body()] = None,
    run_sync: bool = False,
) -> dict[str, Any]:
    """Start a batch; with `run_sync` wait for its results."""
    app, state = livercad_app(), request.app.state
    check_that_results_can_be_kept(model, app.infer_task(model))
    tag = check_name((params or {}).get("label_tag") or DefaultLabelTag.ORIGINAL.value, "label tag")
    wishes = {"images": images, **(params or {}), "model": model, "label_tag": tag}
    cases = _choose(wishes)
    batches = _batches(request)
    if batches and batches[-1].job.state not in ENDED:
        raise HTTPException(429, "A batch is running already; DELETE /batch/infer stops it.")
    job = state.jobs.add("", model, f"{len(cases)} cases")
    batch = Batch(job, cases, {**wishes, "images": cases})
    batches.append(batch)
    task = asyncio.create_task(_run(batch, request))
    state.batch_task = task  # held, or it could be collected while it runs
    if run_sync:
        await task
        return batch.results
    return batch.to_dict()


@router.get("")
async def status(request: Request, all: bool = False, check_if_running: bool = False) -> Any:
    """Tell of the latest batch, or of all."""
    batches = _batches(request)
    if not batches:
        raise HTTPException(404, "No batch has been started.")
    if check_if_running and batches[-1].job.state in ENDED:
        raise HTTPException(404, "No batch is running.")
    return [batch.to_dict() for batch in batches] if all else batches[-1].to_dict()


@router.delete("")
async def stop(request: Request) -> dict[str, Any] | None:
    """Stop the batch that is running, at its next step."""
    batches = _batches(request)
    if not batches or batches[-1].job.state in ENDED:
        return None
    batches[-1].job.cancel()
    return batches[-1].to_dict()


async def _run(batch: Batch, request: Request) -> None:
    # The job and the batch's details tell what went wrong.
    with contextlib.suppress(Cancelled, LiverCADError):
        await batch.run(request.app.state.turns)


def _batches(request: Request) -> list[Batch]:
    batches: list[Batch] = request.app.state.batches
    return batches


def _choose(wishes: dict[str, Any]) -> list[str]:
    images, size = wishes["images"], wishes.get("max_batch_size") or 0
    if not isinstance(images, str | list) or not isinstance(size, int):
        raise InputError(
            "params", found=f"images {images!r}, max_batch_size {size!r}", expected="all, labeled, unlabeled or a list "
            "of cases, and a number", todo="Mend the request.",
        )  # fmt: skip
    datastore = livercad_app().datastore()
    cases = sorted(BatchInferTask().get_images(wishes, datastore))
    for case in cases:
        datastore.study(case)
    return cases[: size or None]
