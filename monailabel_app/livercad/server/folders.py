"""Folders that are there as a whole or not at all."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def appearing(folder: Path) -> Iterator[Path]:
    """Fill a new folder under another name, and put it in place only once it is whole.

    Parameters
    ----------
    folder : Path
        Where nothing is yet. Missing parent folders are made.

    Yields
    ------
    Path
        Where to write: hidden, beside `folder`. It is removed when the block raises.
    """
    temporary = folder.with_name(f".{uuid.uuid4().hex}")
    temporary.mkdir(parents=True)
    try:
        yield temporary
        temporary.rename(folder)
    except BaseException:  # a cancelled request as well must leave nothing behind
        shutil.rmtree(temporary, ignore_errors=True)
        raise
