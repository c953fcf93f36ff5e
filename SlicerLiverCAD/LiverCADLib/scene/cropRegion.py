"""The square that crops are cut from, drawn in the slice views."""

import slicer

from livercad.core.crops import plane_offsets_mm
from LiverCADLib.translation import _

COLOR = (0.2, 0.8, 1.0)
THINNEST_MM = 2.0
"""Seen from the side, the box would be a line."""


class CropRegion:
    """Draws the box from which the classifier takes its planes: the crops' square, as thick as its planes lie apart.

    It can neither be dragged nor picked, is not listed among the user's markups, and is not saved.

    Parameters
    ----------
    crops : LesionCrops
        Whose square it is.
    """

    def __init__(self, crops):
        self._crops, self._node = crops, None
        crops.changed.connect(self.update)
        self.update()

    @property
    def node(self):
        """The vtkMRMLMarkupsROINode; None where there is nothing to draw."""
        isThere = self._node is not None and self._node.GetScene() is slicer.mrmlScene
        return self._node if isThere else None

    def update(self):
        """Draw the square of the selected lesion, or nothing."""
        lesion = self._crops.lesion if self._crops.showsRegion else None
        if lesion is None:
            self._remove()
            return
        node = self.node or self._make()
        side, (lowest, *_rest, highest) = self._crops.sideMm, plane_offsets_mm(lesion.diameterMm)
        with slicer.util.NodeModify(node):
            node.SetCenter(lesion.center)
            node.SetSize(side, side, max(highest - lowest, THINNEST_MM))
            node.SetNthControlPointVisibility(0, False)  # the middle is the lesion's to show

    def close(self):
        """Remove what was drawn, for good."""
        self._crops.changed.disconnect(self.update)
        self._remove()

    def _remove(self):
        if self.node:
            slicer.mrmlScene.RemoveNode(self.node.GetDisplayNode())
            slicer.mrmlScene.RemoveNode(self.node)

    def _make(self):
        node = slicer.mrmlScene.CreateNodeByClass("vtkMRMLMarkupsROINode")
        node.UnRegister(None)
        node.SetName(_("crop"))
        node.SetHideFromEditors(True)  # before it comes into the scene, where it would be listed
        node.SetLocked(True)
        self._node = slicer.mrmlScene.AddNode(node)
        node.CreateDefaultDisplayNodes()
        for each in (node, node.GetDisplayNode()):
            each.SetSaveWithScene(False)
        display = node.GetDisplayNode()
        display.SetColor(COLOR)
        display.SetSelectedColor(COLOR)
        display.SetFillVisibility(False)
        display.SetHandlesInteractive(False)
        display.SetPointLabelsVisibility(False)
        display.SetPropertiesLabelVisibility(False)
        display.SetVisibility3D(False)
        return node
