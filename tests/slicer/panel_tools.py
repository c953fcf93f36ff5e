"""What tests of panels have in common: waiting for jobs as Qt does, and pictures to look at."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt
import slicer
from standin.helpers import screenshot
from standin.helpers import wait_until as wait_with_qt


def wait_until(condition: Callable[[], Any], seconds: float = 20.0, *runners: Any) -> None:
    """Let Qt, and job runners that nothing else polls, work until something is true."""

    def is_true() -> Any:
        for runner in runners:
            runner.poll()
        return condition()

    wait_with_qt(is_true, seconds)


def settle(*runners: Any) -> None:
    """Wait until no job is at work."""
    wait_until(lambda: not any(runner.isBusy for runner in runners), 20.0, *runners)


def choose(selector: Any, node: Any) -> None:
    """Choose a node, or None, in a node selector as a user does."""
    box = selector.findChildren(qt.QComboBox)[0]
    index = box.findData(node.GetID() if node is not None else "")
    assert index >= 0, "it is not offered"
    box.setCurrentIndex(index)
    box.activated.emit(index)


def picture(widget: Any, name: str, width: int = 460) -> None:
    """Save what a widget looks like in the folder that LIVERCAD_PICTURES names; nothing where it names none."""
    folder = os.environ.get("LIVERCAD_PICTURES")
    if not folder:
        return
    was_visible = widget.visible
    widget.show()
    for _ in range(2):  # texts that wrap tell their height only when their width is known
        size = width, max(widget.sizeHint.height(), widget.minimumSizeHint.height())
        screenshot(widget, Path(folder) / f"{name}.png", size)
    widget.setVisible(was_visible)


__all__ = ["choose", "picture", "qt", "settle", "slicer", "wait_until"]
