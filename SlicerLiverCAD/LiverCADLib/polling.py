"""The timer of the GUI thread that delivers the jobs' news, and lets their threads run."""

import time

import qt

from LiverCADLib.jobs import JobRunner

PERIOD_MS = 25
YIELD_S = 0.005
"""While Slicer waits for events it may keep Python's global lock to itself: worker threads then run only while Python
code of the GUI thread waits. So it does that for a moment, too short to be felt."""


class Poller:
    """Polls a JobRunner while it is busy.

    Parameters
    ----------
    runner : JobRunner
        Whose signals are emitted in this thread from now on.
    """

    def __init__(self, runner: JobRunner) -> None:
        self._runner = runner
        self._timer = qt.QTimer()
        self._timer.setInterval(PERIOD_MS)
        self._timer.timeout.connect(self._poll)
        runner.started.connect(self._start)
        runner.busyChanged.connect(self._stop)

    def close(self) -> None:
        """Stop for good."""
        self._runner.started.disconnect(self._start)
        self._runner.busyChanged.disconnect(self._stop)
        self._timer.stop()

    def _poll(self):
        time.sleep(YIELD_S)
        self._runner.poll()

    def _start(self, job):
        if not self._timer.active:
            self._timer.start()

    def _stop(self, isBusy):
        if not isBusy:
            self._timer.stop()
