"""Signals between logic and panels, in plain Python: own Qt signals are not safe under PythonQt."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Signal:
    """Calls every listener, in the order in which they were connected, when it is emitted.

    A listener's error does not keep the others from being called: the first one is raised when all have been.
    """

    def __init__(self) -> None:
        self._listeners: list[Callable[..., Any]] = []
        self._blocked = 0

    def connect(self, listener: Callable[..., Any]) -> None:
        """Call a function or method from now on; one that is connected already stays so once."""
        if listener not in self._listeners:
            self._listeners.append(listener)

    def disconnect(self, listener: Callable[..., Any]) -> None:
        """Call it no more; nothing happens when it was not connected."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def emit(self, *arguments: Any) -> None:
        """Call the listeners with these arguments."""
        if self._blocked:
            return
        errors = []
        for listener in tuple(self._listeners):
            try:
                listener(*arguments)
            except Exception as error:
                errors.append(error)
        if errors:
            raise errors[0]

    @contextmanager
    def blocked(self) -> Iterator[None]:
        """Call nobody inside the block."""
        self._blocked += 1
        try:
            yield
        finally:
            self._blocked -= 1
