"""Observers of MRML that end with the widget they serve, as those of Slicer's widgets do."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

import vtk

from standin.adoption import is_alive


class Observations:
    """What one widget observes; the widget is not kept alive by it.

    Attributes
    ----------
    made : WeakSet of Observations
        All that there are.
    """

    made: ClassVar[weakref.WeakSet[Observations]] = weakref.WeakSet()

    def __init__(self, widget: Any) -> None:
        self.made.add(self)
        self._widget = weakref.ref(widget)
        self._tags: list[tuple[Any, int]] = []

    def observe(self, observed: Any, events: Iterable[Any], function: Callable[..., None]) -> None:
        """Observe events of one object in place of what was observed; `function` gets the widget."""
        self.end()
        if observed is not None:
            self._tags = [(observed, observed.AddObserver(event, self._callback(function))) for event in events]

    def observe_nodes(self, scene: Any, event: Any, function: Callable[..., None]) -> None:
        """Observe an event that comes with a node, in place of what was observed; `function` gets widget and node."""
        self.end()
        if scene is not None:
            callback = self._callback(lambda widget, *told: function(widget, told[-1]), with_arguments=True)
            self._tags = [(scene, scene.AddObserver(event, vtk.calldata_type(vtk.VTK_OBJECT)(callback)))]

    def end(self) -> None:
        """Observe nothing any longer."""
        for observed, tag in self._tags:
            observed.RemoveObserver(tag)
        self._tags = []

    def _callback(self, function: Callable[..., None], with_arguments: bool = False) -> Callable[..., None]:
        def call(*told: Any) -> None:
            widget = self._widget()
            if widget is None or not is_alive(widget):
                self.end()
            else:
                function(widget, *(told if with_arguments else ()))

        return call
