"""Work off the GUI thread: functions in worker threads, whose news are delivered where `JobRunner.poll` is called.

A function that runs as a job gets a `Task` first, touches neither Qt nor the MRML scene, and returns its result or
raises. `JobRunner.poll` is called in the GUI thread (by `polling.Poller`) and emits the signals there.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from LiverCADLib.signals import Signal
from LiverCADLib.tasks import Cancelled, Task

__all__ = ["Cancelled", "Job", "JobRunner", "Task"]

GRACE_S = 5.0
"""A worker that has not stopped so long after a cancel is left alone; what it returns later is dropped."""


class Job:
    """A function at work, as the GUI thread sees it. Exactly one of `done`, `failed` and `cancelled` is emitted.

    Attributes
    ----------
    progress : Signal
        (fraction in [0, 1], text).
    done : Signal
        (result of the function).
    failed : Signal
        (exception); its text is a sentence for the user where it is a `clientErrors.ClientError`.
    cancelled : Signal
        No arguments.
    ended : Signal
        No arguments; after any of the three.
    """

    def __init__(self, title: str) -> None:
        self.title = title
        self.task = Task()
        self.progress, self.done, self.failed = Signal(), Signal(), Signal()
        self.cancelled, self.ended = Signal(), Signal()
        self.hasEnded = False
        self._seen = 0
        self._outcome: tuple[str, Any] | None = None
        self._cancelledAt: float | None = None

    @property
    def fraction(self) -> float:
        """How far it is, in [0, 1]."""
        return self.task.news[0]

    @property
    def text(self) -> str:
        """What is being done; the title before the first report."""
        return str(self.task.news[1] or self.title)

    @property
    def isCancelling(self) -> bool:
        """Whether it has been asked to stop and has not yet."""
        return self._cancelledAt is not None and not self.hasEnded

    def cancel(self) -> None:
        """Ask it to stop; returns at once, and the server is asked too where it is at work for this job."""
        if not self.hasEnded and self._cancelledAt is None:
            self._cancelledAt = time.monotonic()
            self.task.cancel()

    def _work(self, function: Callable[..., Any], arguments: tuple, named: dict[str, Any]) -> None:
        try:
            self._outcome = "done", function(self.task, *arguments, **named)
        except Cancelled:
            self._outcome = "cancelled", None
        except BaseException as error:
            # What breaks because of the cancel (a connection, a half-written file) is no failure to show.
            self._outcome = ("cancelled", None) if self.task.isCancelled else ("failed", error)

    def _deliver(self) -> None:
        """Emit what is new; in the GUI thread."""
        outcome = self._outcome  # before the progress, so that the last progress is not missed
        if self.task.version != self._seen:
            self._seen = self.task.version
            self.progress.emit(self.fraction, self.text)
        if outcome is None and self._cancelledAt is not None and time.monotonic() - self._cancelledAt > GRACE_S:
            outcome = "cancelled", None
        if outcome is None or self.hasEnded:
            return
        self.hasEnded = True
        kind, value = outcome
        try:
            if kind == "cancelled":
                self.cancelled.emit()
            else:
                (self.done if kind == "done" else self.failed).emit(value)
        finally:
            self.ended.emit()


class JobRunner:
    """Starts jobs and delivers their news.

    Attributes
    ----------
    started : Signal
        (Job).
    ended : Signal
        (Job); after the job's own signals.
    busyChanged : Signal
        (bool): whether any job is at work.
    followUpFailed : Signal
        (Job, exception): a listener of the job's signals has failed.
    """

    def __init__(self) -> None:
        self.started, self.ended = Signal(), Signal()
        self.busyChanged, self.followUpFailed = Signal(), Signal()
        self._jobs: list[Job] = []

    @property
    def jobs(self) -> tuple[Job, ...]:
        """Jobs at work, the oldest first."""
        return tuple(self._jobs)

    @property
    def isBusy(self) -> bool:
        """Whether any job is at work."""
        return bool(self._jobs)

    def start(self, title: str, function: Callable[..., Any], *arguments: Any, **named: Any) -> Job:
        """Run ``function(task, *arguments, **named)`` in a thread of its own.

        Parameters
        ----------
        title : str
            Shown in the status line.
        function : callable
            Must not touch Qt or the MRML scene.

        Returns
        -------
        Job
            At work; nothing is emitted before the next `poll`, so signals can still be connected.
        """
        job = Job(title)
        self._jobs.append(job)
        thread = threading.Thread(target=job._work, args=(function, arguments, named), name=title, daemon=True)
        thread.start()
        self.started.emit(job)
        if len(self._jobs) == 1:
            self.busyChanged.emit(True)
        return job

    def poll(self) -> None:
        """Deliver what is new; to be called again and again in the GUI thread."""
        for job in self.jobs:
            try:
                job._deliver()
            except Exception as error:
                logging.exception("LiverCAD: what follows a job failed")  # its title may name a patient
                self.followUpFailed.emit(job, error)
            if job.hasEnded and job in self._jobs:  # a listener may have polled
                self._jobs.remove(job)
                self.ended.emit(job)
                if not self._jobs:
                    self.busyChanged.emit(False)

    def cancelAll(self) -> None:
        """Ask every job to stop."""
        for job in self.jobs:
            job.cancel()

    def wait(self, seconds: float = 30.0) -> None:
        """Poll until no job is at work; for scripts and tests, for it blocks.

        Raises
        ------
        TimeoutError
            If one still is after this time.
        """
        end = time.monotonic() + seconds
        while self._jobs:
            self.poll()
            if time.monotonic() > end:
                raise TimeoutError(f"Still at work: {[job.title for job in self._jobs]}")
            time.sleep(0.01)
