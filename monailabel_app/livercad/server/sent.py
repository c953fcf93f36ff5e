"""Errors about what a client has sent, in the client's own names: it knows nothing of the server's folders."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from livercad.errors import LiverCADError


@contextmanager
def called_as_sent(names: Mapping[Path, str]) -> Iterator[None]:
    """Let errors of the block name files as the client does.

    Parameters
    ----------
    names : mapping of Path to str
        The client's name of each file; empty for a folder, whose files are called by their path below it.
    """
    try:
        yield
    except LiverCADError as error:
        told = (_renamed(text, names) for text in (error.thing, error.found, error.expected, error.todo))
        thing, found, expected, todo = told
        raise type(error)(thing, found=found, expected=expected, todo=todo) from error


def _renamed(text: str, names: Mapping[Path, str]) -> str:
    for path, name in names.items():
        text = text.replace(str(path), name) if name else text.replace(f"{path}{os.sep}", "")
    return text
