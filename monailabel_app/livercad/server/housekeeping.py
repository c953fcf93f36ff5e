"""The server's end: no child process and no temporary file outlives it."""

from __future__ import annotations

import atexit
import functools
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType

import psutil
from filelock import FileLock, Timeout

PREFIX, LOCK = "livercad-", ".in-use"
ABANDONED_S = 60.0
"""A folder that is not held is another server's that is just starting, for so long."""
_held: list[FileLock] = []
"""Tells other servers that the folder is in use, until this process ends, however that comes."""


@functools.cache
def temporary_folder() -> Path:
    """Return a folder of this process's own; from now on it is where Python's `tempfile` puts its files as well.

    MONAI Label makes its temporary files by name and forgets some of them.
    """
    remove_abandoned(Path(tempfile.gettempdir()))
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    _held.append(FileLock(folder / LOCK))
    _held[0].acquire()
    tempfile.tempdir = str(folder)
    atexit.register(clean_up)
    return folder


def remove_abandoned(place: Path) -> None:
    """Remove temporary folders of servers that were killed: images of patients may lie in them.

    Parameters
    ----------
    place : Path
        The folder for temporary files.
    """
    for file in place.glob(f"{PREFIX}*/{LOCK}"):
        with suppress(OSError, Timeout):  # another user's; in use
            if time.time() - file.stat().st_mtime > ABANDONED_S:
                with FileLock(file, timeout=0):
                    shutil.rmtree(file.parent, ignore_errors=True)


def clean_up() -> None:
    """Kill every child process and remove the temporary folder. May be called more than once."""
    children = psutil.Process().children(recursive=True)
    for child in children:
        try:
            child.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(children, timeout=3)
    if temporary_folder.cache_info().currsize:
        shutil.rmtree(temporary_folder(), ignore_errors=True)


def end_with_signals(before: Callable[[], None]) -> None:
    """Clean up as soon as the process is told to end, then let the web server end in its own way.

    `atexit` is not enough: uvicorn raises the signal again when it is done, which ends the process at once.

    Parameters
    ----------
    before : callable
        Called first; asks running jobs to stop.
    """
    if threading.current_thread() is not threading.main_thread():
        return  # signals can be handled in the main thread only
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _handler(before, signal.getsignal(number)))


def _handler(before: Callable[[], None], former: object) -> Callable[[int, FrameType | None], None]:
    def handle(number: int, frame: FrameType | None) -> None:
        before()
        clean_up()
        if callable(former):
            former(number, frame)

    return handle
