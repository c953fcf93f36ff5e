"""The training loop: any network, resumable at any moment, the same from the same seed."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, nullcontext
from copy import deepcopy
from pathlib import Path
from typing import Any

import torch
from torch import nn

from livercad.errors import Cancelled
from livercad.learning.checkpoint import held, read_checkpoint, write_checkpoint
from livercad.learning.hardware import KEPT_BYTES, computes_in_bfloat16, give_back_freed_memory, keep_freed_memory
from livercad.learning.job import Job, Milestone, Outcome, Validation
from livercad.learning.log import TrainingLog
from livercad.learning.plan import Plan
from livercad.learning.ranks import Ranks, joined
from livercad.progress import Progress, part, silent

VALIDATION_SHARE = 0.15
"""Of a progress bar, over all validations. Our choice."""
SEED_STEP = 1_000_003
"""Apart from each other by this are the seeds of two steps."""


def train(job: Job, plan: Plan, folder: Path, device: str = "auto", progress: Progress = silent) -> Outcome:
    """Train a network, or go on where a training of the same job and plan was stopped or killed.

    Parameters
    ----------
    job : Job
        What to train, and on what.
    plan : Plan
        How long and how fast.
    folder : Path
        For checkpoint and log; made if it is not there.
    device : str, default "auto"
        ``auto``, ``cpu`` or ``cuda``.
    progress : Progress
        Told of every update and within validations. It may raise Cancelled: the checkpoint is written first.

    Returns
    -------
    Outcome
        The network with its best weights; the same whether the training was interrupted or not (given as many threads,
        processes and the same kind of machine).

    Raises
    ------
    InputError
        If the folder holds a training of another job or plan, or one that is running.
    ModelError
        If the device is not there.
    """
    with joined(device) as ranks, held(folder) if ranks.is_first else nullcontext():
        return _Training(job, plan, folder, ranks, progress).run()


class _Training:
    def __init__(self, job: Job, plan: Plan, folder: Path, ranks: Ranks, progress: Progress) -> None:
        self.job, self.plan, self.folder, self.ranks, self.progress = job, plan, folder, ranks, progress
        made_of = json.dumps([job.identity(), plan.as_dict(), ranks.count], sort_keys=True)
        self.identity = hashlib.sha256(made_of.encode()).hexdigest()
        self.network = job.network().to(ranks.device)
        self.mean = deepcopy(self.network).requires_grad_(False)
        self.optimizer = torch.optim.AdamW(self.network.parameters(), weight_decay=plan.weight_decay)
        self.step, self.updates, self.validated, self.seconds = 0, 0, -1, 0.0
        self.history: list[dict[str, Any]] = []
        self.best: dict[str, torch.Tensor] = {}
        self._resume()
        self.wrapped = ranks.wrapped(self.network)
        self.log = TrainingLog(folder, self.step, self.validated) if ranks.is_first else None
        pays = plan.precision == "auto" and computes_in_bfloat16(ranks.device.type)
        self.bfloat16 = pays or plan.precision == "bfloat16"
        if ranks.device.type == "cpu":
            keep_freed_memory()

    def run(self) -> Outcome:
        self.started = time.monotonic() - self.seconds
        boundary = self._state()
        try:
            with closing(self._draws()) as draws:
                while True:
                    if self.plan.is_due(self.step) and self.validated != self.step:
                        self._validate()
                        boundary = self._state()
                        self._write(boundary)
                    if self._why_ended():
                        return self._outcome()
                    self._learn(next(draws))
                    boundary = self._state()
                    if self.step % self.plan.checkpoint_every == 0:
                        self._write(boundary)
        except (Cancelled, KeyboardInterrupt):
            # As it was between two steps: what this one has done so far will be done again.
            self._write(boundary)
            raise

    def _draws(self) -> Generator[Any, None, None]:
        """What the steps to come learn from, drawn ahead."""
        ahead: list[Future[Any]] = []
        with ThreadPoolExecutor(self.plan.loaders, "draws") as pool:
            try:
                for step in range(self.step, self.plan.steps):
                    while len(ahead) <= self.plan.loaders and step + len(ahead) < self.plan.steps:
                        ahead.append(pool.submit(self.job.draw, step + len(ahead), self.ranks.rank, self.ranks.count))
                    yield ahead.pop(0).result()
            finally:
                for waiting in ahead:
                    waiting.cancel()

    def _learn(self, drawn: Any) -> None:
        self.network.train()
        torch.manual_seed((self.plan.seed * SEED_STEP + self.step) * self.ranks.count + self.ranks.rank)
        rate = self.plan.rate(self.step)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        losses: list[float] = []
        computed = self.job.losses(self.wrapped, drawn)
        while True:
            with torch.autocast(self.ranks.device.type, torch.bfloat16, enabled=self.bfloat16):
                loss = next(computed, None)
            if loss is None:
                break
            self._update(loss)
            losses.append(loss.item())
            self._tell(losses)
        give_back_freed_memory(above=KEPT_BYTES)
        self.step += 1
        if self.log:
            mean = sum(losses) / len(losses)
            self.log.add(step=self.step, loss=mean, rate=rate, seconds=round(self._elapsed(), 1))

    def _update(self, loss: torch.Tensor) -> None:
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        size = nn.utils.clip_grad_norm_(self.network.parameters(), self.plan.clip)
        if not torch.isfinite(size):
            return  # One draw that overflows is left out; gradients are averaged, so all processes agree.
        self.optimizer.step()
        self.updates += 1
        share = 1 - min(self.plan.ema, self.updates / (self.updates + 9))
        with torch.no_grad():
            for mean, new in zip(self.mean.parameters(), self.network.parameters(), strict=True):
                mean.lerp_(new, share)
            for buffer, newer in zip(self.mean.buffers(), self.network.buffers(), strict=True):
                buffer.copy_(newer)

    def _tell(self, losses: list[float]) -> None:
        """Report an update. Where the first process is told to stop, all stop."""
        done = self.step + len(losses) / (len(losses) + 1)
        what = f"training, step {self.step + 1} of {self.plan.steps}, loss {losses[-1]:.3f}"
        self._all(lambda: self.progress(self._place(done), 1.0, what))

    def _validate(self) -> None:
        place = self._place(self.step)
        watch = part(self.progress, place, min(1.0, place + self._validation_width))
        self.mean.eval()
        give_back_freed_memory()
        found: Validation = self._all(lambda: self.job.validate(self.mean, watch))
        give_back_freed_memory()
        self.history.append({"step": self.step, **found.as_dict()})
        if self._best_place() == len(self.history) - 1:
            self.best = _copied(self.mean.state_dict())
        self.validated = self.step
        if self.log:
            numbers = {name: value for name, value in found.numbers.items() if name not in ("step", "score")}
            self.log.add(step=self.step, score=found.score, **numbers, seconds=round(self._elapsed(), 1))

    def _all(self, work: Any) -> Any:
        """Do something in the first process; all get its result, or stop together where it was cancelled or failed."""
        result = error = None
        if self.ranks.is_first:
            try:
                result = work()
            except Exception as raised:
                error = raised
        result, stopped = self.ranks.shared((result, error is not None))
        if error is not None:
            raise error
        if stopped:
            raise Cancelled
        return result

    def _place(self, steps: float) -> float:
        """Where a progress bar stands after so many steps and the validations before them."""
        learnt = steps / self.plan.steps * (1 - VALIDATION_SHARE)
        return min(1.0, learnt + len(self.history) * self._validation_width)

    @property
    def _validation_width(self) -> float:
        return VALIDATION_SHARE / (self.plan.steps // self.plan.validate_every + 2)

    def _why_ended(self) -> str:
        since = len(self.history) - 1 - self._best_place()
        if self.plan.patience and since >= self.plan.patience:
            return f"no better score in {since} validations"
        return "all steps made" if self.step >= self.plan.steps else ""

    def _best_place(self) -> int:
        # The first of equals; the last one where there is nothing to validate on: what was learnt last counts.
        def worth(place: int) -> tuple[float, int]:
            line = self.history[place]
            return line["score"], -place if line["cases"] else place

        return max(range(len(self.history)), key=worth)

    def _elapsed(self) -> float:
        return time.monotonic() - self.started

    def _state(self) -> dict[str, Any]:
        """All that the training is at this moment, copied."""
        return {
            "identity": self.identity,
            "network": _copied(self.network.state_dict()),
            "mean": _copied(self.mean.state_dict()),
            "optimizer": deepcopy(self.optimizer.state_dict()),
            "best": self.best,
            "history": list(self.history),
            "step": self.step,
            "updates": self.updates,
            "validated": self.validated,
            "seconds": self._elapsed(),
        }

    def _write(self, state: dict[str, Any]) -> None:
        if self.ranks.is_first:
            write_checkpoint(self.folder, state)

    def _resume(self) -> None:
        self.ranks.shared(None)  # The first process has the folder now.
        state = read_checkpoint(self.folder, self.identity)
        if state is None:
            return
        for name in ("network", "mean", "optimizer"):
            getattr(self, name).load_state_dict(state[name])
        self.best = {name: tensor.to(self.ranks.device) for name, tensor in state["best"].items()}
        self.history, self.step, self.updates = state["history"], state["step"], state["updates"]
        self.validated, self.seconds = state["validated"], state["seconds"]

    def _outcome(self) -> Outcome:
        network = deepcopy(self.mean)
        network.load_state_dict(self.best)
        history = tuple(
            Milestone(line["step"], Validation(line["score"], line["numbers"], line["cases"])) for line in self.history
        )
        return Outcome(
            network.cpu().eval(), history[self._best_place()], history, self.step, self._elapsed(), self._why_ended()
        )


def _copied(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor.detach().clone() for name, tensor in state.items()}
