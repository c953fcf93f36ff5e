"""Training of any method: minibatches, the epoch with the highest F-β of validation kept, resumed bit for bit."""

from __future__ import annotations

import math
import time
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from safetensors.torch import save

from livercad.errors import Cancelled, InputError
from livercad.learning.checkpoint import CHECKPOINT, held, read_checkpoint, write_checkpoint
from livercad.learning.hardware import computes_in_bfloat16, give_back_freed_memory, keep_freed_memory
from livercad.papers.diverged import diverged, is_finite
from livercad.papers.qi2019.criteria import Counts
from livercad.papers.qi2019.jobs import RESULT, WEIGHTS, Curve, Job, Learner, Probabilities, Rows, Training
from livercad.papers.qi2019.making import learner_of
from livercad.papers.qi2019.methods import Method, Question
from livercad.papers.qi2019.splits import Side, rows_of
from livercad.papers.workers import tick
from livercad.studies.atomic import write_bytes, write_text

CHECKPOINT_S = 30.0
"""Between checkpoints: what a killed training loses."""
_SMALLEST = 1e-7
"""Of a probability whose logarithm is taken."""

State = dict[str, Any]


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
class _Progress:
    """Where a training stands; all of it goes into a checkpoint."""

    epoch: int = 0
    step: int = 0
    """Minibatches of this epoch that are done."""
    sums: dict[str, float] = field(default_factory=dict)
    """Loss times images by question: of this epoch."""
    losses: dict[str, list[float]] = field(default_factory=dict)
    scores: dict[str, list[float]] = field(default_factory=dict)
    best: tuple[float, float] = (-1.0, 0.0)
    """F-β and minus the cross-entropy of validation, both averaged over the questions."""
    best_epoch: int = 0
    best_weights: dict[str, State] = field(default_factory=dict)
    seconds: float = 0.0


def _train_and_write(job: Job) -> None:
    learner = learner_of(job)
    names = [question.value for question in job.answers]  # a checkpoint holds plain words
    state = _Progress(losses={name: [] for name in names}, scores={name: [] for name in names})
    kept = _kept(job)
    if kept:
        for name, value in kept["progress"].items():
            setattr(state, name, value)
        for name, module in learner.modules.items():
            module.load_state_dict(kept["modules"][name])
            learner.optimizers[name].load_state_dict(kept["optimizers"][name])
    _fit(job, learner, state)
    for name, module in learner.modules.items():
        module.load_state_dict(state.best_weights[name])
    rows = rows_of(job.sides, Side.VALIDATION, Side.TEST)
    methods = (Method.REM, Method.REM_OFF) if job.method is Method.REM else (job.method,)
    probabilities = {method: _asked(job, learner, rows, method) for method in methods}
    result = Training(
        key=job.key,
        images=len(job.training),
        parameters=sum(weights.numel() for module in learner.modules.values() for weights in module.parameters()),
        seconds=round(state.seconds, 1),
        best_epoch=state.best_epoch,
        curves={each: Curve(loss=state.losses[each], f_beta=state.scores[each]) for each in job.answers},
        rows=rows.tolist(),
        probabilities={
            method: {question: values.tolist() for question, values in told.items()}
            for method, told in probabilities.items()
        },
    )
    weights = {
        f"{name}.{key}": value.detach().cpu().contiguous()
        for name, module in learner.modules.items()
        for key, value in module.state_dict().items()
    }
    write_bytes(job.folder / WEIGHTS, save(weights))
    write_text(job.folder / RESULT, result.model_dump_json(indent=1))
    (job.folder / CHECKPOINT).unlink(missing_ok=True)


def _fit(job: Job, learner: Learner, state: _Progress) -> None:
    begun = written = time.perf_counter()
    before = state.seconds
    tick(state.epoch * len(job.training) + sum(map(len, _batches(job, state.epoch)[: state.step])))
    try:
        while state.epoch < job.epochs:
            batches = _batches(job, state.epoch)
            while state.step < len(batches):
                rows = batches[state.step]
                _one_step(job, learner, state, rows)
                state.seconds = before + time.perf_counter() - begun
                if time.perf_counter() - written > CHECKPOINT_S:
                    _write(job, learner, state)
                    written = time.perf_counter()
                tick(len(rows))
            _end_epoch(job, learner, state)
        state.seconds = before + time.perf_counter() - begun
    except Cancelled:
        _write(job, learner, state)
        raise


