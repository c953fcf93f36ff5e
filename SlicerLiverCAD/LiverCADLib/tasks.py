"""What a function that runs in a worker thread has in hand: it reports, and learns that it is no longer wanted."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Cancelled(Exception):
    """Somebody has asked to stop."""


class Task:
    """The worker's side of a job; all its methods may be called from any thread."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], None]] = []
        self._news: tuple[float, str] = (0.0, "")
        self.version = 0

    @property
    def isCancelled(self) -> bool:
        """Whether somebody has asked to stop."""
        return self._event.is_set()

    def check(self) -> None:
        """Raise Cancelled if somebody has asked to stop."""
        if self._event.is_set():
            raise Cancelled

    def report(self, fraction: float, text: str = "") -> None:
        """Tell how far the work is; the place to call it is between two pieces of it.

        Parameters
        ----------
        fraction : float
            In [0, 1].
        text : str
            What is being done; empty to leave it as it is.

        Raises
        ------
        Cancelled
            If somebody has asked to stop.
        """
        self.check()
        with self._lock:
            self._news = min(max(float(fraction), 0.0), 1.0), text or self._news[1]
            self.version += 1

    @property
    def news(self) -> tuple[float, str]:
        """Fraction and text of the latest report."""
        with self._lock:
            return self._news

    def wait(self, seconds: float) -> None:
        """Sleep, but not through a cancel, which is raised as Cancelled."""
        self._event.wait(seconds)
        self.check()

    def part(self, start: float, end: float) -> "Task":
        """Return a task for a piece of this work, whose fractions 0 to 1 are `start` to `end` of the whole."""
        return _Part(self, start, end)

    @contextmanager
    def onCancel(self, callback: Callable[[], None]) -> Iterator[None]:
        """Call a function when somebody asks to stop during the block.

        It is called once, in a thread of its own, so it may take its time, and what it raises is lost.
        """
        with self._lock:
            self._callbacks.append(callback)
        try:
            self.check()
            yield
        finally:
            with self._lock:
                self._callbacks.remove(callback)

    def cancel(self) -> None:
        """Ask to stop; returns at once."""
        with self._lock:
            if self._event.is_set():
                return
            self._event.set()
            callbacks = tuple(self._callbacks)
        for callback in callbacks:
            threading.Thread(target=callback, daemon=True).start()


class _Part(Task):
    def __init__(self, whole: Task, start: float, end: float) -> None:
        super().__init__()
        self._whole, self._start, self._end = whole, start, end
        self._event, self.onCancel, self.cancel = whole._event, whole.onCancel, whole.cancel  # type: ignore[method-assign]

    def report(self, fraction: float, text: str = "") -> None:
        self._whole.report(self._start + (self._end - self._start) * min(max(fraction, 0.0), 1.0), text)
