"""qMRMLSegmentEditorWidget. Its effects (paint, erase, threshold, …) cannot run here: they are C++ and Qt of Slicer's.

It keeps what the real one keeps in its vtkMRMLSegmentEditorNode, and tests edit the labelmaps themselves.
"""

from __future__ import annotations

from typing import Any

import qt
from PySide6 import QtCore

from standin.pythonqt import closed
from standin.uiloader import register
from standin.widgets.observing import Observations
from standin.widgets.qmrmlwidget import qMRMLWidget
from standin.widgets.segments import qMRMLSegmentsTableView
from standin.widgets.stored import stored

EFFECTS = (
    "Threshold",
    "Paint",
    "Draw",
    "Erase",
    "Level tracing",
    "Grow from seeds",
    "Fill between slices",
    "Margin",
    "Hollow",
    "Smoothing",
    "Scissors",
    "Islands",
    "Logical operators",
    "Mask volume",
)


@register
@closed
class qMRMLSegmentEditorWidget(qMRMLWidget):
    """The list of segments over buttons of the effects, which choose an effect and do nothing else."""

    segmentationNodeChanged = QtCore.Signal(object)
    sourceVolumeNodeChanged = QtCore.Signal(object)
    currentSegmentIDChanged = QtCore.Signal(str)
    SIGNALS = (
        *qMRMLWidget.SIGNALS,
        "segmentationNodeChanged(vtkMRMLSegmentationNode*)",
        "sourceVolumeNodeChanged(vtkMRMLVolumeNode*)",
        "currentSegmentIDChanged(QString)",
    )
    segmentationNodeSelectorVisible = stored(bool, True)
    sourceVolumeNodeSelectorVisible = stored(bool, True)
    switchToSegmentationsButtonVisible = stored(bool, True)
    addRemoveSegmentButtonsVisible = stored(bool, True)
    autoShowSourceVolumeNode = stored(bool, True)
    undoEnabled = stored(bool, True)
    maximumNumberOfUndoStates = stored(int, 10)
    readOnly = stored(bool, False)
    unorderedEffectsVisible = stored(bool, True)
    jumpToSelectedSegmentEnabled = stored(bool, False)

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._editor: Any = None
        self._observations = Observations(self)
        self._known: tuple[Any, ...] = (None, None, "")
        self._order: list[str] = []
        self._table = qMRMLSegmentsTableView()
        self._effects = qt.QLabel()
        layout = qt.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._table)
        layout.addWidget(self._effects)
        self._table.selectionChanged.connect(self._on_selected)
        self.setEffectNameOrder(list(EFFECTS))

    def setMRMLSegmentEditorNode(self, node: Any) -> None:
        """Set the node that keeps the state."""
        self._editor = node
        self._observations.observe(node, ("ModifiedEvent",), qMRMLSegmentEditorWidget._follow)
        self._follow()

    def mrmlSegmentEditorNode(self) -> Any:
        """The node that keeps the state."""
        return self._editor

    def setSegmentationNode(self, node: Any) -> None:
        """Set what is edited."""
        self._state().SetAndObserveSegmentationNode(node)

    def segmentationNode(self) -> Any:
        """The segmentation that is edited, or None."""
        return self._editor.GetSegmentationNode() if self._editor is not None else None

    def setSourceVolumeNode(self, node: Any) -> None:
        """Set the image that is looked at."""
        self._state().SetAndObserveSourceVolumeNode(node)

    def sourceVolumeNode(self) -> Any:
        """The image that is looked at, or None."""
        return self._editor.GetSourceVolumeNode() if self._editor is not None else None

    def setCurrentSegmentID(self, segment_id: str) -> None:
        """Choose the segment that effects would change."""
        self._state().SetSelectedSegmentID(segment_id)

    def currentSegmentID(self) -> str:
        """ID of the segment that effects would change."""
        return (self._editor.GetSelectedSegmentID() or "") if self._editor is not None else ""

    def setActiveEffectByName(self, name: str) -> None:
        """Choose an effect, which then does nothing."""
        if name and name not in EFFECTS:
            raise ValueError(f"Slicer has no effect {name!r}; it has {', '.join(EFFECTS)}")
        self._state().SetActiveEffectName(name)

    def activeEffect(self) -> None:
        """The chosen effect's object, which does not exist here."""
        return None

    def effectByName(self, name: str) -> Any:
        """Refuse: effects cannot run here."""
        raise NotImplementedError(f"effect {name!r}: the stand-in has no effects of the Segment Editor")

    def effectNameOrder(self) -> list[str]:
        """Names of the effects as they are shown."""
        return list(self._order)

    def setEffectNameOrder(self, names: list[str]) -> None:
        """Set which effects are shown, and in which order."""
        unknown = set(names) - set(EFFECTS)
        if unknown:
            raise ValueError(f"Slicer has no effects {sorted(unknown)}")
        self._order = list(names)
        self._effects.setText(" · ".join(names))
        self._effects.setWordWrap(True)

    def setupViewObservations(self) -> None:
        """Listen to the views; effects would need it."""

    def removeViewObservations(self) -> None:
        """Listen to the views no longer."""

    def installKeyboardShortcuts(self, parent: Any = None) -> None:
        """Take the effects' keys."""

    def uninstallKeyboardShortcuts(self) -> None:
        """Give the effects' keys back."""

    def updateWidgetFromMRML(self) -> None:
        """Show the node's state."""
        self._follow()

    def _state(self) -> Any:
        if self._editor is None:
            raise RuntimeError("set a vtkMRMLSegmentEditorNode first, by setMRMLSegmentEditorNode")
        return self._editor

    def _on_selected(self) -> None:
        ids = self._table.selectedSegmentIDs()
        if self._editor is not None and ids:
            self._editor.SetSelectedSegmentID(ids[0])

    def _follow(self, *_: Any) -> None:
        segmentation, volume, segment = self.segmentationNode(), self.sourceVolumeNode(), self.currentSegmentID()
        old_segmentation, old_volume, old_segment = self._known
        self._known = (segmentation, volume, segment)
        if segmentation is not old_segmentation:
            self._table.setSegmentationNode(segmentation)
            self.segmentationNodeChanged.emit(segmentation)
        if volume is not old_volume:
            self.sourceVolumeNodeChanged.emit(volume)
        if segment != old_segment:
            self._table.setSelectedSegmentIDs([segment])
            self.currentSegmentIDChanged.emit(segment)
