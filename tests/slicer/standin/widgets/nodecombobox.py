"""qMRMLNodeComboBox: the choice of a node."""

from __future__ import annotations

from typing import Any

import qt
import slicer
from PySide6 import QtCore

from standin.pythonqt import closed
from standin.uiloader import register
from standin.widgets.observing import Observations
from standin.widgets.stored import stored

_SCENE = slicer.vtkMRMLScene
_EVENTS = (
    _SCENE.NodeAddedEvent,
    _SCENE.NodeRemovedEvent,
    _SCENE.EndCloseEvent,
    _SCENE.EndImportEvent,
    _SCENE.EndBatchProcessEvent,
)


def _filling(kind: type | str, default: Any) -> QtCore.Property:
    """Make a property whose change may change which nodes are shown."""
    return stored(kind, default, notify="_changed")


@register
@closed
class qMRMLNodeComboBox(qt.QWidget):
    """Shows the scene's nodes of some classes. Its menu (create, rename, delete) is not here.

    As in Slicer, the box goes to the neighbour of a node that is about to be removed, which then still is in the scene
    and referred to; and `setCurrentNode` tells of a node as of one that the user has chosen.
    """

    currentNodeChanged = QtCore.Signal(object)
    currentNodeIDChanged = QtCore.Signal(str)
    nodeAddedByUser = QtCore.Signal(object)
    nodeActivated = QtCore.Signal(object)
    mrmlSceneChanged = QtCore.Signal(object)
    _changed = QtCore.Signal(object)
    SIGNALS = (
        "currentNodeChanged(vtkMRMLNode*)",
        "currentNodeChanged(bool)",
        "currentNodeIDChanged(QString)",
        "nodeAddedByUser(vtkMRMLNode*)",
        "nodeActivated(vtkMRMLNode*)",
        "mrmlSceneChanged(vtkMRMLScene*)",
    )
    nodeTypes = _filling("QStringList", ())
    noneEnabled = _filling(bool, False)
    noneDisplay = _filling(str, "None")
    showHidden = _filling(bool, False)
    showChildNodeTypes = _filling(bool, True)
    addEnabled = stored(bool, True)
    removeEnabled = stored(bool, True)
    editEnabled = stored(bool, False)
    renameEnabled = stored(bool, False)
    selectNodeUponCreation = stored(bool, True)
    baseName = stored(str, "")
    interactionNodeSingletonTag = stored(str, "")

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._scene: Any = None
        self._id = ""
        self._observations, self._removals = Observations(self), Observations(self)
        self._attributes: list[tuple[str, str, str | None]] = []
        self._combo = qt.QComboBox()
        layout = qt.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._combo)
        self._combo.activated.connect(self._on_activated)
        self._changed.connect(self._fill)

    currentNodeID = QtCore.Property(str, lambda self: self._id, lambda self, node_id: self.setCurrentNodeID(node_id))

    def setMRMLScene(self, scene: Any) -> None:
        """Set the scene."""
        self._scene = scene
        self._observations.observe(scene, _EVENTS, qMRMLNodeComboBox._fill)
        self._removals.observe_nodes(scene, _SCENE.NodeAboutToBeRemovedEvent, qMRMLNodeComboBox._let_go)
        self._fill()
        self.mrmlSceneChanged.emit(scene)

    def mrmlScene(self) -> Any:
        """The scene, or None."""
        return self._scene

    def addAttribute(self, nodeType: str, name: str, value: str | None = None) -> None:
        """Show only nodes of the class that have an attribute."""
        self._attributes.append((nodeType, name, value))
        self._fill()

    def currentNode(self) -> Any:
        """The chosen node, or None."""
        return self._scene.GetNodeByID(self._id) if self._scene is not None and self._id else None

    def setCurrentNode(self, node: Any) -> None:
        """Choose a node, or none."""
        self.setCurrentNodeID(node.GetID() if node is not None else "")

    def setCurrentNodeID(self, nodeId: str | None) -> None:
        """Choose a node that is shown; any other ID chooses none."""
        index, before = self._combo.findData(nodeId or ""), self._id
        self._choose(self._combo.itemData(index) if index >= 0 else "")
        if self._id and self._id != before:
            self.nodeActivated.emit(self.currentNode())  # it sends its list the key of a choice

    def nodeCount(self) -> int:
        """Tell how many nodes there are to choose from."""
        return len(self._nodes())

    def nodeFromIndex(self, index: int) -> Any:
        """One of the nodes there are to choose from."""
        return self._nodes()[index]

    def _on_activated(self, index: int) -> None:
        self._choose(self._combo.itemData(index) or "")
        self.nodeActivated.emit(self.currentNode())

    def _choose(self, node_id: str) -> None:
        self._combo.setCurrentIndex(self._combo.findData(node_id))
        if node_id != self._id:
            self._id = node_id
            self.currentNodeChanged.emit(self.currentNode())
            self.currentNodeIDChanged.emit(node_id)

    def _let_go(self, node: Any) -> None:
        """Forget a node before it is removed; Qt's box goes to the entry after it, or to the last one."""
        index = self._combo.findData(node.GetID())
        if index >= 0 and not self._scene.IsClosing():
            self._combo.removeItem(index)
            self._choose(self._combo.itemData(self._combo.currentIndex) or "")

    def _fill(self, *_: Any) -> None:
        if self._scene is not None and self._scene.IsBatchProcessing():
            return
        nodes = self._nodes()
        self._combo.clear()
        if self.noneEnabled:
            self._combo.addItem(self.noneDisplay, "")
        for node in nodes:
            self._combo.addItem(node.GetName(), node.GetID())
        ids = [node.GetID() for node in nodes]
        first = "" if self.noneEnabled or not ids else ids[0]
        self._choose(self._id if self._id in ids else first)

    def _nodes(self) -> list:
        if self._scene is None:
            return []
        nodes = [node for cls in self.nodeTypes for node in slicer.util.getNodesByClass(cls, self._scene)]
        return [node for node in nodes if self._is_shown(node)]

    def _is_shown(self, node: Any) -> bool:
        if node.GetHideFromEditors() and not self.showHidden:
            return False
        if not self.showChildNodeTypes and node.GetClassName() not in self.nodeTypes:
            return False
        return all(
            node.GetAttribute(name) is not None and value in (None, node.GetAttribute(name))
            for cls, name, value in self._attributes
            if node.IsA(cls)
        )
