"""Observers of MRML that end with the widget they serve, as those of Slicer's widgets do."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from typing import Any

from standin.adoption import is_alive


class Observations:
    """What one widget observes; the widget is not kept alive by it."""

    def __init__(self, widget: Any) -> None:
        self._widget = weakref.ref(widget)
        self._tags: list[tuple[Any, int]] = []

    def observe(self, observed: Any, events: Iterable[Any], function: Callable[[Any], None]) -> None:
        """Observe events of one object in place of what was observed; `function` gets the widget."""
        self.end()
        if observed is not None:
            self._tags = [(observed, observed.AddObserver(event, self._callback(function))) for event in events]

    def end(self) -> None:
        """Observe nothing any longer."""
        for observed, tag in self._tags:
            observed.RemoveObserver(tag)
        self._tags = []

    def _callback(self, function: Callable[[Any], None]) -> Callable[..., None]:
        def call(*_: Any) -> None:
            widget = self._widget()
            if widget is None or not is_alive(widget):
                self.end()
            else:
                function(widget)

        return call
