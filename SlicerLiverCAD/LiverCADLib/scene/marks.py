"""What is drawn around the selected lesion: its box and its two diameters; and the views that move there."""

import numpy as np
import slicer

from LiverCADLib.translation import _

MARK = "LiverCAD.mark"
"""Attribute of the nodes that are drawn around the selected lesion."""
LINE_COLOR = (1.0, 1.0, 1.0)
"""Of the diameters, which lie on the lesion and would not be seen in its colour."""
ROOM_MM = 3.0
"""How much wider the box is than the lesion, so that its lines do not lie on the lesion's."""


class LesionMarks:
    """Follows the selection of a list of lesions.

    Parameters
    ----------
    lesions : LesionList
        Whose selection is shown.
    """

    def __init__(self, lesions):
        self._lesions = lesions
        self._nodes = {}
        lesions.selected.connect(self._onSelected)
        lesions.changed.connect(self.refresh)

    def jump(self):
        """Move all views to the middle of the selected lesion's longest diameter, so that it is seen whole."""
        record = self._lesions.records.get(self._lesions.selection)
        if record:
            measured = self._lesions.measured(record.number)
            line = measured.longest if measured else None
            place = [(a + b) / 2 for a, b in zip(line.start, line.end, strict=True)] if line else record.center
            mode = slicer.vtkMRMLSliceNode.CenteredJumpSlice
            slicer.vtkMRMLSliceNode.JumpAllSlices(slicer.mrmlScene, *place, mode)
            for camera in slicer.util.getNodesByClass("vtkMRMLCameraNode"):
                _lookAt(camera, place)

    def refresh(self):
        """Draw what is selected as it now is; nothing where nothing is selected."""
        number = self._lesions.selection
        measured = self._lesions.measured(number) if number else None
        if measured is None or self._lesions.records[number].isRejected:
            self.clear()
            return
        color = self._lesions.records[number].color
        self._showBox(number, measured.box, color)
        self._showLine("longest", number, measured.longest)
        self._showLine("perpendicular", number, measured.perpendicular)
        self._label(number, measured.longest)

    def clear(self):
        """Take the marks away."""
        for node in self._nodes.values():
            for gone in (node.GetDisplayNode(), node.GetStorageNode(), node):
                if gone is not None and gone.GetScene() is not None:
                    slicer.mrmlScene.RemoveNode(gone)
        self._nodes = {}

    def _onSelected(self, number):
        self.refresh()
        self.jump()

    def _showBox(self, number, box, color):
        node = self._node("box", "vtkMRMLMarkupsROINode")
        node.SetName(_("lesion {number}").format(number=number))
        node.SetCenter(*map(float, box.center))
        node.SetSize(*(float(side) + 2 * ROOM_MM for side in box.size))
        display = node.GetDisplayNode()
        display.SetSelectedColor(*color)
        display.SetFillOpacity(0.0)
        display.SetHandlesInteractive(False)

    def _showLine(self, role, number, line):
        node = self._node(role, "vtkMRMLMarkupsLineNode")
        node.SetName(_("lesion {number}").format(number=number))
        while node.GetNumberOfControlPoints() < 2:
            node.AddControlPointWorld(0.0, 0.0, 0.0)
        for index, end in enumerate((line.start, line.end)):
            node.SetNthControlPointPositionWorld(index, *map(float, end))
        node.GetDisplayNode().SetSelectedColor(*LINE_COLOR)

    def _label(self, number, line):
        """Write number and length beside the patient's left end, on the right in the views, and not on the lesion."""
        left = min((0, 1), key=lambda index: (line.start, line.end)[index][0])
        text = _("lesion {number}: {length:.0f} mm").format(number=number, length=line.length_mm)
        self._nodes["longest"].SetNthControlPointLabel(left, text)
        self._nodes["longest"].SetNthControlPointLabel(1 - left, "")

    def _node(self, role, class_):
        node = self._nodes.get(role)
        if node is None or node.GetScene() is None:  # the scene may have been closed
            node = slicer.mrmlScene.AddNewNodeByClass(class_)
            node.SetAttribute(MARK, role)
            node.SetSaveWithScene(False)
            node.SetHideFromEditors(True)
            node.CreateDefaultDisplayNodes()
            node.GetDisplayNode().SetSaveWithScene(False)
            node.GetDisplayNode().SetPropertiesLabelVisibility(False)
            node.GetDisplayNode().SetPointLabelsVisibility(role == "longest")
            node.GetDisplayNode().SetGlyphScale(1.0)
            node.SetLocked(True)
            self._nodes[role] = node
        return node


def _lookAt(camera, place):
    """Move a 3-D view's camera so that it looks at a place, RAS mm, from the same side and as near as before."""
    shift = np.subtract(place, camera.GetFocalPoint())
    position = np.add(camera.GetPosition(), shift)
    with slicer.util.NodeModify(camera):
        camera.SetPosition(*position.tolist())
        camera.SetFocalPoint(*map(float, place))
    camera.ResetClippingRange()
