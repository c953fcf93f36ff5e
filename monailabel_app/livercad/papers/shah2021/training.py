"""Training of either network: Adam on minibatches, with checkpoints that it goes on from bit for bit.

“Formulas and equations”: Adam with 0.9 and 0.999, minibatches of 32, cross-entropy.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import torch
from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors.torch import save
from torch import Tensor, nn

from livercad.errors import Cancelled, InputError
from livercad.learning.checkpoint import CHECKPOINT, held, read_checkpoint, write_checkpoint
from livercad.learning.hardware import computes_in_bfloat16, give_back_freed_memory, keep_freed_memory
from livercad.papers.workers import tick
from livercad.studies.atomic import write_bytes, write_text

CHECKPOINT_S = 30.0
"""Between checkpoints: what a killed training loses."""
RESULT, WEIGHTS = "training.json", "weights.safetensors"
Rows = npt.NDArray[np.int64]


class Step(NamedTuple):
    """What a network made of some images.

    Parameters
    ----------
    loss : Tensor
        Cross-entropy.
    right, counted : float
        How much was right, and of how much.
    """

    loss: Tensor
    right: float
    counted: float


class Curve(BaseModel):
    """How a training went, an entry an epoch (Fig 6); in training the average over its minibatches."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    loss: list[float]
    accuracy: list[float]
    test_loss: list[float]
    test_accuracy: list[float]


class Training(BaseModel):
    """The result of one training."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    images: int
    """For training."""
    parameters: int
    seconds: float
    curve: Curve


class Schedule(Protocol):
    """How long and how fast; both networks' settings have it."""

    @property
    def epochs(self) -> int:
        """Times that every image is shown."""

    @property
    def batch(self) -> int:
        """Images a minibatch."""

    @property
    def learning_rate(self) -> float:
        """At the beginning."""

    @property
    def beta1(self) -> float:
        """Of Adam."""

    @property
    def beta2(self) -> float:
        """Of Adam."""


@dataclass(frozen=True)
class Learner:
    """What is trained on what.

    Parameters
    ----------
    network : Module
        With its first weights.
    step : callable
        ``step(network, rows, device) -> Step``: what the network makes of images.
    training, test : ndarray of int
        Rows of the images.
    """

    network: nn.Module
    step: Callable[[nn.Module, Rows, torch.device], Step]
    training: Rows
    test: Rows


class Job(Protocol):
    """A training to do; can be pickled."""

    @property
    def key(self) -> str:
        """What the result depends on."""

    @property
    def folder(self) -> Path:
        """Where checkpoint, result and weights go."""

    @property
    def schedule(self) -> Schedule:
        """How long and how fast."""

    @property
    def seed(self) -> int:
        """Of first weights and order."""

    @property
    def training(self) -> tuple[bool, ...]:
        """Which images are for training."""

    @property
    def threads(self) -> int:
        """Of torch."""

    @property
    def device(self) -> str:
        """Of torch."""

    def learner(self) -> Learner:
        """Read the arrays and make the network."""


def result_of(job: Job) -> Training | None:
    """The result of a training, if it is there and still holds."""
    try:
        training = Training.model_validate_json((job.folder / RESULT).read_text(encoding="utf-8"))
    except (OSError, ValidationError, UnicodeDecodeError):
        return None
    return training if training.key == job.key and (job.folder / WEIGHTS).is_file() else None


