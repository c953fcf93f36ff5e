"""qMRMLSegmentsTableView: the list of a segmentation's segments."""

from __future__ import annotations

from typing import Any

import qt
import slicer
from PySide6 import QtCore, QtGui, QtWidgets

from standin.pythonqt import closed
from standin.uiloader import register
from standin.widgets.observing import Observations
from standin.widgets.qmrmlwidget import qMRMLWidget
from standin.widgets.stored import stored

_CHANGES = (
    slicer.vtkSegmentation.SegmentAdded,
    slicer.vtkSegmentation.SegmentRemoved,
    slicer.vtkSegmentation.SegmentModified,
    slicer.vtkSegmentation.SegmentsOrderModified,
)


@register
@closed
class qMRMLSegmentsTableView(qMRMLWidget):
    """Names and colours of the segments; nothing can be edited in it here."""

    NoSelection, SingleSelection, MultiSelection = 0, 1, 2
    selectionChanged = QtCore.Signal(object, object)
    SIGNALS = (*qMRMLWidget.SIGNALS, "selectionChanged(QItemSelection,QItemSelection)")
    headerVisible = stored(bool, True)
    visibilityColumnVisible = stored(bool, True)
    colorColumnVisible = stored(bool, True)
    opacityColumnVisible = stored(bool, True)
    statusColumnVisible = stored(bool, False)
    layerColumnVisible = stored(bool, False)
    filterBarVisible = stored(bool, False)
    readOnly = stored(bool, False)

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._node: Any = None
        self._observations = Observations(self)
        self._list = qt.QListWidget()
        layout = qt.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._list)
        self._list.itemSelectionChanged.connect(self._on_selection)

    segmentCount = QtCore.Property(int, lambda self: self._list.count)

    def setSegmentationNode(self, node: Any) -> None:
        """Show the segments of a node, or of none."""
        self._node = node
        segmentation = node.GetSegmentation() if node is not None else None
        self._observations.observe(segmentation, _CHANGES, qMRMLSegmentsTableView._fill)
        self._fill()

    def segmentationNode(self) -> Any:
        """The node whose segments are shown."""
        return self._node

    def selectedSegmentIDs(self) -> list[str]:
        """IDs of the chosen segments."""
        role = QtCore.Qt.ItemDataRole.UserRole
        return [item.data(role) for item in map(self._list.item, range(self._list.count)) if item.isSelected()]

    def setSelectedSegmentIDs(self, ids: list[str]) -> None:
        """Choose segments."""
        for item in map(self._list.item, range(self._list.count)):
            item.setSelected(item.data(QtCore.Qt.ItemDataRole.UserRole) in ids)

    def clearSelection(self) -> None:
        """Choose none."""
        self._list.clearSelection()

    def setSelectionMode(self, mode: int) -> None:
        """Set how many segments can be chosen."""
        kinds = QtWidgets.QAbstractItemView.SelectionMode
        chosen = (kinds.NoSelection, kinds.SingleSelection, kinds.ExtendedSelection)[mode]
        self._list.setSelectionMode(chosen)

    def _on_selection(self) -> None:
        self.selectionChanged.emit(None, None)

    def _fill(self, *_: Any) -> None:
        chosen = self.selectedSegmentIDs()
        self._list.blockSignals(True)
        self._list.clear()
        segmentation: Any = self._node.GetSegmentation() if self._node is not None else None
        for segment_id in segmentation.GetSegmentIDs() if segmentation is not None else ():
            segment = segmentation.GetSegment(segment_id)
            item = QtWidgets.QListWidgetItem(_swatch(segment.GetColor()), segment.GetName(), self._list)
            item.setData(QtCore.Qt.ItemDataRole.UserRole, segment_id)
        self.setSelectedSegmentIDs(chosen)
        self._list.blockSignals(False)


def _swatch(color: tuple[float, float, float]) -> QtGui.QIcon:
    pixmap = QtGui.QPixmap(16, 16)
    pixmap.fill(QtGui.QColor.fromRgbF(*color))
    return QtGui.QIcon(pixmap)
