"""Who computes the cases of a batch: actors on Ray, on this machine or on a cluster.

What is done, what is left and what is shown stay with the driver; a worker reads the files of a study and writes its
results itself, so on a cluster both folders must be shared.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Any

from livercad.batch.ray_session import ray_session
from livercad.batch.runner import Job
from livercad.batch.work import Case, CaseAnalyzer, Outcome, State
from livercad.batch.worker import Worker
from livercad.core.findings import ModelUsed
from livercad.errors import LiverCADError

DEATHS_ALLOWED = 2
"""A case that kills this many workers has failed: the first time it may have been the machine."""
FALSE_STARTS_ALLOWED = 3
"""Workers may die this often in a row while they load their models."""
START_PATIENCE_S = 600.0
"""For so long cases may wait while no worker is there, for example since a cluster has no room."""
POLL_S = 0.2
"""How often the driver looks whether it should stop."""


class RayRunner:
    """Many processes, each with its models, a case at a time.

    Parameters
    ----------
    load : callable
        Gives the analyzer; pickled and called in every worker.
    workers : int or None
        How many; None for one on every machine of the cluster.
    cluster : str or None
        Address of a running Ray cluster; None to start Ray on this machine.
    """

    def __init__(self, load: Callable[[], CaseAnalyzer], workers: int | None, cluster: str | None = None) -> None:
        self._load, self._workers, self._cluster = load, workers, cluster

    def describe(self) -> dict[str, Any]:
        """Say who computes, see `runner.Runner`."""
        return {"kind": "Ray", "workers": self._workers, "cluster": self._cluster}

    def __enter__(self) -> RayRunner:
        self._session = ExitStack()
        self._share = self._session.enter_context(ray_session(self._workers, self._cluster))
        self._actors: list[Any] = []
        self._tasks: dict[Any, tuple[Any, Case | None]] = {}
        self._idle: list[Any] = []
        self._models: tuple[ModelUsed, ...] = ()
        self._false_starts = 0
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        import ray

        for actor in self._actors:
            ray.kill(actor)
        self._session.close()

    def prepare(self, job: Job) -> tuple[ModelUsed, ...]:
        """Start a first worker and ask it for its models, see `runner.Runner`."""
        self._start_worker(job)
        began = time.monotonic()
        while not self._idle and not job.stop.asked:
            self._check_patience(began)
            list(self._collect(job, deque(), Counter()))
        return self._models

    def run(self, job: Job, studies: Sequence[Case]) -> Iterator[Outcome]:
        """Compute the cases, see `runner.Runner`."""
        waiting, deaths = deque(studies), Counter[str]()
        for _ in range(min(self._share.workers, len(studies)) - len(self._actors)):
            self._start_worker(job)
        last_work, told = time.monotonic(), False
        while self._busy or (waiting and not job.stop.asked):
            if job.stop.asked and not told:
                told = True
                for actor, _ in self._busy:
                    actor.stop.remote()
            while self._idle and waiting and not job.stop.asked:
                self._hand_out(job, waiting.popleft())
            if self._busy:
                last_work = time.monotonic()
            self._check_patience(last_work)
            yield from self._collect(job, waiting, deaths)

    @property
    def _busy(self) -> list[tuple[Any, Case]]:
        return [(actor, study) for actor, study in self._tasks.values() if study is not None]

    def _start_worker(self, job: Job) -> None:
        import ray

        # Two threads: one computes, one hears `stop`.
        options = {
            "num_cpus": self._share.cpus,
            "num_gpus": self._share.gpus,
            "runtime_env": {"env_vars": {"OMP_NUM_THREADS": str(self._share.threads)}},
            "max_concurrency": 2,
        }
        worker = ray.remote(Worker).options(**options)
        actor: Any = worker.remote(self._load, job.studies, job.out, job.token, job.save_aligned)
        self._actors.append(actor)
        self._tasks[actor.prepare.remote()] = actor, None

    def _hand_out(self, job: Job, study: Case) -> None:
        actor = self._idle.pop()
        job.display.started(study.case)
        self._tasks[actor.analyse.remote(study)] = actor, study

    def _collect(self, job: Job, waiting: deque[Case], deaths: Counter[str]) -> Iterator[Outcome]:
        """Wait a moment for a worker that is ready, done or dead; replace the dead."""
        import ray

        for reference in ray.wait(list(self._tasks), timeout=POLL_S)[0]:
            actor, study = self._tasks.pop(reference)
            try:
                answer = ray.get(reference)
            except ray.exceptions.RayTaskError as error:
                raise error.cause from None
            except ray.exceptions.RayError as error:
                self._bury(actor, study, error)
                if study is not None:
                    yield from _after_death(study, waiting, deaths, job)
                if not job.stop.asked:
                    self._start_worker(job)
                continue
            self._idle.append(actor)
            if study is None:
                self._models, self._false_starts = answer, 0
            else:
                yield answer

    def _bury(self, actor: Any, study: Case | None, error: Exception) -> None:
        import ray

        self._actors.remove(actor)
        ray.kill(actor)  # out of reach is not yet dead
        if study is None:
            self._false_starts += 1
        if self._false_starts >= FALSE_STARTS_ALLOWED:
            raise LiverCADError(
                "the workers",
                found=f"that {self._false_starts} in a row died while loading the models ({_first_line(error)})",
                expected="enough memory for all of them",
                todo="Use fewer --workers.",
            )

    def _check_patience(self, since: float) -> None:
        if time.monotonic() - since > START_PATIENCE_S:
            raise LiverCADError(
                "the workers",
                found=f"none that is ready after {START_PATIENCE_S / 60:.0f} minutes",
                expected=f"room for one with {self._share.cpus} cores and {self._share.gpus:g} GPUs",
                todo="See with `ray status` whether the cluster is alive and free.",
            )


def _after_death(study: Case, waiting: deque[Case], deaths: Counter[str], job: Job) -> Iterator[Outcome]:
    """Put the case of a dead worker back, or give it up; after Ctrl-C it counts as cancelled."""
    deaths[study.case] += 1
    if job.stop.asked:
        yield Outcome(study.case, State.CANCELLED, "cancelled")
    elif deaths[study.case] >= DEATHS_ALLOWED:
        reason = f"{DEATHS_ALLOWED} workers died while they computed this case; most often memory runs out"
        yield Outcome(study.case, State.FAILED, reason)
    else:
        waiting.append(study)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
