"""A training: epochs with checkpoints, so that one that was stopped goes on to the very same weights."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor, nn

from livercad.errors import InputError
from livercad.learning.checkpoint import CHECKPOINT, read_checkpoint, write_checkpoint
from livercad.papers.aluko2018.plan import Curves, Plan, Training
from livercad.papers.diverged import diverged, is_finite
from livercad.progress import Progress
from livercad.studies.atomic import write_bytes, write_text

LARGEST_GRADIENT = 10.0
"""Norm to which gradients are cut: of detectors that begin with random weights they are large at first."""
WARM_UP = 50
"""Minibatches over which a falling learning rate first rises."""


class Task(Protocol):
    """What is trained."""

    network: nn.Module
    optimizer: torch.optim.Optimizer
    batch: int
    falls: bool
    """Whether the learning rate falls along half a cosine."""
    rate_setting: str
    """Name of the learning rate in the settings, with the group."""

    def losses(self, numbers: Sequence[int]) -> dict[str, Tensor]:
        """Losses of some images, which are added up; the network is in training."""

    def validation(self) -> dict[str, float]:
        """The same of the validation images; empty where there are none."""

    def answers(self, progress: Progress) -> dict[str, Any]:
        """What the trained network says of the images, ready for JSON."""


def train(plan: Plan, task: Task, progress: Progress) -> Training:
    """Train, or go on with a training, and write weights and result.

    Parameters
    ----------
    plan : Plan
        What to do.
    task : Task
        How; its network made after `seed_weights`.
    progress : Progress
        Called after every minibatch; may raise `Cancelled`: what whole epochs have come to is kept.

    Returns
    -------
    Training
        Also in `Plan.result_path`.

    Raises
    ------
    InputError
        If it diverges: then nothing of it is kept.
    """
    folder = plan.folder / plan.name
    first, seconds, log = _resumed(plan, task, folder)
    steps = math.ceil(len(plan.numbers) / task.batch)
    rate = task.optimizer.param_groups[0]["lr"] if first == 0 else log["rate"]
    for epoch in range(first, plan.epochs):
        start = time.perf_counter()
        torch.manual_seed(plan.seed_of("epoch", epoch))
        task.network.train()
        taken: list[dict[str, float]] = []
        for step, numbers in enumerate(_minibatches(plan, epoch, task.batch)):
            progress(epoch * steps + step, plan.epochs * steps, f"{plan.name}, epoch {epoch + 1} of {plan.epochs}")
            if task.falls:
                _set_rate(task.optimizer, rate * _share(epoch * steps + step, plan.epochs * steps))
            taken.append(_step(task, numbers))
            _check(plan, task, epoch, taken[-1], "training")
        _add(log["training"], {name: float(np.mean([each[name] for each in taken])) for name in taken[0]})
        with torch.inference_mode():
            validation = task.validation()
        _check(plan, task, epoch, validation, "validation")
        if not is_finite(task.network):
            raise _stopped(plan, task, epoch, "weights that are not finite")
        _add(log["validation"], validation)
        seconds += time.perf_counter() - start
        write_checkpoint(
            folder,
            {
                "identity": plan.key,
                "epoch": epoch + 1,
                "network": task.network.state_dict(),
                "optimizer": task.optimizer.state_dict(),
                "log": {**log, "rate": rate},
                "seconds": seconds,
            },
        )
    task.network.eval()
    answers = task.answers(progress)
    if not _is_told(answers):
        raise _stopped(plan, task, plan.epochs - 1, "answers that are not finite")
    parameters = list(task.network.parameters())
    training = Training(
        key=plan.key,
        name=plan.name,
        epochs=plan.epochs,
        parameters=sum(each.numel() for each in parameters),
        trained_parameters=sum(each.numel() for each in parameters if each.requires_grad),
        seconds=round(seconds, 1),
        curves=Curves(training=log["training"], validation=log["validation"]),
        answers=answers,
    )
    write_bytes(plan.weights_path, save(_state(task.network)))
    write_text(plan.result_path, training.model_dump_json())
    (folder / CHECKPOINT).unlink(missing_ok=True)
    return training


def seed_weights(plan: Plan) -> None:
    """Make the next network of torch's get this training's first weights."""
    torch.manual_seed(plan.seed_of("weights"))


def _state(network: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}


def _resumed(plan: Plan, task: Task, folder: Path) -> tuple[int, float, dict[str, Any]]:
    """Epochs done, seconds taken and the log of a training that was stopped; all nothing for a new one."""
    try:
        state = read_checkpoint(folder, plan.key)
    except (InputError, RuntimeError, EOFError, KeyError):  # of other settings, or written by another version
        state = None
    if state is None:
        return 0, 0.0, {"training": {}, "validation": {}}
    task.network.load_state_dict(state["network"])
    task.optimizer.load_state_dict(state["optimizer"])
    return int(state["epoch"]), float(state["seconds"]), state["log"]


def _step(task: Task, numbers: Sequence[int]) -> dict[str, float]:
    losses = task.losses(numbers)
    total = torch.stack(list(losses.values())).sum()
    task.optimizer.zero_grad()
    total.backward()
    nn.utils.clip_grad_norm_([p for p in task.network.parameters() if p.requires_grad], LARGEST_GRADIENT)
    task.optimizer.step()
    return {name: float(loss.detach()) for name, loss in losses.items()}


def _check(plan: Plan, task: Task, epoch: int, losses: dict[str, float], side: str) -> None:
    for name, loss in losses.items():
        if not math.isfinite(loss):
            raise _stopped(plan, task, epoch, f"a {side} loss ({name}) of {loss}")


def _is_told(answers: dict[str, Any]) -> bool:
    """Whether JSON can tell all of them: it has no words for what is not finite."""
    try:
        json.dumps(answers, allow_nan=False)
    except ValueError:
        return False
    return True


def _stopped(plan: Plan, task: Task, epoch: int, found: str) -> InputError:
    """Forget a training that has diverged: going on would not mend it."""
    (plan.folder / plan.name / CHECKPOINT).unlink(missing_ok=True)
    return diverged(plan.name, epoch + 1, plan.epochs, found, task.rate_setting)


def _minibatches(plan: Plan, epoch: int, batch: int) -> Iterator[list[int]]:
    order = np.random.default_rng(plan.seed_of("order", epoch)).permutation(plan.numbers).tolist()
    for first in range(0, len(order), batch):
        yield order[first : first + batch]


def _share(step: int, steps: int) -> float:
    """Of the learning rate: it rises at first, then falls along half a cosine."""
    return min(1.0, (step + 1) / WARM_UP) * 0.5 * (1 + math.cos(math.pi * step / steps))


def _set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate


def _add(curves: dict[str, list[float]], values: dict[str, float]) -> None:
    for name, value in values.items():
        curves.setdefault(name, []).append(round(value, 7))
