"""What tests of panels have in common: a running stand-in, waiting as Qt does, pictures to look at."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from standin.start import start

start()

import qt  # noqa: E402
import slicer  # noqa: E402


def wait_until(condition: Callable[[], Any], seconds: float = 10.0, *runners: Any) -> None:
    """Let Qt, and job runners that nothing else polls, work until something is true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "It did not happen in time."
        for runner in runners:
            runner.poll()
        slicer.app.processEvents()
        time.sleep(0.005)


def settle(*runners: Any) -> None:
    """Wait until no job is at work."""
    wait_until(lambda: not any(runner.isBusy for runner in runners), 10.0, *runners)


def picture(widget: Any, name: str, width: int = 460) -> None:
    """Save what a widget looks like in the folder that LIVERCAD_PICTURES names; nothing where it names none."""
    folder = os.environ.get("LIVERCAD_PICTURES")
    if folder:
        widget.resize(width, max(widget.sizeHint.height(), widget.minimumSizeHint.height()))
        widget.show()
        slicer.app.processEvents()
        assert widget.grab().save(str(Path(folder) / f"{name}.png"))
        widget.hide()


__all__ = ["picture", "qt", "settle", "slicer", "wait_until"]
