"""The limit on parallel inferences."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import anyio
import anyio.to_thread

from livercad.errors import Cancelled
from livercad.server.jobs import Job

T = TypeVar("T")


class Turns:
    """Lets so many jobs work at the same time, each in a worker thread; the others wait in the order they came.

    Waiting costs no thread, so that any number of waiting inferences leaves the other routes theirs.

    Parameters
    ----------
    limit : callable
        Returns how many; asked once, when the first job comes.
    """

    def __init__(self, limit: Callable[[], int]) -> None:
        self._limit = limit
        self._limiter: anyio.CapacityLimiter | None = None

    async def run(self, job: Job, work: Callable[[], T]) -> T:
        """Run a piece of work of a job when it is its turn.

        Parameters
        ----------
        job : Job
            Whose turn it is to be. It may be cancelled while it waits.
        work : callable
            Blocks; runs in a worker thread.

        Returns
        -------
        T
            What `work` returns.

        Raises
        ------
        Cancelled
            If the job was cancelled while it waited, or by `work`.
        """
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(self._limit())
        job.waiting = anyio.CancelScope()
        with job.waiting as scope:
            await self._limiter.acquire_on_behalf_of(job)
        if scope.cancelled_caught:
            raise Cancelled(f"Job {job.id} was cancelled.")
        try:
            job.start()
            return await anyio.to_thread.run_sync(work)
        finally:
            self._limiter.release_on_behalf_of(job)