def _one_step(job: Job, learner: Learner, state: _Progress, rows: Rows) -> None:
    # All that a step draws comes from its own number: a training that goes on draws the same.
    rng = np.random.default_rng((job.settings.seed, 2019, state.epoch, state.step))
    torch.manual_seed(int(rng.integers(2**31)))
    with _in_bfloat16(job):
        losses = learner.step(rows, rng)
    for question, loss in losses.items():
        if not math.isfinite(loss):
            raise _stopped(job, state, f"a training loss of {loss}")
        state.sums[question.value] = state.sums.get(question.value, 0.0) + loss * len(rows)
    state.step += 1


def _end_epoch(job: Job, learner: Learner, state: _Progress) -> None:
    if not all(is_finite(module) for module in learner.modules.values()):
        raise _stopped(job, state, "weights that are not finite")
    rows = rows_of(job.sides, Side.VALIDATION)
    told = _asked(job, learner, rows, job.method)
    scores, losses = [], []
    for question, answers in job.answers.items():
        truth = np.array(answers)[rows]
        counts = Counts.of(truth, told[question], np.ones(len(rows)))
        scores.append(float(counts.f_beta(job.settings.beta)))
        losses.append(_cross_entropy(truth, told[question]))
        state.losses[question].append(round(state.sums[question] / len(job.training), 5))
        state.scores[question].append(round(scores[-1], 5))
    state.epoch, state.step, state.sums = state.epoch + 1, 0, {}
    score = (float(np.mean(scores)), -float(np.mean(losses)))
    if score > state.best:
        state.best, state.best_epoch = score, state.epoch
        state.best_weights = {name: deepcopy(module.state_dict()) for name, module in learner.modules.items()}


def _asked(job: Job, learner: Learner, rows: Rows, method: Method) -> dict[Question, Probabilities]:
    with _in_bfloat16(job):
        parts = [learner.ask(rows[first : first + job.batch], method) for first in range(0, len(rows), job.batch)]
    return {question: np.concatenate([part[question] for part in parts]) for question in job.answers}


def _cross_entropy(truth: Rows, probabilities: Probabilities) -> float:
    of_truth = np.where(truth == 1, probabilities, 1 - probabilities)
    return -float(np.log(np.maximum(of_truth, _SMALLEST)).mean())


def _batches(job: Job, epoch: int) -> list[Rows]:
    """Minibatches of an epoch, equally large but for one image: none is so small that it cannot be normalised."""
    order = np.random.default_rng((job.settings.seed, epoch)).permutation(job.training)
    return np.array_split(order, math.ceil(len(order) / job.batch))


def _in_bfloat16(job: Job) -> torch.autocast:
    enabled = computes_in_bfloat16(job.device) and job.method is not Method.CHENG
    return torch.autocast(job.device, torch.bfloat16, enabled=enabled)


def _kept(job: Job) -> State | None:
    try:
        return read_checkpoint(job.folder, job.key)
    except InputError:  # of other settings or data: its place is taken
        return None


def _write(job: Job, learner: Learner, state: _Progress) -> None:
    modules = {name: module.state_dict() for name, module in learner.modules.items()}
    optimizers = {name: optimizer.state_dict() for name, optimizer in learner.optimizers.items()}
    told = {"identity": job.key, "progress": dict(vars(state)), "modules": modules, "optimizers": optimizers}
    write_checkpoint(job.folder, told)


def _stopped(job: Job, state: _Progress, found: str) -> InputError:
    """Forget a training that has diverged: going on would not mend it."""
    (job.folder / CHECKPOINT).unlink(missing_ok=True)
    return diverged(job.folder.name, state.epoch + 1, job.epochs, found, job.rate_setting)
