"""A training: epochs with checkpoints, so that one that was stopped goes on to the very same weights."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors.torch import load, save
from torch import Tensor, nn

from livercad.code import code_hash
from livercad.errors import InputError
from livercad.learning.checkpoint import CHECKPOINT, read_checkpoint, write_checkpoint
from livercad.progress import Progress
from livercad.studies.atomic import write_bytes, write_text

CODE = (
    "livercad.networks.aluko2018",
    "livercad.networks.faster_rcnn",
    "livercad.papers.aluko2018.one_box",
    "livercad.papers.aluko2018.detector",
    __name__,
)
"""What a training depends on, but for its images and settings."""
LARGEST_GRADIENT = 10.0
"""Norm to which gradients are cut: of detectors that begin with random weights they are large at first."""
WARM_UP = 50
"""Minibatches over which a falling learning rate first rises."""


class Curves(BaseModel):
    """Losses by epoch, and with them other numbers that were taken."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    training: dict[str, list[float]]
    validation: dict[str, list[float]]
    """Empty where there is no validation image."""


class Training(BaseModel):
    """A training that has ended."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    name: str
    epochs: int
    parameters: int
    trained_parameters: int
    seconds: float
    curves: Curves
    answers: dict[str, Any]
    """By part, as the task gives them."""


class Task(Protocol):
    """What is trained."""

    network: nn.Module
    optimizer: torch.optim.Optimizer
    batch: int
    falls: bool
    """Whether the learning rate falls along half a cosine."""

    def losses(self, numbers: Sequence[int]) -> dict[str, Tensor]:
        """Losses of some images, which are added up; the network is in training."""

    def validation(self) -> dict[str, float]:
        """The same of the validation images; empty where there are none."""

    def answers(self, progress: Progress) -> dict[str, Any]:
        """What the trained network says of the images, ready for JSON."""


@dataclass(frozen=True)
class Plan:
    """What to train, and where it is kept.

    Parameters
    ----------
    name : str
        Of the training; fit for a file.
    told : str
        All settings, images and weights that it depends on.
    folder : Path
        Of all trainings.
    epochs : int
        How often every training image is shown.
    numbers : tuple of int
        The training images.
    seed : int
        Of the order, dropout and sampling; each epoch has its own.
    """

    name: str
    told: str
    folder: Path
    epochs: int
    numbers: tuple[int, ...]
    seed: int

    @property
    def key(self) -> str:
        """Tells whether a training that is there is this one."""
        told = f"{code_hash(*CODE)} {self.name} {self.told} {self.epochs} {self.numbers} {self.seed}"
        return hashlib.sha256(told.encode()).hexdigest()

    @property
    def result_path(self) -> Path:
        """Of what came out."""
        return self.folder / f"{self.name}.json"

    @property
    def weights_path(self) -> Path:
        """Of the weights."""
        return self.folder / f"{self.name}.safetensors"

    def seed_of(self, *what: object) -> int:
        """A seed of its own for every purpose."""
        return int.from_bytes(hashlib.sha256(f"{self.seed} {self.name} {what}".encode()).digest()[:6], "big")

    def result(self) -> Training | None:
        """What came out, where this training has ended already."""
        try:
            training = Training.model_validate_json(self.result_path.read_text(encoding="utf-8"))
        except (OSError, ValidationError, UnicodeDecodeError):
            return None
        return training if training.key == self.key and self.weights_path.is_file() else None


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
        _add(log["training"], {name: float(np.mean([each[name] for each in taken])) for name in taken[0]})
        with torch.inference_mode():
            _add(log["validation"], task.validation())
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


def load_weights(network: nn.Module, data: bytes) -> None:
    """Give a network the weights that a training has left.

    Parameters
    ----------
    network : Module
        Of the same shape.
    data : bytes
        Of a safetensors file.

    Raises
    ------
    SafetensorError, RuntimeError
        If they are not its weights.
    """
    network.load_state_dict(load(data))


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
