"""`slicer.app.layoutManager()`: Slicer's own layout logic says which views there are, this lays them out."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

import qt
import slicer
import vtk
from PySide6 import QtCore, QtWidgets

from standin.pythonqt import closed
from standin.widgets.viewwidgets import qMRMLSliceWidget, qMRMLThreeDWidget


@closed
class qSlicerLayoutManager(qt.QObject):
    """Makes a widget for every view of the scene once, and lays out those of the current layout."""

    layoutChanged = QtCore.Signal(int)
    SIGNALS = ("layoutChanged(int)",)
    tableViewCount = property(lambda self: 0)
    plotViewCount = property(lambda self: 0)

    def __init__(self, application_logic: Any) -> None:
        super().__init__()
        self._application_logic = application_logic
        self._slices: dict[str, Any] = {}
        self._threeds: dict[str, Any] = {}
        self._shown = ""
        self._viewport = qt.QWidget()
        QtWidgets.QVBoxLayout(self._viewport).setContentsMargins(0, 0, 0, 0)
        self._content: QtWidgets.QWidget | None = None
        self._logic = slicer.vtkMRMLLayoutLogic()
        self._logic.SetMRMLApplicationLogic(application_logic)
        self._logic.SetMRMLScene(slicer.mrmlScene)
        self._node = self._logic.GetLayoutNode()
        if not self._node.GetViewArrangement():
            self._node.SetViewArrangement(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView)
        self._node.AddObserver(vtk.vtkCommand.ModifiedEvent, self._follow)
        self._follow()

    layout = QtCore.Property(
        int, lambda self: self._node.GetViewArrangement(), lambda self, number: self.setLayout(number)
    )
    threeDViewCount = property(lambda self: len(self._threeds))

    def setLayout(self, number: int) -> None:
        """Change to a layout, one of Slicer's or one that was described."""
        self._node.SetViewArrangement(number)

    def layoutLogic(self) -> Any:
        """Slicer's vtkMRMLLayoutLogic."""
        return self._logic

    def viewport(self) -> Any:
        """What the views lie in."""
        return self._viewport

    def sliceViewNames(self) -> tuple[str, ...]:
        """Names of all slice views that were ever shown."""
        return tuple(self._slices)

    def sliceWidget(self, name: str) -> Any:
        """The slice view of a name, or None."""
        return self._slices.get(name)

    def threeDWidget(self, index: int) -> Any:
        """One of the 3-D views, or None."""
        widgets = list(self._threeds.values())
        return widgets[index] if 0 <= index < len(widgets) else None

    def mrmlSliceLogics(self) -> Any:
        """Logics of all slice views."""
        return self._application_logic.GetSliceLogics()

    def resetSliceViews(self) -> None:
        """Show the whole background of each slice view."""
        for widget in self._slices.values():
            widget.sliceController().fitSliceToBackground()

    def resetThreeDViews(self) -> None:
        """Look at everything."""
        for widget in self._threeds.values():
            widget.threeDView().resetFocalPoint()
            widget.threeDView().resetCamera()

    def _follow(self, *_: Any) -> None:
        """Lay the views out where the layout has changed."""
        description = self._node.GetCurrentLayoutDescription() or ""
        if description == self._shown:
            return
        self._shown = description
        self._make_widgets()
        old, self._content = self._content, None
        for widget in (*self._slices.values(), *self._threeds.values()):
            widget.setParent(None)
        if old is not None:
            self._viewport.layout().removeWidget(old)
            old.hide()
            old.deleteLater()
        if description:
            self._content = self._lay_out(ET.fromstring(description))
            self._viewport.layout().addWidget(self._content)
        self.layoutChanged.emit(self._node.GetViewArrangement())

    def _make_widgets(self) -> None:
        nodes = self._logic.GetViewNodes()
        for node in (nodes.GetItemAsObject(index) for index in range(nodes.GetNumberOfItems())):
            name = node.GetLayoutName()
            if node.IsA("vtkMRMLSliceNode") and name not in self._slices:
                self._slices[name] = qMRMLSliceWidget(node, self._application_logic)
            elif node.IsA("vtkMRMLViewNode") and name not in self._threeds:
                self._threeds[name] = qMRMLThreeDWidget(node, self._application_logic)

    def _lay_out(self, element: ET.Element) -> QtWidgets.QWidget:
        if element.tag == "view":
            return self._view(element)
        kind, items = element.get("type", "horizontal"), element.findall("item")
        parts = [self._lay_out(part) for item in items for part in item]
        if kind == "tab":
            tabs = QtWidgets.QTabWidget()
            for item, part in zip(items, parts, strict=True):
                tabs.addTab(part, item.get("name", ""))
            return tabs
        if kind == "grid":
            return _grid(items, parts)
        vertical = QtCore.Qt.Orientation.Vertical
        splitter = QtWidgets.QSplitter(vertical if kind == "vertical" else QtCore.Qt.Orientation.Horizontal)
        for part in parts:
            splitter.addWidget(part)
            part.show()
        splitter.setSizes([1000] * len(parts))
        return splitter

    def _view(self, element: ET.Element) -> QtWidgets.QWidget:
        kind, name = element.get("class", ""), element.get("singletontag", "")
        widget = {"vtkMRMLSliceNode": self._slices, "vtkMRMLViewNode": self._threeds}.get(kind, {}).get(name)
        return widget if widget is not None else QtWidgets.QLabel(f"{kind} {name}: not shown by the stand-in")


def _grid(items: list[ET.Element], parts: list[QtWidgets.QWidget]) -> QtWidgets.QWidget:
    grid = QtWidgets.QWidget()
    layout = QtWidgets.QGridLayout(grid)
    layout.setContentsMargins(0, 0, 0, 0)
    for item, part in zip(items, parts, strict=True):
        span = [int(item.get(name, default)) for name, default in (("rowspan", "1"), ("colspan", "1"))]
        layout.addWidget(part, int(item.get("row", "0")), int(item.get("column", "0")), *span)
        part.show()
    return grid
