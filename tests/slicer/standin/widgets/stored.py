"""Properties of stand-in widgets that only keep their value."""

from __future__ import annotations

from typing import Any

from PySide6 import QtCore


def stored(kind: type | str, default: Any, notify: str = "") -> QtCore.Property:
    """Make a property of a C++ type that is kept, and whose change may be signalled."""
    key = object()

    def values(widget: Any) -> dict:
        return widget.__dict__.setdefault("_stored", {})

    def read(widget: Any) -> Any:
        return values(widget).get(key, default)

    def write(widget: Any, value: Any) -> None:
        changed = read(widget) != value
        values(widget)[key] = value
        if changed and notify:
            getattr(widget, notify).emit(value)

    return QtCore.Property(kind, read, write)