def run_training(job: Job) -> None:
    """Train, from the last checkpoint on if there is one, and write weights and result.

    Parameters
    ----------
    job : Job
        What to do. Its images are told to `livercad.papers.workers.tick`, also those of before a checkpoint.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(job.threads)
    keep_freed_memory()
    try:
        with held(job.folder):
            _train_and_write(job)
    finally:
        # What else runs in this process rounds otherwise in another number of threads.
        torch.set_num_threads(before)
        give_back_freed_memory()


@dataclass
class _State:
    """Where a training stands; all of it goes into a checkpoint."""

    network: nn.Module
    optimizer: torch.optim.Adam
    epoch: int
    step: int
    """Minibatches of this epoch that are done."""
    sums: list[float]
    """Loss times images, images, right, counted: of this epoch."""
    curve: dict[str, list[float]]
    seconds: float

    @classmethod
    def of(cls, job: Job, network: nn.Module) -> _State:
        schedule = job.schedule
        optimizer = torch.optim.Adam(
            network.parameters(), lr=schedule.learning_rate, betas=(schedule.beta1, schedule.beta2)
        )
        state = cls(network, optimizer, 0, 0, [0.0] * 4, {name: [] for name in Curve.model_fields}, 0.0)
        kept = _kept(job)
        if kept:
            network.load_state_dict(kept["network"])
            optimizer.load_state_dict(kept["optimizer"])
            for name in ("epoch", "step", "sums", "curve", "seconds"):
                setattr(state, name, kept[name])
        return state

    def write(self, job: Job) -> None:
        parts = {name: getattr(self, name) for name in ("epoch", "step", "sums", "curve", "seconds")}
        modules = {"network": self.network.state_dict(), "optimizer": self.optimizer.state_dict()}
        write_checkpoint(job.folder, {"identity": job.key, **parts, **modules})


def _kept(job: Job) -> dict[str, Any] | None:
    try:
        return read_checkpoint(job.folder, job.key)
    except InputError:  # of other settings or data: its place is taken
        return None


def _train_and_write(job: Job) -> None:
    torch.manual_seed(job.seed)
    learner = job.learner()
    network = learner.network.to(job.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    state = _State.of(job, network)
    _fit(job, learner, state)
    result = Training(
        key=job.key,
        images=len(learner.training),
        parameters=sum(weights.numel() for weights in network.parameters()),
        seconds=round(state.seconds, 1),
        curve=Curve(**state.curve),
    )
    weights = {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}
    write_bytes(job.folder / WEIGHTS, save(weights))
    write_text(job.folder / RESULT, result.model_dump_json(indent=1))
    (job.folder / CHECKPOINT).unlink(missing_ok=True)


def _fit(job: Job, learner: Learner, state: _State) -> None:
    schedule, device = job.schedule, torch.device(job.device)
    total = schedule.epochs * _steps(learner, schedule)
    begun = written = time.perf_counter()
    before = state.seconds
    tick(state.epoch * len(learner.training) + sum(map(len, _batches(job, learner, state.epoch, 0, state.step))))
    try:
        while state.epoch < schedule.epochs:
            for rows in _batches(job, learner, state.epoch, state.step, None):
                done = state.epoch * _steps(learner, schedule) + state.step
                _set_rate(state.optimizer, schedule.learning_rate * 0.5 * (1 + math.cos(math.pi * done / total)))
                _one_step(learner, state, rows, device)
                state.seconds = before + time.perf_counter() - begun
                if time.perf_counter() - written > CHECKPOINT_S:
                    state.write(job)
                    written = time.perf_counter()
                tick(len(rows))
            _end_epoch(learner, state, schedule.batch, device)
        state.seconds = before + time.perf_counter() - begun
    except Cancelled:
        state.write(job)
        raise


def _one_step(learner: Learner, state: _State, rows: Rows, device: torch.device) -> None:
    state.network.train()
    with torch.autocast(device.type, torch.bfloat16, enabled=computes_in_bfloat16(device.type)):
        step = learner.step(state.network, rows, device)
    state.optimizer.zero_grad()
    step.loss.backward()
    state.optimizer.step()
    state.step += 1
    added = (step.loss.item() * len(rows), len(rows), step.right, step.counted)
    state.sums = [one + more for one, more in zip(state.sums, added, strict=True)]


def _end_epoch(learner: Learner, state: _State, batch: int, device: torch.device) -> None:
    loss, images, right, counted = state.sums
    test = _tested(learner, state.network, batch, device)
    measured = (loss / images, right / max(counted, 1), *test)
    for name, value in zip(Curve.model_fields, measured, strict=True):
        state.curve[name].append(round(value, 5))
    state.epoch, state.step, state.sums = state.epoch + 1, 0, [0.0] * 4


def _tested(learner: Learner, network: nn.Module, batch: int, device: torch.device) -> tuple[float, float]:
    """Loss and accuracy on the test images."""
    network.eval()
    loss = right = counted = 0.0
    with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=computes_in_bfloat16(device.type)):
        for first in range(0, len(learner.test), batch):
            rows = learner.test[first : first + batch]
            step = learner.step(network, rows, device)
            loss, right, counted = loss + step.loss.item() * len(rows), right + step.right, counted + step.counted
    return loss / len(learner.test), right / max(counted, 1)


def _steps(learner: Learner, schedule: Schedule) -> int:
    return math.ceil(len(learner.training) / schedule.batch)


def _batches(job: Job, learner: Learner, epoch: int, first: int, last: int | None) -> Iterator[Rows]:
    """Minibatches of an epoch, equally large but for one image: none is so small that it cannot be normalised."""
    order = np.random.default_rng((job.seed, epoch)).permutation(learner.training)
    yield from np.array_split(order, _steps(learner, job.schedule))[first:last]


def _set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate
