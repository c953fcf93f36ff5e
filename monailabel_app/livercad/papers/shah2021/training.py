"""Training of either network: Adam on minibatches, with checkpoints that it goes on from bit for bit.

“Formulas and equations”: Adam with 0.9 and 0.999, minibatches of 32, cross-entropy.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from safetensors.torch import save
from torch import nn

from livercad.errors import Cancelled, InputError
from livercad.learning.checkpoint import CHECKPOINT, held, read_checkpoint, write_checkpoint
from livercad.learning.hardware import computes_in_bfloat16, give_back_freed_memory, keep_freed_memory
from livercad.papers.diverged import diverged, is_finite
from livercad.papers.shah2021.jobs import RESULT, WEIGHTS, Curve, Job, Learner, Rows, Schedule, Training
from livercad.papers.workers import tick
from livercad.studies.atomic import write_bytes, write_text

CHECKPOINT_S = 30.0
"""Between checkpoints: what a killed training loses."""


def run_training(job: Job) -> None:
    """Train, from the last checkpoint on if there is one, and write weights and result.

    Parameters
    ----------
    job : Job
        What to do. Its images are told to `livercad.papers.workers.tick`, also those of before a checkpoint.

    Raises
    ------
    InputError
        If it diverges: then nothing of it is kept.
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
                _check(job, state.epoch, state.sums[0], "training")
                state.seconds = before + time.perf_counter() - begun
                if time.perf_counter() - written > CHECKPOINT_S:
                    state.write(job)
                    written = time.perf_counter()
                tick(len(rows))
            _end_epoch(learner, state, schedule.batch, device)
            _check(job, state.epoch - 1, state.curve["test_loss"][-1], "test")
            if not is_finite(state.network):
                raise _stopped(job, state.epoch - 1, "weights that are not finite")
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


def _check(job: Job, epoch: int, loss: float, side: str) -> None:
    if not math.isfinite(loss):
        raise _stopped(job, epoch, f"a {side} loss of {loss}")


def _stopped(job: Job, epoch: int, found: str) -> InputError:
    """Forget a training that has diverged: going on would not mend it."""
    (job.folder / CHECKPOINT).unlink(missing_ok=True)
    return diverged(job.folder.name, epoch + 1, job.schedule.epochs, found, job.rate_setting)


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
