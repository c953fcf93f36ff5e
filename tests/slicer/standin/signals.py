"""Signals as PythonQt connects them: with as many arguments as the receiver takes, which is kept alive."""

from __future__ import annotations

import re
import types
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from PySide6 import QtCore

from standin.metainfo import argument_types, class_info, signal_arguments
from standin.ownership import check_kept
from standin.properties import check_alive

_connections: WeakKeyDictionary[QtCore.QObject, list[tuple[str, Callable, Callable]]] = WeakKeyDictionary()


class QtMethod:
    """A method of a Qt object: positional arguments only, as in PythonQt."""

    def __init__(self, method: Any, adopt: Callable[[Any], Any]) -> None:
        self.method = method
        self._adopt = adopt
        self.__name__ = method.__name__

    def __call__(self, *args: Any) -> Any:
        check_alive(self.method.__self__)
        check_kept(self.__name__, args)
        return self._adopt(self.method(*args))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, QtMethod) and self.method == other.method

    def __hash__(self) -> int:
        return hash(self.method)


class BoundSignal:
    """What ``button.clicked`` is."""

    def __init__(self, sender: QtCore.QObject, name: str, signal: QtCore.SignalInstance) -> None:
        self._sender = sender
        self._name = name
        self._signal = signal

    def connect(self, receiver: Callable) -> bool:
        """Call the receiver whenever the signal is emitted."""
        _connect(self._sender, self._name, self._signal, receiver, None)
        return True

    def disconnect(self, receiver: Callable | None = None) -> bool:
        """End one connection, or all that Python made."""
        return _disconnect(self._sender, self._name, self._signal, receiver)

    def emit(self, *args: Any) -> None:
        """Emit the signal."""
        self._signal.emit(*args)

    __call__ = emit


def connect(sender: QtCore.QObject, signature: str, receiver: Callable) -> bool:
    """Connect by a signature in C++'s words.

    Raises
    ------
    ValueError
        The sender has no such signal; PythonQt prints this and goes on without a connection.
    """
    name, count = _find(sender, signature)
    _connect(sender, name, _raw(sender, name), receiver, count)
    return True


def disconnect(sender: QtCore.QObject, signature: str, receiver: Callable) -> bool:
    """End a connection made by `connect`."""
    name, _ = _find(sender, signature)
    return _disconnect(sender, name, _raw(sender, name), receiver)


def _raw(sender: QtCore.QObject, name: str) -> QtCore.SignalInstance:
    signal: QtCore.SignalInstance = object.__getattribute__(sender, name)
    return signal


def _find(sender: QtCore.QObject, signature: str) -> tuple[str, int]:
    wanted = re.sub(r"\s+", "", signature)
    if wanted not in class_info(type(sender)).signals:
        raise ValueError(f"{type(sender).__name__} has no signal {signature!r}")
    return wanted.partition("(")[0], len(argument_types(wanted))


def _connect(
    sender: QtCore.QObject, name: str, signal: QtCore.SignalInstance, receiver: Callable, count: int | None
) -> None:
    if not callable(receiver):
        raise TypeError(f"{type(sender).__name__}.{name}: cannot connect {receiver!r}")
    if isinstance(receiver, QtMethod):
        slot: Any = receiver.method  # Qt itself leaves out the arguments that its slot does not take
    elif isinstance(receiver, BoundSignal):
        slot = receiver._signal
    else:
        slot = _taking(signal_arguments(type(sender), name), lambda *args: receiver(*_trimmed(receiver, args[:count])))
    signal.connect(slot)
    _connections.setdefault(sender, []).append((name, receiver, slot))


def _disconnect(sender: QtCore.QObject, name: str, signal: QtCore.SignalInstance, receiver: Callable | None) -> bool:
    made = _connections.get(sender, [])
    ended = [each for each in made if each[0] == name and (receiver is None or each[1] == receiver)]
    for each in ended:
        made.remove(each)
        signal.disconnect(each[2])
    return bool(ended)


def _taking(count: int, function: Callable) -> Callable:
    """Give a function the number of parameters by which PySide6 chooses among a signal's overloads."""
    return (
        lambda: function(),
        lambda a: function(a),
        lambda a, b: function(a, b),
        lambda a, b, c: function(a, b, c),
        lambda a, b, c, d: function(a, b, c, d),
    )[count]


def _trimmed(receiver: Callable, args: tuple) -> tuple:
    """Leave out the arguments that a Python function does not take; any other callable gets all."""
    function = getattr(receiver, "__func__", receiver)
    if not isinstance(function, types.FunctionType) or function.__code__.co_flags & 0x04:  # has *args
        return args
    bound = 1 if hasattr(receiver, "__self__") else 0
    return args[: function.__code__.co_argcount - bound]
