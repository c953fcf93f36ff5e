"""Trainings: ``/livercad/training``, and MONAI Label's ``/train`` on the same `Trainer`.

One at a time. Its job's name is the training's `id`, so ``/livercad/jobs/{id}/events`` tells how far it is.
"""

from __future__ import annotations

from typing import Annotated, Any

import anyio
from fastapi import APIRouter, Body, HTTPException
from pydantic import Field, ValidationError

from livercad.errors import InputError
from livercad.server.batches import STATUS, clock
from livercad.server.fields import unfit
from livercad.server.instance import livercad_app
from livercad.server.jobs import Job, State
from livercad.server.progress_routes import PERIOD_S
from livercad.server.trainer import Trainer
from livercad.server.training_cases import why_no_training
from livercad.server.training_curves import curves_of
from livercad.server.training_orders import Stage, Training, Wish
from livercad.server.training_tasks import settings_of, title_of

router = APIRouter(tags=["Train"])

STATES = {
    Stage.RUNNING: State.RUNNING,
    Stage.TRAINED: State.RUNNING,
    Stage.DONE: State.DONE,
    Stage.FAILED: State.FAILED,
    Stage.CANCELLED: State.CANCELLED,
}
"""Of a training that a former server has ended, and that has no job."""
PASSED_OVER = frozenset({"model", "name", "client_id"})
"""What MONAI Label's clients send beside settings."""


class Request(Wish):
    """A training that somebody wants."""

    model: str = Field(description="The task that is trained.")
    who: str = Field("", max_length=200, description="Who wants it.")


# -- LiverCAD's


@router.get("/livercad/training")
def show_training() -> dict[str, Any]:
    """Tell what can be trained, how, or why nothing can; how the latest training goes; which have failed."""
    trainer = livercad_app().trainer
    reason = why_no_training(livercad_app().datastore())
    settings, titles = settings_of(Wish), {task: title_of(recipe) for task, recipe in trainer.recipes.items()}
    models = [{"name": task, "title": title, "settings": settings} for task, title in titles.items()]
    failed = [
        {"id": each.id, "model": each.task, "who": each.who, "ended": each.ended, "error": each.error}
        for each in trainer.trainings.failed()
    ]
    return {"trainers": [] if reason else models, "reason": reason, "job": _told(trainer), "failed": failed}


@router.post("/livercad/training")
def start_training(request: Request) -> dict[str, Any] | None:
    """Start a training on the labels of now."""
    livercad_app().check_task("trainer", request.model)
    wish = Wish(**request.model_dump(include=set(Wish.model_fields)))
    livercad_app().trainer.start(request.model, wish, request.who)
    return _told(livercad_app().trainer)


@router.delete("/livercad/training")
async def stop_training() -> dict[str, Any] | None:
    """Stop the training under way when its checkpoint is written; the weights in use stay as they are."""
    trainer = livercad_app().trainer
    _cancel(trainer)
    return await anyio.to_thread.run_sync(_told, trainer)


# -- MONAI Label's


@router.post("/train/{model}")
async def train(
    model: str,
    params: Annotated[dict[str, Any] | None, Body()] = None,
    run_sync: bool = False,
    enqueue: bool = False,
) -> dict[str, Any]:
    """Start a training; with `run_sync` wait for its end. Trainings are never enqueued: a second one is refused."""
    app = livercad_app()
    app.check_task("trainer", model)
    wish, who = _wish_in(params or {}, model)
    await anyio.to_thread.run_sync(app.trainer.start, model, wish, who)
    while run_sync and app.trainer.is_at_work:
        await anyio.sleep(PERIOD_S)
    return _as_task(app.trainer)


@router.post("/train/", include_in_schema=False)
async def train_all(params: Annotated[dict[str, Any] | None, Body()] = None) -> dict[str, Any]:
    """Refuse to train all models at once."""
    raise InputError(
        "POST /train/",
        found="no model",
        expected=f"one of {', '.join(livercad_app().trainer.recipes)}",
        todo="Name it, as in POST /train/lesions: one is trained at a time.",
    )


@router.get("/train/")
def status(all: bool = False, check_if_running: bool = False) -> Any:
    """Tell of the latest training."""
    trainer = livercad_app().trainer
    if trainer.latest is None:
        raise HTTPException(404, "No training has been started.")
    if check_if_running and not trainer.is_at_work:
        raise HTTPException(404, "No training is running.")
    return [_as_task(trainer)] if all else _as_task(trainer)


@router.delete("/train/")
async def stop() -> dict[str, Any] | None:
    """Stop the training under way, as ``DELETE /livercad/training`` does."""
    trainer = livercad_app().trainer
    return _as_task(trainer) if _cancel(trainer) else None


def _cancel(trainer: Trainer) -> bool:
    job = trainer.job
    if job is None or not trainer.is_at_work:
        return False
    job.cancel()
    return True


def _wish_in(params: dict[str, Any], model: str) -> tuple[Wish, str]:
    """The settings in what a client of MONAI Label sends: flat, or under the model's name."""
    own = params.get(model)
    told = {**params, **own} if isinstance(own, dict) else dict(params)
    who = str(told.pop("who", "") or told.get("client_id") or "")
    told = {name: value for name, value in told.items() if name not in {model, *PASSED_OVER}}
    try:
        return Wish.model_validate(told), who
    except ValidationError as error:
        raise unfit(error, Wish, "setting", "Mend the request.") from error


def _told(trainer: Trainer) -> dict[str, Any] | None:
    """The latest training, for clients."""
    training, job = trainer.latest, trainer.job
    if training is None:
        return None
    state = job.state if job else STATES[training.stage]
    return {
        "id": training.id,
        "model": training.task,
        "who": training.who,
        "state": state,
        "fraction": job.fraction if job else float(state is State.DONE),
        "what": _what(training, job),
        "started": training.started,
        "ended": training.ended,
        "settings": training.wish.model_dump(),
        "cases": dict(training.sides),
        "history": curves_of(trainer.trainings.place(training), training.model),
        "result": training.result,
        "promotion": training.promotion,
    }


def _what(training: Training, job: Job | None) -> str:
    if (job and job.error) or training.error:
        return job.error if job and job.error else training.error
    return job.what if job and job.state in (State.QUEUED, State.RUNNING) else ""


def _as_task(trainer: Trainer) -> dict[str, Any]:
    """The latest training as MONAI Label describes a background task."""
    training, job = trainer.latest, trainer.job
    assert training is not None
    state = job.state if job else STATES[training.stage]
    details = [text for text in (_what(training, job), *_sentences(training)) if text]
    task = {
        "id": training.id,
        "status": STATUS[state],
        "request": {"model": training.task, **training.wish.model_dump()},
        "start_ts": clock(training.started),
        "details": details,
    }
    return {**task, "end_ts": clock(training.ended)} if training.ended else task


def _sentences(training: Training) -> tuple[str, ...]:
    return (training.result or {}).get("sentence", ""), (training.promotion or {}).get("reason", "")
