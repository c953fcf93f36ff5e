"""Qt's properties as PythonQt shows them: attributes with a type."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PySide6 import QtCore

from standin.adoption import is_alive
from standin.metainfo import class_info

_TAKES: dict[str, tuple[type, ...]] = {
    "QString": (str,),
    "bool": (bool,),
    "int": (int,),
    "uint": (int,),
    "double": (float, int),
    "float": (float, int),
    "QStringList": (list, tuple),
}
"""What a property of C++'s type takes. PythonQt converts some more; what it makes of them is not relied upon."""

_QT5: dict[str, list[str]] = json.loads((Path(__file__).parent / "qt5_properties.json").read_text())
"""Properties of each class of Qt 5.15, with which Slicer is built, without inherited ones: those that PyQt5 5.15.11 has
in its classes' meta-objects (Qt 5.15.14). PySide6 is Qt 6, which has more."""

_names: dict[type, frozenset[str]] = {}


def property_names(cls: Any) -> frozenset[str]:
    """Names of all properties of a class: in Qt 5.15; of Slicer's and CTK's classes, as written here."""
    if cls not in _names:
        parts = [_own_names(each) for each in cls.__mro__ if "staticMetaObject" in each.__dict__]
        _names[cls] = frozenset().union(*parts)
    return _names[cls]


def _own_names(cls: Any) -> set[str]:
    meta = cls.staticMetaObject
    own = {meta.property(index).name() for index in range(meta.propertyOffset(), meta.propertyCount())}
    return own & set(_QT5.get(meta.className(), own))


def check_alive(instance: Any) -> None:
    """Raise RuntimeError for an object whose C++ part is gone, or not there yet."""
    if isinstance(instance, QtCore.QObject) and not is_alive(instance):
        raise RuntimeError(f"{type(instance).__name__} was deleted by Qt, as children are with their parent")


def write_property(instance: QtCore.QObject, name: str, value: Any) -> None:
    """Set a property, or tell why it cannot be.

    Raises
    ------
    AttributeError
        The property is read-only.
    TypeError
        The value is of another type than the property; nothing is converted silently.
    """
    check_alive(instance)
    about = class_info(type(instance)).properties[name]
    of = f"{type(instance).__name__}.{name}"
    if not about.is_writable:
        raise AttributeError(f"{of} is read-only")
    takes = _TAKES.get(about.type_name)
    wrong_bool = isinstance(value, bool) and takes is not None and bool not in takes
    if takes is not None and (wrong_bool or not isinstance(value, takes)):
        raise TypeError(f"{of} is of type {about.type_name} and does not accept {value!r} ({type(value).__name__})")
    descriptor = _python_descriptor(type(instance), name)
    if descriptor is not None:
        descriptor.fset(instance, value)
    elif not QtCore.QObject.setProperty(instance, name, value):
        raise TypeError(f"{of} is of type {about.type_name} and does not accept {value!r} ({type(value).__name__})")


def _python_descriptor(cls: type, name: str) -> Any:
    """The property of a stand-in class, whose setter may raise: Qt would swallow that."""
    for parent in cls.__mro__:
        if isinstance(parent.__dict__.get(name), QtCore.Property):
            return parent.__dict__[name]
    return None
