"""Work that goes on while the networks run: reading files, and laying phases over each other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import ParamSpec, TypeVar

from livercad.errors import Cancelled
from livercad.progress import Progress

THREADS = 2
"""A study has few phases, and a network takes all cores that there are."""
POLL_S = 0.2
"""How often somebody who waits for a result hears that he should stop."""

P = ParamSpec("P")
T = TypeVar("T")


class Background:
    """A few threads that end with the study: what is under way is cancelled when the study fails or is cancelled."""

    def __enter__(self) -> Background:
        self._ended = threading.Event()
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="study")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._pool.shutdown(cancel_futures=True)

    def submit(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Start a piece of work."""
        return self._pool.submit(call, *args, **kwargs)

    def check(self, done: float, total: float, what: str) -> None:
        """Stop a piece of work of a study that has ended; it is the `Progress` to hand to the work.

        Raises
        ------
        Cancelled
            Once the study has ended.
        """
        if self._ended.is_set():
            raise Cancelled

    def result(self, future: Future[T], progress: Progress, what: str) -> T:
        """Wait for a piece of work.

        Parameters
        ----------
        future : Future
            From `submit`.
        progress : Progress
            Called while it takes long, so that it can cancel.
        what : str
            What it is told.

        Returns
        -------
        T
            What the work returned; what it raised is raised here.
        """
        while True:
            progress(0.0, 1.0, what)
            # Not `result` with a timeout: work that ends just then would be lost to the TimeoutError.
            wait((future,), timeout=POLL_S)
            if future.done():
                return future.result()
