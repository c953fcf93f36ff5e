"""Gives the rules to objects that PySide6 made itself, such as a table's header, when they are first handed out."""

from __future__ import annotations

import atexit
import weakref
from collections.abc import Callable
from typing import Any

import shiboken6
from PySide6 import QtCore

_set_class = vars(object)["__class__"].__set__
"""Changes an object's class without PySide6's own ``__setattr__``, which looks at the C++ object: it may be gone."""


def is_alive(value: QtCore.QObject) -> bool:
    """Tell whether the C++ part of an object exists; PySide6 itself cannot tell for one whose class was changed."""
    adopted = type(value)
    kind = adopted.__dict__.get("_adopted_from")
    if kind is None:
        return bool(shiboken6.isValid(value))
    _set_class(value, kind)
    try:
        return bool(shiboken6.isValid(value))
    finally:
        _set_class(value, adopted)


class Adoption:
    """Changes the class of objects, and changes it back before PySide6 destroys them.

    PySide6 takes an object of a Python class for one that Python made, and would destroy it wrongly.
    """

    def __init__(self, generated: Callable[[type], type]) -> None:
        self._generated = generated
        self._classes: dict[type, type] = {}
        self._adopted: dict[int, tuple[weakref.ref, type]] = {}
        atexit.register(self._release_all)

    def adopt(self, value: Any) -> Any:
        """Give an object the rules; lists and tuples of objects likewise. Anything else is answered as it is."""
        if isinstance(value, QtCore.QObject):
            kind = type(value)
            if kind.__module__.startswith("PySide6.") and not issubclass(kind, QtCore.QCoreApplication):
                _set_class(value, self._class(kind))
                self._adopted[id(value)] = (weakref.ref(value), kind)
        elif type(value) in (list, tuple):
            return type(value)(self.adopt(each) for each in value)
        return value

    def _class(self, kind: type) -> type:
        if kind not in self._classes:
            base = self._generated(kind)
            namespace = {
                "_is_qt": True,
                "_adopted_from": kind,
                "__del__": lambda value: self._release(value),
                "__module__": "qt",
            }
            self._classes[kind] = type(base)(base.__name__, (base,), namespace)
        return self._classes[kind]

    def _release(self, value: Any) -> None:
        _, kind = self._adopted.pop(id(value))
        _set_class(value, kind)

    def _release_all(self) -> None:
        for reference, kind in list(self._adopted.values()):
            value = reference()
            if value is not None:
                _set_class(value, kind)
        self._adopted.clear()
