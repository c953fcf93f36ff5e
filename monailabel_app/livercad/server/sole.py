"""One server for a studies folder: two would spoil each other's scores and reservations."""

from __future__ import annotations

import json
import logging
import os
import socket
import threading
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from livercad.errors import InputError
from livercad.studies.atomic import write_text

logger = logging.getLogger(__name__)

LOCK, HOLDER = Path(".livercad") / ".server.lock", Path(".livercad") / "server.json"
"""In the studies folder. The lock is the system's, which falls with its process; the other file tells whose it is."""
PATIENCE_S = 2.0
"""So long a server that was just killed may take to be gone."""
_held: dict[Path, FileLock] = {}
_holding = threading.Lock()


def occupy(studies: Path) -> None:
    """Keep other servers away from a studies folder until this process ends, however that comes.

    Parameters
    ----------
    studies : Path
        The studies folder. Asked again by this process, it stays as it is.

    Raises
    ------
    InputError
        If another server is at work on it; with its process and computer where they are known.
    """
    folder = studies.resolve()
    with _holding:
        if folder in _held:
            return
        lock = FileLock(folder / LOCK)
        try:
            (folder / LOCK).parent.mkdir(exist_ok=True)
            lock.acquire(timeout=PATIENCE_S)
        except Timeout:
            raise InputError(
                studies,
                found=f"another server at work on this folder{_holder(folder)}",
                expected="one at a time, since two would spoil each other's scores and reservations",
                todo="Use that one, or end it first; or serve another folder.",
            ) from None
        except OSError as error:
            logger.warning("%s cannot be kept for this server alone (%s): do not start another one", studies, error)
            return
        _held[folder] = lock
        told = {"process": os.getpid(), "computer": socket.gethostname(), "since": datetime.now().astimezone()}
        write_text(folder / HOLDER, json.dumps(told, default=datetime.isoformat) + "\n")


def _holder(folder: Path) -> str:
    try:
        told = json.loads((folder / HOLDER).read_text(encoding="utf-8"))
        return f" (process {told['process']} on {told['computer']}, since {told['since'][:16].replace('T', ' ')})"
    except (OSError, ValueError, TypeError, KeyError):
        return ""
