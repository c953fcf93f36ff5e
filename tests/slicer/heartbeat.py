"""How long the GUI thread was away: the longest time between two beats of a timer in it."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from panel_tools import qt, slicer

LONGEST_MS = 50.0
ATTEMPTS = 6
"""A computer that is busy with other things holds any thread up; what blocks by itself does so every time."""


def longest_pause(act: Callable[[], Any], has_ended: Callable[[], bool], seconds: float = 60.0) -> float:
    """Do something in the GUI thread and let Qt work until it has ended.

    Returns
    -------
    float
        Longest time between two beats (ms), that of `act` itself included.
    """
    beats = [time.perf_counter()]
    timer = qt.QTimer()
    timer.setInterval(1)
    timer.timeout.connect(lambda: beats.append(time.perf_counter()))
    timer.start()
    end = time.monotonic() + seconds
    act()
    while not has_ended():
        assert time.monotonic() < end, "It did not end."
        slicer.app.processEvents()
        time.sleep(0.001)
    slicer.app.processEvents()
    timer.stop()
    beats.append(time.perf_counter())
    return 1000 * max(later - earlier for earlier, later in pairwise(beats))


def shortest_of(act: Callable[[], Any], has_ended: Callable[[], bool]) -> float:
    """The longest pause, in the best of several attempts."""
    best = float("inf")
    for _ in range(ATTEMPTS):
        best = min(best, longest_pause(act, has_ended))
        if best < LONGEST_MS:
            break
    return best
