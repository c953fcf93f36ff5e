"""The whole simulation: tasks, replays in several processes, results, page."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from livercad import __version__
from livercad.code import code_hash
from livercad.errors import InputError
from livercad.learning.strategies import Strategy
from livercad.progress import Progress, part, silent
from livercad.simulation.page import write_page
from livercad.simulation.replay import LaterRound, Replays, Start
from livercad.simulation.results import Results, TaskResult
from livercad.simulation.summary import task_result
from livercad.simulation.task import ALL_STRATEGIES, Task
from livercad.studies.atomic import write_text

SEEDS = 10
QUICK_SEEDS, QUICK_ROUNDS = 2, 3
CONFIDENCE = 0.95
RESULTS, REPLAYS, CACHE = "results.json", "replays", "cache"
LIBRARIES = ("numpy", "scipy", "scikit-learn", "torch", "monai")


def simulate(
    tasks: Sequence[Task],
    output: Path,
    *,
    strategies: Sequence[Strategy] = ALL_STRATEGIES,
    budget: int | None = None,
    seeds: int = SEEDS,
    rounds: int | None = None,
    quick: bool = False,
    workers: int = 1,
    progress: Progress = silent,
) -> Results:
    """Replay labelling with every strategy and seed; rounds that an earlier call has finished are kept.

    Parameters
    ----------
    tasks : sequence of Task
        What is learnt.
    output : Path
        Gets ``index.html``, ``results.json``, ``figures`` and ``replays``.
    strategies : sequence of Strategy
        How the next cases are chosen. A task leaves out those for which it knows nothing.
    budget : int, optional
        Cases a round; each task's own where not given.
    seeds : int
        How many; from 0.
    rounds : int, optional
        How many, the first included, whose cases are drawn at random; each task's own where not given.
    quick : bool, default False
        Said on the page.
    workers : int, default 1
        Processes, each of one thread: the numbers do not depend on how many there are.
    progress : Progress
        May raise Cancelled: the next call goes on.

    Returns
    -------
    Results
        Also written to ``results.json``.

    Raises
    ------
    InputError
        If a pool is too small for so many rounds, or a task knows nothing that a strategy could go by.
    """
    asked = [each for each in Strategy if each in strategies]
    for task in tasks:
        _check_strategies(task, asked)
    found: dict[str, TaskResult] = {}
    for number, task in enumerate(tasks):
        own = part(progress, number / len(tasks), (number + 1) / len(tasks))
        found[task.description.name] = _task(task, output, asked, budget, range(seeds), rounds, workers, own)
    results = Results(
        livercad_version=__version__,
        versions={"python": platform.python_version()} | {name: version(name) for name in LIBRARIES},
        quick=quick,
        seeds=list(range(seeds)),
        confidence=CONFIDENCE,
        tasks=found,
    )
    write_text(output / RESULTS, results.model_dump_json(indent=1))
    write_page(results, output)
    progress(1, 1, "done")
    return results


def _task(
    task: Task,
    output: Path,
    asked: Sequence[Strategy],
    budget: int | None,
    seeds: Sequence[int],
    wanted_rounds: int | None,
    workers: int,
    progress: Progress,
) -> TaskResult:
    description = task.description
    cases, rounds = budget or description.budget, wanted_rounds or description.rounds
    for seed in seeds:
        _check(task, len(task.split(seed).pool), cases * rounds)
    identity = _identity(task, cases)
    folder = output / REPLAYS / description.name
    replays = [Replays(task, seed, cases, rounds, folder, identity) for seed in seeds]
    possible = [each for each in asked if each in description.strategies]
    steps = len(seeds) * (1 + len(possible) * (rounds - 1))
    what, done = description.title.lower(), 0
    progress(done, steps, what)
    starts: dict[int, Start] = {}
    for seed, start in _run([(_start, (each,)) for each in replays], workers):
        starts[seed] = start
        done += 1
        progress(done, steps, what)
    later: dict[tuple[Strategy, int], list[LaterRound]] = {}
    # Seeds outside, strategies inside: after an interruption all strategies have nearly as many replays.
    for key, own in _run([(_later, (each, strategy)) for each in replays for strategy in possible], workers):
        later[key] = own
        done += rounds - 1
        progress(done, steps, what)
    kept = {strategy: [[starts[seed], *later[strategy, seed]] for seed in seeds] for strategy in possible}
    return task_result(task, identity, cases, asked, kept, seeds, CONFIDENCE)


def _check_strategies(task: Task, asked: Sequence[Strategy]) -> None:
    if not set(asked) & set(task.description.strategies):
        raise InputError(
            f"the task '{task.description.title.lower()}'",
            found=f"the strategies {', '.join(asked)}",
            expected=f"one of {', '.join(task.description.strategies)}: nothing is known that the others could go by",
            todo="Choose another --strategy, or another --task.",
        )


def _check(task: Task, pool: int, needed: int) -> None:
    if pool < needed:
        raise InputError(
            f"the task '{task.description.title.lower()}'",
            found=f"a pool of {pool} cases",
            expected=f"at least the {needed} that all rounds together label",
            todo="Take a smaller --budget, fewer --rounds, or more data.",
        )


def _identity(task: Task, budget: int) -> str:
    code = code_hash("livercad.simulation.replay", "livercad.learning.strategies")
    return hashlib.sha256(repr((task.identity(), budget, code)).encode()).hexdigest()


def _run(jobs: Sequence[tuple[Any, tuple[Any, ...]]], workers: int) -> Iterator[Any]:
    """What the jobs return, as they end."""
    from joblib import Parallel, delayed, parallel_config

    with parallel_config(backend="loky", n_jobs=workers, inner_max_num_threads=1):
        yield from Parallel(return_as="generator_unordered")(delayed(job)(*given) for job, given in jobs)


def _start(replays: Replays) -> tuple[int, Start]:
    with _one_thread():
        return replays.seed, replays.start()


def _later(replays: Replays, strategy: Strategy) -> tuple[tuple[Strategy, int], list[LaterRound]]:
    with _one_thread():
        return (strategy, replays.seed), list(replays.later(strategy))


def cores() -> int:
    """CPU cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def _one_thread() -> Iterator[None]:
    """Compute with one thread, so that sums are made in the same order wherever a job runs."""
    import torch
    from threadpoolctl import threadpool_limits

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        torch.set_num_threads(before)
