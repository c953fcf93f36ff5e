"""PythonQt's rules for classes of PySide6: what Slicer's `qt` does differently is refused or done as PythonQt does it.

Nothing of PySide6 is changed. `generated(QtWidgets.QLabel)` is a subclass of PySide6's class with these rules:

- properties are attributes: ``label.text``, ``label.text = "x"``; so ``label.text()`` raises
- no unknown attributes, and no new ones on objects of Qt's classes; Python subclasses may have their own
- methods take positional arguments only
- signals: ``button.clicked.connect(f)`` and ``button.connect("clicked(bool)", f)``
- no scoped enumerations: ``qt.QMessageBox.Yes``, not ``qt.QMessageBox.StandardButton.Yes``

Objects that Qt made itself (a table's header, a widget's children) get the rules when they are first handed out.
"""

from __future__ import annotations

import enum
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import shiboken6
from PySide6 import QtCore

from standin.adoption import Adoption
from standin.properties import check_alive, property_names, write_property
from standin.signals import BoundSignal, QtMethod, connect, disconnect

_QObject = QtCore.QObject
_GENERATED: dict[type, type] = {}
_being_read: set[tuple[int, str]] = set()
_dropping: list[bool] = []


class PythonQtType(type(_QObject)):  # type: ignore[misc]
    """Makes what PySide6 created itself an instance of the generated class, too, and hides scoped enumerations."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, cls.__dict__.get("_wrapped", ())) or type.__instancecheck__(cls, instance)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, cls.__dict__.get("_wrapped", ())) or type.__subclasscheck__(cls, subclass)

    def __getattribute__(cls, name: str) -> Any:
        value = super().__getattribute__(name)
        if not name.startswith("_") and isinstance(value, type) and issubclass(value, enum.Enum):
            raise AttributeError(f"{cls.__name__}.{name}: PythonQt has no scoped enumerations; write the value's name")
        return value


class Rules:
    """The methods that every generated class has in front of PySide6's."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("__"):
            return super().__getattribute__(name)
        if name in ("connect", "disconnect"):  # PySide6 would give its own
            return types.MethodType(vars(Rules)[name], self)
        if name in property_names(type(self)) and not _is_python_attribute(self, name):
            return adopt(_read_property(self, name))
        value = super().__getattribute__(name)
        if isinstance(value, QtCore.SignalInstance):
            return BoundSignal(self, name, value)
        if isinstance(value, types.BuiltinMethodType):
            return QtMethod(value, adopt)
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, QtCore.SignalInstance):  # PySide6 keeps a signal so, when it is first asked for
            super().__setattr__(name, value)
        elif name in property_names(type(self)):
            write_property(self, name, value)
        elif name == "name":
            write_property(self, "objectName", value)
        elif _may_have_attribute(type(self), name):
            super().__setattr__(name, value)
        elif not _dropping:
            raise AttributeError(
                f"{type(self).__name__} has no property {name!r}, and PythonQt sets no new attributes on Qt's objects; "
                "keep the value beside the object or use setProperty"
            )

    @property
    def name(self) -> str:
        return str(_QObject.property(self, "objectName"))

    def className(self) -> str:
        """Name of the object's class, as ``metaObject().className()`` has it."""
        return type(self).__name__

    def connect(self, signature: str, receiver: Callable) -> bool:
        """Connect a signal given in C++'s words, as ``clicked(bool)``."""
        return connect(self, signature, receiver)

    def disconnect(self, signature: str, receiver: Callable) -> bool:
        """End such a connection."""
        return disconnect(self, signature, receiver)

    def findChild(self, kind: type | str, name: str = "") -> Any:
        """First child of a class, which may be named."""
        return next(iter(self.findChildren(kind, name)), None)

    def findChildren(self, kind: type | str, name: str = "") -> list:
        """Children of a class, which may be named."""
        found = adopt(_QObject.findChildren(self, _QObject, name) if name else _QObject.findChildren(self, _QObject))
        if isinstance(kind, str):
            return [child for child in found if _QObject.inherits(child, kind) or type(child).__name__ == kind]
        return [child for child in found if isinstance(child, kind)]

    def delete(self) -> None:
        """Delete the object at once."""
        shiboken6.delete(self)


def generated(wrapped: type) -> type:
    """Make the class with PythonQt's rules for a QObject class of PySide6, once."""
    if wrapped not in _GENERATED:
        namespace = {"_wrapped": wrapped, "_is_qt": True, "__module__": "qt", "__doc__": wrapped.__doc__}
        _GENERATED[wrapped] = PythonQtType(wrapped.__name__, (Rules, wrapped), namespace)
    return _GENERATED[wrapped]


adopt = Adoption(generated).adopt
"""Gives an object that PySide6 made itself the rules."""


@contextmanager
def dropping_new_attributes() -> Iterator[None]:
    """Drop new attributes instead of refusing them: PySide6's loader of .ui files sets each child as one."""
    _dropping.append(True)
    try:
        yield
    finally:
        _dropping.pop()


def closed(cls: type) -> type:
    """Mark a stand-in for one of Slicer's or CTK's classes: module code cannot set new attributes on its objects."""
    cls._is_qt = True  # type: ignore[attr-defined]
    return cls


def _read_property(instance: Any, name: str) -> Any:
    """Read a property. Where its getter is virtual, PySide6 asks for the same name meanwhile and gets the method."""
    check_alive(instance)
    key = (id(instance), name)
    if key in _being_read:
        return _QObject.__getattribute__(instance, name)
    _being_read.add(key)
    try:
        return _QObject.property(instance, name)
    finally:
        _being_read.discard(key)


def _is_python_attribute(instance: Any, name: str) -> bool:
    """Tell whether a Python subclass, or an object of one, has defined the name itself: PythonQt prefers that."""
    for cls in type(instance).__mro__:
        if "_wrapped" in cls.__dict__:
            break
        if name in cls.__dict__:
            return True
    return False


def _may_have_attribute(cls: type, name: str) -> bool:
    is_of_qt = "_is_qt" in cls.__dict__
    if is_of_qt:
        return name.startswith("_")
    wrapped = next((parent for parent in cls.__mro__ if parent.__module__.startswith("PySide6.")), None)
    if wrapped is not None and hasattr(wrapped, name):
        raise AttributeError(f"{name!r} is a method, slot or signal of {wrapped.__name__} and can not be overwritten")
    return True
