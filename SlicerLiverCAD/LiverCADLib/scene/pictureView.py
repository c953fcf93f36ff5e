"""Shows the chosen image of an ultrasound case in one large view, upright, with what a model looked at over it."""

from contextlib import contextmanager

import slicer

from LiverCADLib.scene.layouts import compositeNode, fitTo, layoutNode, sliceNode
from LiverCADLib.scene.pictureNodes import addOverlay, setOverlay
from LiverCADLib.signals import Signal
from LiverCADLib.translation import _

VIEW = "Red"
"""Slicer's own axial view, alone in its layout."""


class PictureView:
    """Follows a PictureCase; the layout that was there before comes back when the case is closed.

    Parameters
    ----------
    pictures : PictureCase
        The open ultrasound case.

    Attributes
    ----------
    laidOut : Signal
        No arguments; the view is another, which gets its size in a moment: `fit` is to be called again then.
    leftAlone : Signal
        No arguments; the layout that was there before is back, and its views get their sizes in a moment.
    """

    def __init__(self, pictures):
        self._pictures, self._saliency = pictures, None
        self.laidOut, self.leftAlone = Signal(), Signal()
        self._before, self._map = 0, None
        pictures.opened.connect(self._onOpened)
        pictures.shownChanged.connect(self.show)
        pictures.closed.connect(self._onClosed)
        if pictures.isOpen:
            self._onOpened()

    @property
    def saliencyNode(self):
        """Volume node that lies over the image; None where there is none."""
        isThere = self._saliency is not None and self._saliency.GetScene() is slicer.mrmlScene
        return self._saliency if isThere else None

    def show(self):
        """Show the chosen image, the whole of it; nothing lies over it any more."""
        self.setSaliency(None)
        node, composite = self._pictures.node, compositeNode(VIEW)
        if node is None or composite is None:
            return
        with _alone(composite):
            composite.SetBackgroundVolumeID(node.GetID())
        sliceNode(VIEW).SetOrientationToAxial()
        self.fit()

    def fit(self):
        """Show the whole image."""
        if self._pictures.node is not None:
            fitTo(self._pictures.node, (VIEW,))

    def setSaliency(self, saliency):
        """Lay a map over the image that is shown.

        Parameters
        ----------
        saliency : ndarray of uint8, shape (rows, columns), or None
            None for no map.
        """
        picture, composite = self._pictures.node, compositeNode(VIEW)
        if saliency is None or picture is None:
            self._removeSaliency()
            return
        if self.saliencyNode is None:
            self._saliency = addOverlay(picture, _("what the model looked at"))
        elif saliency is self._map:  # asked at every move of the mouse while a circle is dragged
            return
        self._map = saliency
        setOverlay(self._saliency, saliency)
        if composite is not None:
            with _alone(composite):
                composite.SetForegroundVolumeID(self._saliency.GetID())
                composite.SetForegroundOpacity(1.0)  # the colours have opacities of their own

    def close(self):
        """Take away what was laid over the image, for good."""
        for signal, listener in (
            (self._pictures.opened, self._onOpened),
            (self._pictures.shownChanged, self.show),
            (self._pictures.closed, self._onClosed),
        ):
            signal.disconnect(listener)
        self._removeSaliency()

    def _onOpened(self):
        layout, parameters = layoutNode(), self._pictures.scene.parameters
        alone = layout.SlicerLayoutOneUpRedSliceView
        if layout.GetViewArrangement() != alone:
            parameters.layoutBefore = self._before = layout.GetViewArrangement()
            layout.SetViewArrangement(alone)
        self.show()
        self.laidOut.emit()

    def _onClosed(self):
        self._removeSaliency()
        parameters, layout = self._pictures.scene.parameters, layoutNode()
        before = parameters.layoutBefore or self._before  # the former is gone where the scene was closed
        if before and layout.GetViewArrangement() == layout.SlicerLayoutOneUpRedSliceView:
            layout.SetViewArrangement(before)
            self.leftAlone.emit()
        parameters.layoutBefore = self._before = 0

    def _removeSaliency(self):
        node, self._saliency = self.saliencyNode, None
        if node is not None:
            composite = compositeNode(VIEW)
            if composite is not None and composite.GetForegroundVolumeID() == node.GetID():
                with _alone(composite):
                    composite.SetForegroundVolumeID(None)
            for gone in (node, node.GetDisplayNode()):
                slicer.mrmlScene.RemoveNode(gone)


@contextmanager
def _alone(composite):
    """Leave linked views with what they show while one of them gets something else."""
    wasLinked = composite.GetLinkedControl()
    composite.SetLinkedControl(False)
    yield
    composite.SetLinkedControl(wasLinked)
