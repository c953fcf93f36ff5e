"""How long the GUI thread was kept waiting, and by whom: measures that other programs on the computer do not change."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from panel_tools import wait_until
from standin.helpers import Heartbeat

from LiverCADLib.connection import Connection
from LiverCADLib.jobs import Job

LONGEST_S = 0.05
"""No call into the server may keep the GUI thread waiting for longer."""
ATTEMPTS = 6
"""A computer that is busy with other things holds any thread up; what blocks by itself does so every time."""


@dataclass(frozen=True)
class Pauses:
    """Longest times (s) for which nothing else ran in the GUI thread.

    Parameters
    ----------
    waiting : float
        From the click to the end of all jobs that it started, but for `working`: what calls into the server take.
    working : float
        What came was put into the scene and the panels. Views that render are in neither: those of the stand-in render
        only for screenshots.
    """

    waiting: float
    working: float


@pytest.fixture
def asking_threads(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str, str]]:
    """Every request that was sent since: thread, method and path."""
    threads: list[tuple[int, str, str]] = []
    request = Connection.request

    def noting(self: Connection, method: str, path: str, **options: Any) -> Any:
        threads.append((threading.get_ident(), method, path))
        return request(self, method, path, **options)

    monkeypatch.setattr(Connection, "request", noting)
    return threads


def longest_pause(act: Callable[[], Any], has_ended: Callable[[], bool]) -> float:
    """Longest time (s) that the GUI thread was away while something was done, in the best of several attempts."""
    best = float("inf")
    for _ in range(ATTEMPTS):
        beat = _FairHeartbeat(1).start()
        act()
        wait_until(has_ended)
        best = min(best, beat.stop())
        if best < LONGEST_S:
            break
    return best


@contextmanager
def scene_work_apart() -> Iterator[Callable[[], Pauses]]:
    """Measure while something is done; answers what ends the measure and tells it.

    Python's search for garbage is put off meanwhile: it goes through the objects of all tests before.
    """
    beat, deliver = _Beat(1), Job._deliver
    Job._deliver = lambda job: beat.deliver(deliver, job)
    gc.disable()
    try:
        beat.start()
        yield lambda: Pauses(beat.stop(), beat.longest_work_s)
    finally:
        gc.enable()
        Job._deliver = deliver


class _ProcessorWaits:
    """How long this process's threads were ready to run and were not let (s), by the Linux kernel's books; else 0.

    Those of workers count too: while one of them waits for the processor, the GUI thread may wait for what it holds. A
    thread's waits still count when it has ended, and its books are gone.
    """

    def __init__(self) -> None:
        self._by_thread: dict[str, float] = {}
        self._total = 0.0

    def so_far_s(self) -> float:
        """All since the threads began; it never falls."""
        for books in Path("/proc/self/task").glob("*/schedstat"):
            with suppress(OSError):  # of a thread that has just ended
                waited, thread = int(books.read_text().split()[1]) / 1e9, books.parent.name
                self._total += max(0.0, waited - self._by_thread.get(thread, 0.0))
                self._by_thread[thread] = waited
        return self._total


class _FairHeartbeat(Heartbeat):
    """Does not count the time for which other programs had the processor that this one could have used."""

    def start(self) -> Heartbeat:
        self._waits = _ProcessorWaits()
        self._waited = self._waits.so_far_s()
        return super().start()

    def _tick(self) -> None:
        waited = self._waits.so_far_s()
        self._last += waited - self._waited
        self._waited = waited
        super()._tick()


class _Beat(Heartbeat):
    """Counts what the GUI thread itself does, and not what others on the computer do to it.

    Of a pause it takes what threads of ours did not wait for the processor, at most the time for which the GUI thread
    had it: the rest is that of other programs, of memory that was swapped out, or of a virtual machine that stood
    still. A thread that slept, in a request or for what a worker holds, is not seen by it: that requests are sent from
    other threads is asserted beside it, and `longest_pause` counts sleep too.
    """

    longest_work_s = 0.0

    def start(self) -> Heartbeat:
        self._waits = _ProcessorWaits()
        self._mark()
        return super().start()

    def deliver(self, deliver: Callable[[Job], None], job: Job) -> None:
        """Let a job tell its listeners what has come, and count that apart."""
        self._tick()
        deliver(job)
        self.longest_work_s = max(self.longest_work_s, self._since())
        self._mark()

    def _tick(self) -> None:
        self.longest_gap_s = max(self.longest_gap_s, self._since())
        self.ticks += 1
        self._mark()

    def _mark(self) -> None:
        self._at = time.perf_counter(), self._waits.so_far_s(), time.thread_time()

    def _since(self) -> float:
        wall, waited, had = self._at
        return min(time.perf_counter() - wall - (self._waits.so_far_s() - waited), time.thread_time() - had)
