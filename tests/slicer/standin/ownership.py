"""Who keeps a widget: PythonQt deletes one that Python made, with the last Python name for it, unless it has a parent.

PySide6 lets a layout keep its widgets. In Slicer a layout without a parent does not: what was given to it inline
is gone before the layout is laid out, and nothing is shown in its place.
"""

from __future__ import annotations

import sys
from typing import Any

from PySide6 import QtWidgets

_LAID_OUT_BY = {"addLayout", "insertLayout", "setLayout"}
_REFERENCES = 3
"""To a widget that only PySide6's layout keeps: the layout's, the name that it has here, and the argument."""


def check_kept(method: str, args: tuple) -> None:
    """Raise for a layout with widgets that PythonQt would have deleted before the layout gets its parent.

    Raises
    ------
    RuntimeError
        No Python name is left for a widget in it.
    """
    for layout in args if method in _LAID_OUT_BY else ():
        if isinstance(layout, QtWidgets.QLayout) and layout.parentWidget() is None:
            _check(layout)


def _check(layout: Any) -> None:
    for index in range(layout.count()):
        item = layout.itemAt(index)
        if item.layout() is not None:
            _check(item.layout())
            continue
        widget = item.widget()
        if widget is not None and sys.getrefcount(widget) <= _REFERENCES:
            raise RuntimeError(
                f"PythonQt has deleted a {type(widget).__name__}: nothing but a layout without a parent kept it; keep "
                "it as an attribute, or make the layout on its widget"
            )
