"""The circles of the image that is shown, in the views: each a line, which can be dragged, and the circle around it.

Slicer's markups have no circle. Of what they have, a line is what one measures with on ultrasound: the calliper along
the lesion's maximum diameter. Its ends tell the circle's diameter and its middle the centre; either end can be dragged,
and the line as a whole. A closed curve would have to be bent into a circle point by point, and a box (ROI) has three
sides, and corners where the lesion has none. The circle itself is a closed curve that nobody can touch.
"""

import numpy as np
import slicer

from livercad.core.taxonomy import LABEL_COLORS, Label
from LiverCADLib.classWords import wordOf
from LiverCADLib.pictures import SAME_PX
from LiverCADLib.scene.pictureNodes import pixelsAt, rasOf
from LiverCADLib.translation import _

CORNERS = 32
"""Points of a circle; the curve between them is smooth."""
SELECTED = tuple(part / 255 for part in LABEL_COLORS[Label.LESION])
OTHER = (0.85, 0.85, 0.85)
SQUARE = (0.2, 0.8, 1.0)


class CircleMarks:
    """Draws the marks of a PictureCase, and moves those that are dragged.

    Parameters
    ----------
    pictures : PictureCase
        The open ultrasound case.
    editor : CircleEditor
        Moves its circles.
    """

    def __init__(self, pictures, editor):
        self._pictures, self._editor = pictures, editor
        self._lines, self._circles, self._square, self._isDrawing = {}, {}, None, False
        self._drawn = {}
        pictures.changed.connect(self.update)
        self.update()

    @property
    def lines(self):
        """The vtkMRMLMarkupsLineNode of each lesion on the image that is shown, by number."""
        return dict(self._lines)

    @property
    def circles(self):
        """The vtkMRMLMarkupsClosedCurveNode of each lesion on the image that is shown, by number."""
        return dict(self._circles)

    @property
    def square(self):
        """The vtkMRMLMarkupsClosedCurveNode of the D/L square around the selected lesion; None without one."""
        return self._square

    def update(self):
        """Draw the marks as they now are."""
        picture, node = self._pictures.shown, self._pictures.node
        marks = {mark.number: mark for mark in picture.marks} if node is not None else {}
        self._isDrawing = True
        try:
            for number in [*self._lines]:
                if number not in marks or self._lines[number].GetScene() is None:
                    _remove(self._lines.pop(number))
                    _remove(self._circles.pop(number))
            for number, mark in marks.items():
                self._draw(node, mark, number == self._pictures.selection)
            self._drawSquare(node)
        finally:
            self._isDrawing = False

    def close(self):
        """Draw nothing any more."""
        self._pictures.changed.disconnect(self.update)
        for drawn in (*self._lines.values(), *self._circles.values(), *filter(None, [self._square])):
            _remove(drawn)
        self._lines, self._circles, self._square = {}, {}, None

    def _draw(self, picture, mark, isSelected):
        if mark.number not in self._lines:
            self._lines[mark.number] = self._line(mark.number)
            self._drawn.pop(mark.number, None)
            self._circles[mark.number] = _curve(_("circle {number}").format(number=mark.number))
        line, circle = self._lines[mark.number], self._circles[mark.number]
        what = picture.GetID(), mark, isSelected
        isAtPlace = _isAt(line, picture, mark.ends)
        if isAtPlace and self._drawn.get(mark.number) == what:
            return
        self._drawn[mark.number] = what
        if not isAtPlace:
            _place(line, rasOf(picture, mark.ends))
        _place(circle, rasOf(picture, _around(mark.circle)))
        for drawn in (line, circle):
            _color(drawn, SELECTED if isSelected else OTHER)
        circle.GetDisplayNode().SetLineThickness(0.25 if isSelected else 0.2)
        rightmost = int(np.argmax(mark.ends[:, 0]))
        line.SetNthControlPointLabel(rightmost, _labelOf(mark))
        line.SetNthControlPointLabel(1 - rightmost, "")

    def _drawSquare(self, picture):
        ratio, mark = self._pictures.scene.parameters.pictureRatio, self._pictures.selected
        if self._square is not None and (self._square.GetScene() is None or mark is None or not ratio):
            _remove(self._square)
            self._square = None
        if picture is None or mark is None or not ratio:
            return
        if self._square is None:
            self._square = _curve(_("D/L square"))
            self._square.SetCurveTypeToLinear()
            _color(self._square, SQUARE)
        x0, y0, x1, y1 = mark.circle.square(ratio)
        _place(self._square, rasOf(picture, [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]))

    def _line(self, number):
        node = _markup("vtkMRMLMarkupsLineNode", _("lesion {number}").format(number=number))
        for _end in range(2):
            node.AddControlPointWorld(0.0, 0.0, 0.0)
        node.SetFixedNumberOfControlPoints(True)
        display = node.GetDisplayNode()
        display.SetPropertiesLabelVisibility(False)
        display.SetPointLabelsVisibility(True)
        display.SetGlyphScale(2.0)
        display.SetTextScale(2.6)
        display.SetLineThickness(0.15)
        node.AddObserver(node.PointModifiedEvent, lambda caller, event: self._onMoved(number))
        node.AddObserver(node.PointStartInteractionEvent, lambda caller, event: self._editor.grasp(number))
        return node

    def _onMoved(self, number):
        picture = self._pictures.node
        if self._isDrawing or picture is None or number not in self._lines:
            return
        points = slicer.util.arrayFromMarkupsControlPoints(self._lines[number], world=True)
        self._editor.move(number, pixelsAt(picture, points))


