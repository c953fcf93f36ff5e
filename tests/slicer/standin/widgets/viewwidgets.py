"""qMRMLSliceWidget and qMRMLThreeDWidget: a view under its bar."""

from __future__ import annotations

from typing import Any

import qt
import slicer
from PySide6 import QtCore, QtWidgets

from standin.pythonqt import closed
from standin.uiloader import register
from standin.widgets.views import bar, qMRMLSliceView, qMRMLThreeDView


@closed
class qMRMLSliceControllerWidget(qt.QWidget):
    """The bar of a slice view: its colour, label, and what it shows. Nothing can be set in it here."""

    def __init__(self, logic: Any) -> None:
        super().__init__()
        self._logic = logic
        node = logic.GetSliceNode()
        self._bar = bar(node.GetLayoutLabel() or node.GetLayoutName(), node.GetLayoutColor())
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._bar)

    def mrmlSliceNode(self) -> Any:
        """The view's node."""
        return self._logic.GetSliceNode()

    def fitSliceToBackground(self) -> None:
        """Show the whole background volume."""
        self._logic.FitSliceToBackground()
        self._logic.SnapSliceOffsetToIJK()

    def setSliceOffsetValue(self, offset: float) -> None:
        """Show another slice (mm)."""
        self._logic.SetSliceOffset(offset)

    def setSliceLink(self, linked: bool) -> None:
        """Link the view with the others."""
        self._logic.GetSliceCompositeNode().SetLinkedControl(linked)

    def _tell_what_is_shown(self) -> None:
        """Come before a screenshot."""
        node, composite = self._logic.GetSliceNode(), self._logic.GetSliceCompositeNode()
        volume = slicer.mrmlScene.GetNodeByID(composite.GetBackgroundVolumeID() or "")
        parts = [node.GetLayoutLabel() or node.GetLayoutName()]
        parts += [volume.GetName(), f"{self._logic.GetSliceOffset():.1f} mm"] if volume is not None else []
        self._bar.setText("   ".join(parts))


@register
@closed
class qMRMLSliceWidget(qt.QWidget):
    """A slice view under its bar."""

    def __init__(self, node: Any, application_logic: Any) -> None:
        super().__init__()
        self._logic = slicer.vtkMRMLSliceLogic()
        self._logic.SetMRMLApplicationLogic(application_logic)
        application_logic.GetSliceLogics().AddItem(self._logic)
        self._logic.SetMRMLScene(slicer.mrmlScene)
        self._logic.SetSliceNode(node)
        self._controller = qMRMLSliceControllerWidget(self._logic)
        self._view = qMRMLSliceView(self._logic)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._controller)
        layout.addWidget(self._view)

    sliceViewName = QtCore.Property(str, lambda self: self._logic.GetSliceNode().GetLayoutName())

    def sliceLogic(self) -> Any:
        """Slicer's vtkMRMLSliceLogic of the view."""
        return self._logic

    def sliceView(self) -> Any:
        """The view."""
        return self._view

    def sliceController(self) -> Any:
        """The bar."""
        return self._controller

    def mrmlSliceNode(self) -> Any:
        """The view's node."""
        return self._logic.GetSliceNode()

    def mrmlSliceCompositeNode(self) -> Any:
        """The node that says which volumes are shown."""
        return self._logic.GetSliceCompositeNode()

    def fitSliceToBackground(self) -> None:
        """Show the whole background volume."""
        self._controller.fitSliceToBackground()


@register
@closed
class qMRMLThreeDWidget(qt.QWidget):
    """A 3-D view under its bar."""

    def __init__(self, node: Any, application_logic: Any) -> None:
        super().__init__()
        self._view = qMRMLThreeDView(node, application_logic)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(bar(node.GetLayoutLabel() or "1", (0.45, 0.45, 0.7)))
        layout.addWidget(self._view)

    def threeDView(self) -> Any:
        """The view."""
        return self._view

    def mrmlViewNode(self) -> Any:
        """The view's node."""
        return self._view.mrmlViewNode()
