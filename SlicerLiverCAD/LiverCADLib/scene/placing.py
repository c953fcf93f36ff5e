"""Marks lesions in the views: by a click, by a line along the longest diameter, or by a circle from its centre."""

from enum import Enum

import numpy as np
import slicer

from LiverCADLib.signals import Signal
from LiverCADLib.translation import _


class Way(Enum):
    """How a lesion is marked."""

    CLICK = "click"
    """One click in its middle; the size is given beside."""
    LINE = "line"
    """Two clicks at the ends of its longest diameter."""
    CIRCLE = "circle"
    """Two clicks: its centre and its border, as in Yamakawa 2020, section 2.2: centre and diameter."""


CLASSES = {
    Way.CLICK: "vtkMRMLMarkupsFiducialNode",
    Way.LINE: "vtkMRMLMarkupsLineNode",
    Way.CIRCLE: "vtkMRMLMarkupsLineNode",
}
HINTS = {
    Way.CLICK: _("Click in the middle of the lesion."),
    Way.LINE: _("Click on both ends of its longest diameter."),
    Way.CIRCLE: _("Click in its middle, then on its border."),
}


class LesionPlacing:
    """Lets the user place one mark at a time.

    Attributes
    ----------
    placed : Signal
        (center in RAS mm, diameter in mm or None where the way tells none).
    waitingChanged : Signal
        (Way or None): what is waited for.
    """

    def __init__(self):
        self.placed, self.waitingChanged = Signal(), Signal()
        self._node, self._way, self._observers = None, None, []

    @property
    def way(self):
        """What is waited for; None where nothing is."""
        return self._way

    def start(self, way):
        """Wait for the clicks; one that was waited for is given up."""
        self.cancel()
        node = slicer.mrmlScene.AddNewNodeByClass(CLASSES[way], _("new lesion"))
        node.SetSaveWithScene(False)
        node.SetHideFromEditors(True)
        node.CreateDefaultDisplayNodes()
        node.GetDisplayNode().SetPointLabelsVisibility(False)
        event = slicer.vtkMRMLMarkupsNode.PointPositionDefinedEvent
        self._observers = [node.AddObserver(event, self._onPoint)]
        self._node, self._way = node, way
        logic = slicer.modules.markups.logic()
        logic.SetActiveList(node)
        logic.StartPlaceMode(False)
        self.waitingChanged.emit(way)

    def cancel(self):
        """Wait no more."""
        if self._node is None:
            return
        node, self._node, self._way = self._node, None, None
        for observer in self._observers:
            node.RemoveObserver(observer)
        slicer.app.applicationLogic().GetInteractionNode().SwitchToViewTransformMode()
        if node.GetScene() is not None:
            slicer.mrmlScene.RemoveNode(node.GetDisplayNode())
            slicer.mrmlScene.RemoveNode(node)
        self.waitingChanged.emit(None)

    def _onPoint(self, caller, event):
        wanted = 1 if self._way is Way.CLICK else 2
        if self._node is None or self._node.GetNumberOfDefinedControlPoints() < wanted:
            return
        points = slicer.util.arrayFromMarkupsControlPoints(self._node, world=True)[:wanted]
        center, diameter = centerAndDiameter(self._way, points)
        self.cancel()
        self.placed.emit(center, diameter)


def centerAndDiameter(way, points):
    """What the clicks say.

    Parameters
    ----------
    way : Way
        How they were asked for.
    points : ndarray, shape (points, 3)
        RAS mm.

    Returns
    -------
    center : tuple of float
        RAS mm.
    diameter : float or None
        In mm; None where the way tells none.
    """
    if way is Way.CLICK:
        return tuple(points[0].tolist()), None
    length = float(np.linalg.norm(points[1] - points[0]))
    if way is Way.LINE:
        return tuple(points.mean(axis=0).tolist()), length
    return tuple(points[0].tolist()), 2 * length
