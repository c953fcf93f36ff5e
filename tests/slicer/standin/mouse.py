"""A mouse in a slice view: Slicer's own interactor style tells Slicer's own displayable managers what it does.

What a click or a drag comes to, such as a markup's point that is set or moved, is Slicer's own doing; Qt has no part in
it.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import slicer
import vtk

from standin.helpers import process_events

STEPS = 4
"""Moves of a drag."""


class Mouse:
    """Moves and clicks at points of the scene.

    Parameters
    ----------
    slice_widget : qMRMLSliceWidget
        In whose view; of a window that is shown, or it has no size.
    """

    def __init__(self, slice_widget: Any) -> None:
        self._view = slice_widget.sliceView()
        self._interactor = self._view.interactor()
        # VTK's own style would take each press for itself, and let nobody else know of the release.
        self._interactor.SetInteractorStyle(vtk.vtkInteractorStyleUser())
        self._style = slicer.vtkMRMLSliceViewInteractorStyle()
        self._style.SetSliceLogic(slice_widget.sliceLogic())
        self._style.SetDisplayableManagers(self._view._rendered.managers)
        self._style.SetInteractor(self._interactor)
        self._interactor.Enable()

    def click(self, point: Any) -> None:
        """Click with the left button at a point in RAS (mm)."""
        self.drag([point], "Left")

    def move(self, point: Any) -> None:
        """Move to a point in RAS (mm)."""
        self._tell("MouseMove", self._view.convertRASToXYZ(point))

    def drag(self, points: Any, button: str = "Left") -> None:
        """Press a button ("Left" or "Middle") at the first of some points in RAS (mm), release it at the last."""
        self._view.forceRender()  # a widget knows where it is seen when it has been drawn
        at = [self._view.convertRASToXYZ(point) for point in points]
        for place in ((at[0][0] + 2, at[0][1]), at[0]):
            self._tell("MouseMove", place)
        self._tell(f"{button}ButtonPress", at[0])
        for before, after in pairwise(at):
            for step in range(1, STEPS + 1):
                self._tell("MouseMove", [a + (b - a) * step / STEPS for a, b in zip(before, after, strict=True)])
        self._tell(f"{button}ButtonRelease", at[-1])
        process_events()

    def close(self) -> None:
        """Take the mouse out of the view."""
        self._style.SetInteractor(None)

    def _tell(self, what: str, place: Any) -> None:
        self._interactor.SetEventPosition(round(place[0]), round(place[1]))
        self._interactor.InvokeEvent(f"{what}Event")
