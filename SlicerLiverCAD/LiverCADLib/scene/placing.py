"""Marks lesions in the views: by a click, by a line along the longest diameter, or by a circle from its centre."""

from enum import Enum

import numpy as np
import slicer
import vtk

from livercad.core.taxonomy import LABEL_COLORS, Label
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

    Parameters
    ----------
    later : callable
        Calls a function when Slicer has dealt with the click: a view goes on using the node of which it tells.
    isInMm : bool
        Whether a line that is drawn may tell its length, which Slicer gives in mm: false where pixels count.

    Attributes
    ----------
    placed : Signal
        (center in RAS mm, diameter in mm or None where the way tells none).
    pointsPlaced : Signal
        (Way, ndarray of shape (points, 3)): the same as the places that were clicked on, RAS mm.
    waitingChanged : Signal
        (Way or None): what is waited for.
    """

    def __init__(self, later, isInMm=True):
        self.placed, self.pointsPlaced, self.waitingChanged = Signal(), Signal(), Signal()
        self._later, self._isInMm = later, isInMm
        self._node, self._way, self._observers, self._ball = None, None, [], None

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
        # Of a circle from its centre it would be the radius.
        node.GetDisplayNode().SetPropertiesLabelVisibility(self._isInMm and way is not Way.CIRCLE)
        self._node, self._way = node, way
        self._observe(node, slicer.vtkMRMLMarkupsNode.PointPositionDefinedEvent, self._onChanged)
        if way is Way.CIRCLE:
            self._ball = BallPreview(_("new lesion"))
            self._observe(node, slicer.vtkMRMLMarkupsNode.PointModifiedEvent, self._onMoved)
        slicer.modules.markups.logic().SetActiveList(node)
        interaction = slicer.app.applicationLogic().GetInteractionNode()
        interaction.SwitchToSinglePlaceMode()  # the logic's StartPlaceMode would have the views place a list of points
        self._observe(interaction, interaction.InteractionModeChangedEvent, self._onChanged)
        self.waitingChanged.emit(way)

    def cancel(self):
        """Wait no more."""
        if self._node is None:
            return
        node, self._node, self._way = self._node, None, None
        for observed, observer in self._observers:
            observed.RemoveObserver(observer)
        self._observers = []
        slicer.app.applicationLogic().GetInteractionNode().SwitchToViewTransformMode()
        if self._ball:
            self._ball.remove()
            self._ball = None
        _remove(node)
        self.waitingChanged.emit(None)

    def _observe(self, node, event, function):
        self._observers.append((node, node.AddObserver(event, function)))

    def _onChanged(self, caller, event):
        """A point was set, or the mouse does other things now; the view is still at work with the node."""
        self._later(self._settle)

    def _onMoved(self, caller, event):
        if self._node.GetNumberOfControlPoints() > 1:  # the second one follows the mouse
            points = slicer.util.arrayFromMarkupsControlPoints(self._node, world=True)[:2]
            self._ball.show(*centerAndDiameter(Way.CIRCLE, points))

    def _settle(self):
        """Take the points where all are set; wait no more where the user has left off placing."""
        if self._node is None:
            return
        wanted, way = (1 if self._way is Way.CLICK else 2), self._way
        if self._node.GetScene() is not None and self._node.GetNumberOfDefinedControlPoints() >= wanted:
            points = slicer.util.arrayFromMarkupsControlPoints(self._node, world=True)[:wanted]
            self.cancel()
            self.placed.emit(*centerAndDiameter(way, points))
            self.pointsPlaced.emit(way, points)
            return
        interaction = slicer.app.applicationLogic().GetInteractionNode()
        if interaction.GetCurrentInteractionMode() != interaction.Place:
            self.cancel()


class BallPreview:
    """A ball in the scene that is not a lesion yet: slice views show where it cuts them, a circle.

    Parameters
    ----------
    name : str
        The node's.
    """

    def __init__(self, name):
        self._source = vtk.vtkSphereSource()
        self._source.SetThetaResolution(48)
        self._source.SetPhiResolution(24)
        self._node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", name)
        self._node.SetSaveWithScene(False)
        self._node.SetHideFromEditors(True)
        self._node.SetSelectable(False)  # clicks go through it
        self._node.CreateDefaultDisplayNodes()
        display = self._node.GetDisplayNode()
        display.SetSaveWithScene(False)
        display.SetColor(*(part / 255 for part in LABEL_COLORS[Label.LESION]))
        display.SetOpacity(0.4)
        display.SetSliceIntersectionOpacity(1.0)
        display.SetSliceIntersectionThickness(2)
        display.SetVisibility2D(True)
        display.SetVisibility(False)
        self._node.SetPolyDataConnection(self._source.GetOutputPort())

    def show(self, center, diameterMm):
        """Put it somewhere; RAS mm."""
        self._source.SetCenter(*center)
        self._source.SetRadius(diameterMm / 2)
        self._source.Update()
        self._node.GetDisplayNode().SetVisibility(diameterMm > 0)

    def remove(self):
        """Take it out of the scene."""
        _remove(self._node)


def _remove(node):
    """Remove a node that was not saved, with its display node; the scene may have been closed meanwhile."""
    for gone in (node.GetDisplayNode(), node):
        if gone is not None and gone.GetScene() is not None:
            slicer.mrmlScene.RemoveNode(gone)


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
