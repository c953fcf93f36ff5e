"""Writing files so that a reader sees the old one or the new one, never half of one."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Write a file under another name, and put it in place only once it is whole.

    The other name is hidden (it begins with a dot) and ends like `path`, so that writers that go by the
    extension do the right thing. Missing parent folders are made.

    Parameters
    ----------
    path : Path
        The file to write or to replace.

    Yields
    ------
    Path
        Where to write, in the same folder. It is removed when the block raises.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{uuid.uuid4().hex[:12]}.{path.name}")
    try:
        yield temporary
        os.replace(temporary, path)
    except BaseException:  # Ctrl-C as well must leave nothing behind
        temporary.unlink(missing_ok=True)
        raise


def write_bytes(path: Path, data: bytes) -> None:
    """Write a binary file atomically.

    Parameters
    ----------
    path : Path
        The file to write or to replace.
    data : bytes
        Its whole content.
    """
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically, in UTF-8 and with its line ends as they are.

    Parameters
    ----------
    path : Path
        The file to write or to replace.
    text : str
        Its whole content.
    """
    write_bytes(path, text.encode("utf-8"))
