"""`slicer.i18n`: there are no translations here, but what was to be translated is recorded."""

from __future__ import annotations

import threading
from pathlib import Path

recorded: dict[str, int] = {}
"""Every text that was given to `tr` or `translate`, and how often."""


def tr(text: str) -> str:
    """Record a text and answer it."""
    if not isinstance(text, str):
        raise TypeError(f"only a string can be translated, not {text!r}")
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError(f"translated in a worker thread, where Slicer must not be called: {text!r}")
    recorded[text] = recorded.get(text, 0) + 1
    return text


def getContext(sourceFile: str) -> str:
    """Under which name translators find the texts of a file."""
    path = Path(sourceFile)
    return f"{path.parent.name}.{path.stem}" if (path.parent / "__init__.py").is_file() else path.stem


def translate(context: str, text: str) -> str:
    """Record a text of another part of Slicer and answer it."""
    return tr(text)
