"""Whole servers that are there in a moment: forked from a process that has imported everything.

``python -m server.forked_server FOLDER PORT`` reads words from its standard input and answers each with a line.
``start``: it forks a server on ``FOLDER/studies``, and names its process. ``kill``: it kills that with SIGKILL, and
says ``gone``. What a server does is what ``livercad serve`` does; and the process of a training, which otherwise takes
seconds to import the same, is forked by the server.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from livercad.server import training_process, training_work

CONF = {"validation_share": "0.6"}
LATER = (
    "alembic.command",
    "fakes",
    "livercad.recipes.run",
    "livercad.reports.case_page",
    "livercad.server.app",
    "livercad.server.launch",
    "mlflow.store.model_registry.sqlalchemy_store",
    "mlflow.store.tracking.sqlalchemy_store",
    "server.fake_recipes",
    "sklearn.cluster",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "uvicorn.lifespan.on",
    "uvicorn.loops.auto",
    "uvicorn.protocols.http.auto",
)
"""Modules that a server imports when it needs them."""
MOST_FILES = 4096
POLL_S = 0.01


class ForkedTraining:
    """Of `subprocess.Popen` what `TrainingProcess` makes use of."""

    def __init__(self, command: Sequence[str], stderr: Any, **_: Any) -> None:
        reading, writing = os.pipe()
        self._status: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            _train(writing, stderr.fileno(), Path(command[3]), int(command[4]))
        os.close(writing)
        self.stdout = os.fdopen(reading, "rb")

    def poll(self) -> int | None:
        if self._status is None:
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:  # another thread has seen its end
                return self._status
            if pid:
                self._status = os.waitstatus_to_exitcode(status)
        return self._status

    def wait(self, timeout: float = 60.0) -> int:
        end = time.monotonic() + timeout
        while (status := self.poll()) is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired("training", timeout)
            time.sleep(POLL_S)
        return status

    def terminate(self) -> None:
        os.kill(self.pid, signal.SIGTERM)


def _train(writing: int, errors: int, folder: Path, parent: int) -> None:
    """In the process of a training: as if it had been started anew, with nothing of the server's open."""
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.setsid()
        os.dup2(writing, 1)
        os.dup2(errors, 2)
        os.closerange(3, MOST_FILES)
        os._exit(training_work.main(folder, parent))
    finally:
        os._exit(training_work.FAILED)


def _serve(folder: Path, port: int) -> None:
    """In the process of a server."""
    from livercad.server.launch import launch

    ctypes.CDLL(None).prctl(training_work.PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    log = os.open(folder / "log.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for ours, standard in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(ours, standard)
    training_process.subprocess.Popen = ForkedTraining  # type: ignore[misc, assignment]
    launch(
        folder / "studies", host="127.0.0.1", port=port, token=None, conf=CONF, app=folder / "app", say=lambda _: None
    )


def main(folder: Path, port: int) -> None:
    os.environ |= {
        "MONAI_LABEL_APP_DIR": str(folder / "app"),
        "MONAI_LABEL_STUDIES": str(folder / "studies"),
        "MONAI_LABEL_APP_CONF": json.dumps(CONF),
        "MONAI_LABEL_SERVER_PORT": str(port),
    }
    from livercad.server import outer

    assert outer.app  # and with it all but these
    for module in LATER:
        importlib.import_module(module)
    gc.freeze()
    child = 0
    for word in sys.stdin:
        if word.strip() == "start":
            child = os.fork()
            if child == 0:
                try:
                    _serve(folder, port)
                finally:
                    os._exit(1)
            print(child, flush=True)
        else:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            print("gone", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
