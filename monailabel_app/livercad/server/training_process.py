"""A training's process, as the server sees it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from livercad.errors import Cancelled, InputError, LiverCADError
from livercad.learning.checkpoint import CHECKPOINT
from livercad.server import training_work

OUTPUT = "output.txt"
"""What a training's process has printed."""
PATIENCE_S = 60.0
"""So long a training that is stopped has to write its checkpoint."""


class TrainingProcess:
    """Starts the process of a training, in a session of its own, so that it can be killed with all that it starts.

    Parameters
    ----------
    folder : Path
        The training's.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with (folder / OUTPUT).open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", training_work.__name__, str(folder), str(os.getpid())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=output,
                start_new_session=True,
            )
        self._lines: SimpleQueue[bytes] = SimpleQueue()
        threading.Thread(target=self._listen, name="hear a training", daemon=True).start()

    def news(self, every_s: float) -> Iterator[dict[str, Any]]:
        """What the process tells, line by line, and an empty line where it was silent for so long.

        Raises
        ------
        Cancelled
            If it was asked to stop.
        KilledError
            If somebody has killed it, as the system does when memory runs out.
        InputError
            If it has failed.
        """
        error = ""
        while True:
            try:
                line = self._lines.get(timeout=every_s)
            except Empty:
                yield {}
                continue
            if not line:
                break
            with contextlib.suppress(json.JSONDecodeError):  # the last one of a process that was killed
                told = json.loads(line)
                error = told.get("error") or error
                yield told
        self._judge(self._process.wait(), error)

    def stop(self, patience_s: float = PATIENCE_S) -> None:
        """Ask it to write its checkpoint and end; kill it where it has not by then. Returns when it is gone."""
        if self._process.poll() is None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(patience_s)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _listen(self) -> None:
        assert self._process.stdout
        with self._process.stdout as lines:
            for line in lines:
                self._lines.put(line)
        self._lines.put(b"")

    def _judge(self, status: int, error: str) -> None:
        if status == 0:
            return
        if status == training_work.STOPPED or status == -signal.SIGTERM:
            raise Cancelled("The training was stopped.")
        if error:
            raise TrainingError(error)
        ended = f"that it was ended by {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
        raise (KilledError if status == -signal.SIGKILL else InputError)(
            "the process of the training",
            found=ended,
            expected="that it trains to its end",
            todo="If the machine ran out of memory, free some and start again; "
            f"{self._folder / OUTPUT} has what it printed.",
        )


def checkpoint_stamp(folder: Path) -> tuple[int, int] | None:
    """What changes with every checkpoint of a training; None before the first."""
    try:
        stat = (folder / CHECKPOINT).stat()
    except FileNotFoundError:
        return None
    return stat.st_ino, stat.st_mtime_ns


class KilledError(InputError):
    """That a training's process was killed."""


class TrainingError(LiverCADError):
    """Why a training failed, in the words of its own process."""

    def __init__(self, reason: str) -> None:
        Exception.__init__(self, reason)