def _around(circle):
    turned = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
    return circle.center + circle.diameter / 2 * np.column_stack([np.cos(turned), np.sin(turned)])


def _labelOf(mark):
    size = _("{number}: {diameter:.0f} px").format(number=mark.number, diameter=mark.circle.diameter)
    return f"{size}, {wordOf(mark.className)}" if mark.className else size


def _isAt(line, picture, ends):
    points = slicer.util.arrayFromMarkupsControlPoints(line, world=True)
    return np.abs(pixelsAt(picture, points) - ends).max() < SAME_PX


def _place(node, points):
    """Put a markup's points somewhere, RAS mm; as many as it has, or all anew."""
    with slicer.util.NodeModify(node):
        if node.GetNumberOfControlPoints() != len(points):  # a curve, of which only the line between them is seen
            node.RemoveAllControlPoints()
            for index, point in enumerate(points):
                node.AddControlPointWorld(*point.tolist())
                node.SetNthControlPointVisibility(index, False)
        else:
            for index, point in enumerate(points):
                node.SetNthControlPointPositionWorld(index, *point.tolist())


def _curve(name):
    """A closed curve that is only seen: clicks go through it."""
    node = _markup("vtkMRMLMarkupsClosedCurveNode", name)
    node.SetLocked(True)
    node.SetSelectable(False)
    display = node.GetDisplayNode()
    display.SetPointLabelsVisibility(False)
    display.SetPropertiesLabelVisibility(False)
    display.SetFillVisibility(False)
    return node


def _markup(class_, name):
    node = slicer.mrmlScene.CreateNodeByClass(class_)
    node.UnRegister(None)
    node.SetName(name)
    node.SetHideFromEditors(True)  # before it comes into the scene, where it would be listed
    node = slicer.mrmlScene.AddNode(node)
    node.CreateDefaultDisplayNodes()
    for each in (node, node.GetDisplayNode()):
        each.SetSaveWithScene(False)
    node.GetDisplayNode().SetVisibility3D(False)
    return node


def _color(node, color):
    for set_ in (node.GetDisplayNode().SetColor, node.GetDisplayNode().SetSelectedColor):
        set_(*color)


def _remove(node):
    for gone in (node.GetDisplayNode(), node):
        if gone is not None and gone.GetScene() is not None:
            slicer.mrmlScene.RemoveNode(gone)
