"""The process of a training: ``python -m livercad.server.training_work FOLDER PARENT``.

It tells its parent how far it is, a line of JSON each on its standard output: ``{"fraction": 0.4, "what": "training,
step 3 of 8, loss 0.412"}``, or ``{"error": "…"}`` as the last one. What else is printed goes to its standard error. On
SIGTERM it writes its checkpoint and ends with `STOPPED`. When its parent is gone, however that came, it ends as well.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from pkgutil import resolve_name
from types import FrameType
from typing import Any

from livercad.errors import Cancelled, LiverCADError
from livercad.models.champions import once_in_use
from livercad.progress import Progress
from livercad.recipes.run import Wish, run
from livercad.server.training_orders import read_material, read_training

STOPPED = 3
"""Exit status of a training that was asked to stop."""
FAILED = 1
CACHE = "cache"
"""Cases on a network's grid, for the trainings of one task that follow each other."""
NICENESS = 10
"""The server's requests come first."""
PR_SET_PDEATHSIG = 1
"""Of Linux's ``prctl``."""
WATCH_S = 0.2
"""How often it is looked whether the parent is there."""
NEWS_S = 0.1
"""How often the parent is told something, at most."""


class _Listener:
    """Tells the parent of progress, and hears SIGTERM."""

    def __init__(self, tell: Callable[..., None]) -> None:
        self._tell, self._told, self._stopped = tell, 0.0, False
        signal.signal(signal.SIGTERM, self._stop)

    def __call__(self, done: float, total: float, what: str) -> None:
        if self._stopped:
            raise Cancelled
        now = time.monotonic()
        if now - self._told >= NEWS_S:
            self._told = now
            self._tell(fraction=done / total if total else 1.0, what=what)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._stopped = True


def main(folder: Path, parent: int) -> int:
    """Train, or go on.

    Parameters
    ----------
    folder : Path
        The training's.
    parent : int
        Process that is told.

    Returns
    -------
    int
        Exit status.
    """
    _die_with_parent()
    threading.Thread(target=_end_with, args=(parent,), name="watch the server", daemon=True).start()
    tell = _channel()
    listener = _Listener(tell)
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    try:
        _train(folder, listener)
    except Cancelled:
        return STOPPED
    except Exception as error:
        if not isinstance(error, LiverCADError):
            traceback.print_exc()
        tell(error=str(error) if isinstance(error, LiverCADError) else f"{type(error).__name__}: {error}")
        return FAILED
    return 0


def _train(folder: Path, progress: Progress) -> None:
    training, material = read_training(folder), read_material(folder)
    recipe = resolve_name(training.recipes)[training.task]
    asked = training.wish
    wish = Wish(asked.start, asked.steps or None, asked.minutes, asked.seed)
    cache = folder.parent.with_name(CACHE) / training.task
    # A version may have been promoted since the training began.
    begin = None if training.version is None else once_in_use(training.model, training.version, training.weights)
    run(recipe, material.cases, material.sides, folder, wish, training.settings, cache, progress, begin)


def _channel() -> Callable[..., None]:
    """Keep the standard output for the parent alone: libraries print."""
    stream = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def tell(**news: Any) -> None:
        stream.write(json.dumps(news) + "\n")
        stream.flush()

    return tell


def _die_with_parent() -> None:
    """Have the kernel kill this process with its parent, where it can: on a busy machine a thread may come to it late.

    The parent is the thread that has started it, which waits for its end (`livercad.server.trainer`).
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _end_with(parent: int) -> None:
    """End at once when the server is gone: what was learnt since the checkpoint is learnt again."""
    while os.getppid() == parent:
        time.sleep(WATCH_S)
    os._exit(FAILED)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
