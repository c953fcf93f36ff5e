"""What is in the module `qt`: PySide6's classes with PythonQt's rules, each made when it is first asked for."""

from __future__ import annotations

from functools import cache
from typing import Any

from PySide6 import QtCore, QtGui, QtWidgets

from standin.dialogs import WITH_DIALOGS
from standin.pythonqt import generated
from standin.scopeless import Scopeless
from standin.uiloader import QUiLoader

_SPECIAL: dict[str, Any] = {"Qt": Scopeless(QtCore.Qt), "QUiLoader": QUiLoader, **WITH_DIALOGS}


@cache
def find(name: str) -> Any:
    """Find a class by its name."""
    if name in _SPECIAL:
        return _SPECIAL[name]
    found = next((getattr(part, name) for part in (QtCore, QtGui, QtWidgets) if hasattr(part, name)), None)
    if not name.startswith("Q") or not isinstance(found, type):
        raise AttributeError(f"module 'qt' has no {name!r}, or the stand-in does not know it")
    is_application = issubclass(found, QtCore.QCoreApplication)  # it exists already
    return generated(found) if issubclass(found, QtCore.QObject) and not is_application else found
