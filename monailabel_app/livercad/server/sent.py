"""What is said of files that a client has sent, in the client's own names: it knows nothing of the server's folders."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

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


def told_as_sent(told: Any, names: Mapping[Path, str]) -> Any:
    """Let an answer name files as the client does.

    Parameters
    ----------
    told : object
        What JSON can hold.
    names : mapping of Path to str
        As of `called_as_sent`.

    Returns
    -------
    object
        The same with other strings; keys stay.
    """
    if isinstance(told, str):
        return _renamed(told, names)
    if isinstance(told, Mapping):
        return {key: told_as_sent(value, names) for key, value in told.items()}
    return [told_as_sent(each, names) for each in told] if isinstance(told, list | tuple) else told


def _renamed(text: str, names: Mapping[Path, str]) -> str:
    for path, name in names.items():
        # A DICOM series is called by its folder, with its number behind it.
        prefixes = (str(path),) if name else (f"{path}{os.sep}", f"{path} ")
        for prefix in prefixes:
            text = text.replace(prefix, name)
    return text
