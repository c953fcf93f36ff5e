"""qMRMLSegmentEditorWidget. Its effects (paint, erase, threshold, …) cannot run here: they are C++ and Qt of Slicer's.

It keeps what the real one keeps in its vtkMRMLSegmentEditorNode, shows the image that is looked at in all views, takes
the same keys of the main window, and has the same way back: all segments as they were before a stroke, and none that
came since. Tests edit the labelmaps themselves, after `_save_state_for_undo`.
"""

from __future__ import annotations

from typing import Any

import qt
import slicer
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

KEYS = (
    *"0123456789",
    *(f"Shift+{digit}" for digit in range(10)),
    *("Esc", "Space", "Z", "Y", "I"),
    *("Ctrl+Z", "Ctrl+Y", "Ctrl+Shift+Z"),  # undo and redo, on one system or the other
    *("Q", "W", "/", "*", ",", ".", ">", "<"),
)
"""What qMRMLSegmentEditorWidget::installKeyboardShortcuts takes."""


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
    undoEnabled = QtCore.Property(bool, lambda self: self._undo_enabled, lambda self, on: self._enable_undo(on))
    maximumNumberOfUndoStates = QtCore.Property(
        int,
        lambda self: self._history.GetMaximumNumberOfStates(),
        lambda self, count: self._history.SetMaximumNumberOfStates(count),
    )
    readOnly = stored(bool, False)
    unorderedEffectsVisible = stored(bool, True)
    jumpToSelectedSegmentEnabled = stored(bool, False)

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._editor: Any = None
        self._observations = Observations(self)
        self._known: tuple[Any, ...] = (None, None, "")
        self._history, self._undo_enabled = slicer.vtkSegmentationHistory(), True
        self._shortcuts: list[Any] = []
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
        """Take the effects' keys, where nobody else has them: of two with one key Qt tells neither."""
        self.uninstallKeyboardShortcuts()
        window = parent or slicer.util.mainWindow()
        if window is None:
            return
        taken = {shortcut.key.toString() for shortcut in window.findChildren(qt.QShortcut)} & set(KEYS)
        if taken:
            raise RuntimeError(f"keys that the Segment Editor has as well, and which do nothing then: {sorted(taken)}")
        for key in KEYS:
            shortcut = qt.QShortcut(window)
            shortcut.setKey(qt.QKeySequence(key))
            shortcut.connect("activatedAmbiguously()", lambda key=key: _ambiguous(key))
            self._shortcuts.append(shortcut)

    def uninstallKeyboardShortcuts(self) -> None:
        """Give the effects' keys back."""
        for shortcut in self._shortcuts:
            shortcut.setParent(None)
            shortcut.deleteLater()
        self._shortcuts = []

    def undo(self) -> None:
        """Bring all segments back as they were before the last stroke."""
        self._history.RestorePreviousState()

    def redo(self) -> None:
        """Take the undo back."""
        self._history.RestoreNextState()

    def updateWidgetFromMRML(self) -> None:
        """Show the node's state."""
        self._follow()

    def _save_state_for_undo(self) -> None:
        """Come before a stroke, as effects do."""
        self._history.SaveState()

    def _enable_undo(self, enabled: bool) -> None:
        if enabled:
            self._history.RemoveAllStates()
        self._undo_enabled = enabled

    def _state(self) -> Any:
        if self._editor is None:
            raise RuntimeError("set a vtkMRMLSegmentEditorNode first, by setMRMLSegmentEditorNode")
        return self._editor

    def _on_selected(self) -> None:
        ids = self._table.selectedSegmentIDs()
        if self._editor is not None and ids:
            self._editor.SetSelectedSegmentID(ids[0])

    def _follow(self, *_: Any) -> None:
        if self.segmentationNode() is not self._known[0]:
            self._follow_segmentation(self.segmentationNode())
        volume, segment = self.sourceVolumeNode(), self.currentSegmentID()
        segmentation, old_volume, old_segment = self._known
        self._known = (segmentation, volume, segment)
        if volume is not old_volume:
            if volume is not None and segmentation is not None and self.autoShowSourceVolumeNode:
                _show_in_slice_views(volume, segmentation)
            self.sourceVolumeNodeChanged.emit(volume)
        if segment != old_segment:
            self._table.setSelectedSegmentIDs([segment])
            self.currentSegmentIDChanged.emit(segment)

    def _follow_segmentation(self, node: Any) -> None:
        """Show a segmentation, and take the image on whose grid it lies."""
        self._known = (node, *self._known[1:])
        self._table.setSegmentationNode(node)
        self._history.SetSegmentation(node.GetSegmentation() if node is not None else None)
        if node is not None:
            reference = node.GetNodeReference(node.GetReferenceImageGeometryReferenceRole())
            self._editor.SetAndObserveSourceVolumeNode(reference)
        self.segmentationNodeChanged.emit(node)


def _show_in_slice_views(volume: Any, segmentation: Any) -> None:
    """Put an image into the background of all slice views that do not show it and may show the segmentation."""
    display = segmentation.GetDisplayNode()
    for composite in slicer.util.getNodesByClass("vtkMRMLSliceCompositeNode"):
        view = slicer.mrmlScene.GetSingletonNode(composite.GetLayoutName(), "vtkMRMLSliceNode")
        shown = composite.GetBackgroundVolumeID(), composite.GetForegroundVolumeID()
        is_there = display is not None and view is not None and display.IsDisplayableInView(view.GetID())
        if is_there and volume.GetID() not in shown:
            composite.SetBackgroundVolumeID(volume.GetID())
            composite.SetForegroundVolumeID(None)
            composite.SetLabelVolumeID(None)


def _ambiguous(key: str) -> None:
    raise RuntimeError(f"{key}: another shortcut of the main window has this key, and neither does anything")
