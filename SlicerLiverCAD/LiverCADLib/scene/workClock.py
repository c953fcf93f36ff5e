"""How long somebody has worked on a case: time counts while the case is open and its user is active."""

import time

IDLE_S = 120.0
"""A pause counts up to here: reading without moving the mouse is work as well, lunch is not."""


class WorkClock:
    """Adds up the time between signs of life.

    Parameters
    ----------
    now : callable
        Seconds on a clock that never goes back.
    """

    def __init__(self, now=time.monotonic):
        self._now = now
        self._seconds, self._last = 0.0, None

    @property
    def isRunning(self):
        """Whether a case is open."""
        return self._last is not None

    @property
    def seconds(self):
        """Time worked on the open case, or on the last one; earlier sessions included."""
        return self._seconds + self._since()

    def start(self, seconds=0.0):
        """Start with a case, and with the time that was spent on it before."""
        self._seconds, self._last = float(seconds), self._now()

    def touch(self):
        """Note that the user is active; of a pause, at most `IDLE_S` counts."""
        if self.isRunning:
            self._seconds += self._since()
            self._last = self._now()

    def stop(self):
        """Count no more; the case is closed."""
        self.touch()
        self._last = None

    def _since(self):
        return min(self._now() - self._last, IDLE_S) if self.isRunning else 0.0
