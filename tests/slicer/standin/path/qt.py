"""`import qt` as module code does it: PySide6's classes with PythonQt's rules, each made when it is first asked for."""

from __future__ import annotations

from typing import Any

from PySide6 import QtCore, QtGui, QtWidgets
from standin.dialogs import WITH_DIALOGS
from standin.pythonqt import generated
from standin.scopeless import Scopeless
from standin.uiloader import QUiLoader  # noqa: F401

Qt = Scopeless(QtCore.Qt)
_PLAIN = (QtCore.QCoreApplication,)
"""The application itself exists already."""


def __getattr__(name: str) -> Any:
    found = next((getattr(part, name) for part in (QtCore, QtGui, QtWidgets) if hasattr(part, name)), None)
    if not name.startswith("Q") or not isinstance(found, type):
        raise AttributeError(f"module 'qt' has no {name!r}, or the stand-in does not know it")
    if name in WITH_DIALOGS:
        found = WITH_DIALOGS[name]
    elif issubclass(found, QtCore.QObject) and not issubclass(found, _PLAIN):
        found = generated(found)
    globals()[name] = found
    return found
