"""What Qt's meta-objects say of a class, read once: those of Python classes are freed and made anew by PySide6."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6 import QtCore

_SIGNAL = QtCore.QMetaMethod.MethodType.Signal


@dataclass(frozen=True)
class PropertyInfo:
    """A property's type in C++, and whether it can be set."""

    type_name: str
    is_writable: bool


@dataclass(frozen=True)
class ClassInfo:
    """Properties by name; signatures of signals, and of everything that can be called, as C++ writes them."""

    properties: dict[str, PropertyInfo]
    signals: frozenset[str]
    methods: frozenset[str]


_known: dict[type, ClassInfo] = {}


def class_info(cls: Any) -> ClassInfo:
    """What is known of a class, inherited or its own; also signals that a stand-in names in its `SIGNALS`."""
    if cls not in _known:
        _known[cls] = _read(cls)
    return _known[cls]


def signal_arguments(cls: Any, name: str) -> int:
    """How many arguments a signal has, the longest of its overloads."""
    counts = [len(argument_types(each)) for each in class_info(cls).signals if each.partition("(")[0] == name]
    return max(counts)


def argument_types(signature: str) -> list[str]:
    """Take a signature apart."""
    return [each for each in signature.rstrip(")").partition("(")[2].split(",") if each]


def _read(cls: Any) -> ClassInfo:
    meta = cls.staticMetaObject
    properties = [meta.property(index) for index in range(meta.propertyCount())]
    methods = [meta.method(index) for index in range(meta.methodCount())]
    named = {signature for each in cls.__mro__ for signature in each.__dict__.get("SIGNALS", ())}
    return ClassInfo(
        {each.name(): PropertyInfo(each.typeName(), each.isWritable()) for each in properties},
        frozenset(named | {_signature(each) for each in methods if each.methodType() == _SIGNAL}),
        frozenset(map(_signature, methods)),
    )


def _signature(method: QtCore.QMetaMethod) -> str:
    return bytes(method.methodSignature().data()).decode()
