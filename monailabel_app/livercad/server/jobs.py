"""Jobs: inferences and batches that are waiting, running or done; their progress, and how they are cancelled.

A client ties its request to a job by naming it: ``POST /infer/lesions?image=CASE&job=NAME`` with a name of its own
(letters, digits, ``-``, ``_``; a new one for each request). While that request runs it follows
``GET /livercad/jobs/NAME/events`` (server-sent events) and may send ``DELETE /livercad/jobs/NAME``; the request is
then answered with 409. Without a name the server makes one. The answer's header ``X-LiverCAD-Job`` names the job.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from anyio import CancelScope

from livercad.errors import Cancelled
from livercad.progress import Progress, silent
from livercad.server.errors import ConflictError, UnknownNameError, reason_of
from livercad.server.names import JOB, check_form

HEADER = "X-LiverCAD-Job"
KEPT = 100
"""So many finished jobs are remembered."""


class State(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = frozenset({State.DONE, State.FAILED, State.CANCELLED})


@dataclass(eq=False)
class Job:
    """One inference or one batch.

    Parameters
    ----------
    id : str
        The client's name for it, or one made here.
    model : str
        Infer task.
    image : str
        Case, or what else is worked on.
    """

    id: str
    model: str
    image: str
    state: State = State.QUEUED
    fraction: float = 0.0
    what: str = "waiting for its turn"
    error: str = ""
    created: float = field(default_factory=time.time)
    ended: float | None = None
    version: int = 0
    waiting: CancelScope | None = None
    cancel_asked: bool = False

    def report(self, done: float, total: float, what: str) -> None:
        """Take progress; this is the `Progress` handed to the work.

        Raises
        ------
        Cancelled
            If somebody has asked for it.
        """
        self._check()
        self.fraction, self.what = (done / total if total else 1.0), what
        self.version += 1

    def cancel(self) -> None:
        """Ask the job to stop: at once while it waits, else at its next step. In the event loop's thread only."""
        self.cancel_asked = True
        if self.waiting:
            self.waiting.cancel()

    def to_dict(self) -> dict[str, Any]:
        """For JSON; `created` and `ended` in seconds since 1970, `fraction` in [0, 1]."""
        names = ("id", "model", "image", "state", "fraction", "what", "error", "created", "ended")
        return {name: getattr(self, name) for name in names}

    @contextmanager
    def followed(self) -> Iterator[None]:
        """Keep the job's state in step with the block, whose progress goes to the job."""
        try:
            with reporting_to(self.report):
                yield
            self._end(State.DONE)
        except Cancelled:
            self._end(State.CANCELLED)
            raise
        except BaseException as error:
            self._end(State.FAILED, reason_of(error))
            raise

    def start(self) -> None:
        """Leave the queue; Cancelled if that has been asked for."""
        self.waiting = None
        self._check()
        self.state, self.what = State.RUNNING, "starting"
        self.version += 1

    def _check(self) -> None:
        if self.cancel_asked:
            raise Cancelled(f"Job {self.id} was cancelled.")

    def _end(self, state: State, error: str = "") -> None:
        if state is State.DONE:
            self.fraction, self.what = 1.0, "done"
        self.state, self.error, self.ended = state, error, time.time()
        self.version += 1


_progress: ContextVar[Progress] = ContextVar("progress", default=silent)


def current_progress() -> Progress:
    """The callback of the job that this thread works for; silent outside of jobs."""
    return _progress.get()


@contextmanager
def reporting_to(progress: Progress) -> Iterator[None]:
    """Make a callback the current one in the block, and in worker threads that are started from it."""
    token = _progress.set(progress)
    try:
        yield
    finally:
        _progress.reset(token)


class Jobs:
    """Every job of this server, the newest last."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._lock = threading.RLock()  # a signal's handler may interrupt who holds it

    def add(self, name: str, model: str, image: str) -> Job:
        """Make a job.

        Parameters
        ----------
        name : str
            The client's name for it; empty to make one.
        model, image : str
            What it is about.

        Returns
        -------
        Job
            Queued.

        Raises
        ------
        InputError
            If the name has not the right form.
        ConflictError
            If a job of this name has not ended.
        """
        name = check_form(name, JOB, "job") if name else uuid.uuid4().hex
        with self._lock:
            former = self._jobs.pop(name, None)
            if former and former.state not in ENDED:
                self._jobs[name] = former
                raise ConflictError(
                    f"job {name!r}",
                    found="a job of this name at work",
                    expected="a new name",
                    todo="Name it otherwise.",
                )
            job = self._jobs[name] = Job(name, model, image)
            ended = [job.id for job in self._jobs.values() if job.state in ENDED]
            for id in ended[: max(0, len(ended) - KEPT)]:
                del self._jobs[id]
        return job

    def find(self, name: str) -> Job:
        """The job of this name.

        Raises
        ------
        UnknownNameError
            If there is none.
        """
        job = self._jobs.get(name)
        if job is None:
            raise UnknownNameError(
                f"job {name!r}", found="no such job", expected="one that was sent", todo="Look at /livercad/jobs."
            )
        return job

    def all(self) -> list[Job]:
        """All that are remembered, oldest first."""
        with self._lock:
            return list(self._jobs.values())

    def any_left(self) -> bool:
        """Whether any job waits or runs."""
        return any(job.state not in ENDED for job in self.all())

    def cancel_all(self) -> None:
        """Ask every job to stop."""
        for job in self.all():
            if job.state not in ENDED:
                job.cancel()
