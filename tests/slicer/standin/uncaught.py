"""Exceptions that nobody sees: in Slicer those of slots and observers go to the console, and the program goes on."""

from __future__ import annotations

import sys
import traceback
from types import TracebackType

recorded: list[str] = []
"""What was raised in slots, observers and virtual methods since `clear`, with its traceback."""


def install() -> None:
    """Begin to record; what is printed otherwise is printed still."""
    before = sys.excepthook

    def record(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
        recorded.append("".join(traceback.format_exception(kind, error, where)))
        before(kind, error, where)

    sys.excepthook = record


def clear() -> None:
    """Forget what was recorded."""
    recorded.clear()
