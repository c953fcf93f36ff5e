"""Ctrl-C, once and twice."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from livercad.errors import Cancelled

CASE_BY_CASE = "the case under way is cancelled, what is done stays"


class Stop:
    """Whether the user has asked to stop."""

    def __init__(self) -> None:
        self.asked = False

    def check(self) -> None:
        """Raise Cancelled if so."""
        if self.asked:
            raise Cancelled


@contextmanager
def listening(then: str = CASE_BY_CASE) -> Iterator[Stop]:
    """Take Ctrl-C (SIGINT) and SIGTERM as a wish that long work looks at, instead of an exception anywhere.

    A second one raises KeyboardInterrupt at once. Away from the main thread nothing is listened to, since Python hands
    signals to that thread only.

    Parameters
    ----------
    then : str
        What stopping means, told at once.

    Yields
    ------
    Stop
        To look at.
    """
    stop = Stop()

    def on_signal(number: int, frame: FrameType | None) -> None:
        if stop.asked:
            raise KeyboardInterrupt
        stop.asked = True
        # Not print: the signal may have come in the middle of one, and buffers do not like that.
        os.write(2, f"\nStopping: {then}. Once more stops at once.\n".encode())

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    previous = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
