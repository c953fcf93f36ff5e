"""What tests need beside the application: waiting, pictures, and a measure of how long the window was frozen."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import qt
import slicer
from PySide6 import QtCore, QtWidgets


def process_events() -> None:
    """Let Qt work off what waits, as its main loop does: also what is to be deleted later."""
    slicer.app.processEvents()
    QtCore.QCoreApplication.sendPostedEvents(None, QtCore.QEvent.Type.DeferredDelete)


def wait_until(condition: Callable[[], Any], timeout_s: float = 10.0, what: str = "") -> None:
    """Let Qt work until something is true; raises AssertionError where it does not become true in time."""
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, f"not within {timeout_s} s: {what or getattr(condition, '__name__', condition)}"
        process_events()
        time.sleep(0.002)


def spin(seconds: float) -> None:
    """Let Qt work for a while."""
    end = time.monotonic() + seconds
    wait_until(lambda: time.monotonic() >= end, seconds + 5)


def screenshot(widget: Any, path: str | Path, size: tuple[int, int] | None = None) -> Path:
    """Save what a widget looks like now, with every view in it rendered."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if size is not None:
        widget.resize(*size)
    if not widget.visible:
        widget.show()
    parts = [widget, *QtCore.QObject.findChildren(widget, QtWidgets.QWidget)]
    for prepare in ("_tell_what_is_shown", "forceRender"):  # bars first: what they tell may give views other sizes
        for _ in range(3):  # layouts settle in steps
            process_events()
        for part in parts:
            if hasattr(type(part), prepare) and part.visible:
                getattr(part, prepare)()
    assert widget.grab().save(str(path)), f"{path} cannot be written"
    return path


class Heartbeat:
    """A timer in the GUI thread that knows the longest time (s) between two of its ticks: how long nothing else ran.

    Rendering is not counted: the views of the stand-in render only when asked.
    """

    def __init__(self, interval_ms: int = 5) -> None:
        self.longest_gap_s = 0.0
        self.ticks = 0
        self._last = 0.0
        self._timer = qt.QTimer()
        self._timer.setTimerType(qt.Qt.PreciseTimer)
        self._timer.interval = interval_ms
        self._timer.timeout.connect(self._tick)

    def start(self) -> Heartbeat:
        """Begin to measure."""
        self.longest_gap_s, self.ticks = 0.0, 0
        self._last = time.perf_counter()
        self._timer.start()
        return self

    def stop(self) -> float:
        """End, and answer the longest gap (s); the time since the last tick counts as well."""
        self._tick()
        self._timer.stop()
        return self.longest_gap_s

    @contextmanager
    def must_stay_below(self, seconds: float) -> Iterator[None]:
        """Fail where anything holds the GUI thread longer."""
        self.start()
        yield
        gap = self.stop()
        assert gap < seconds, f"the GUI thread stood still for {1000 * gap:.0f} ms, allowed are {1000 * seconds:.0f}"

    def _tick(self) -> None:
        now = time.perf_counter()
        self.longest_gap_s = max(self.longest_gap_s, now - self._last)
        self._last = now
        self.ticks += 1
