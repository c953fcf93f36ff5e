"""The one file that a training goes on from, and the folder that one training has to itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout

from livercad.errors import InputError
from livercad.studies.atomic import replacing

CHECKPOINT = "checkpoint.pt"
LOCK = ".lock"
PATIENCE_S = 10.0
"""A training whose server was killed is gone as well, but only once the system has taken back all its memory."""


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep other trainings out of a folder, and clean up what a killed one was writing.

    Parameters
    ----------
    folder : Path
        Made if it is not there.

    Raises
    ------
    InputError
        If another training is at work in it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=PATIENCE_S)
    except Timeout:
        raise InputError(
            folder,
            found="another training at work in this folder",
            expected="one at a time",
            todo="Wait until it is done, or name another folder.",
        ) from None
    try:
        for left in folder.glob(f".*.{CHECKPOINT}"):
            left.unlink(missing_ok=True)
        yield
    finally:
        lock.release()


def write_checkpoint(folder: Path, state: dict[str, Any]) -> None:
    """Put a training's state in the place of the last one."""
    with replacing(folder / CHECKPOINT) as path:
        torch.save(state, path)


def read_checkpoint(folder: Path, identity: str) -> dict[str, Any] | None:
    """Read a training's state.

    Parameters
    ----------
    folder : Path
        The training's.
    identity : str
        Of the training that wants to go on.

    Returns
    -------
    dict or None
        As it was written, on the CPU; None where there is none yet.

    Raises
    ------
    InputError
        If it is another training's.
    """
    path = folder / CHECKPOINT
    if not path.is_file():
        return None
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    if state["identity"] != identity:
        raise InputError(
            folder,
            found="a training of other data, labels, settings or weights",
            expected="this training or an empty folder",
            todo="Name another folder, or delete this one.",
        )
    return state
