"""`import ctk` as module code does it: stand-ins for the few widgets of CTK that modules use."""

from __future__ import annotations

from typing import Any

from standin.uiloader import registered


def __getattr__(name: str) -> Any:
    if name.startswith("ctk") and name in registered():
        return registered()[name]
    raise AttributeError(f"module 'ctk' has no {name!r}, or the stand-in does not know it")
