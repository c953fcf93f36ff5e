"""`slicer.app.coreIOManager()`: reads and writes with Slicer's own logics and storage nodes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import qt
import slicer
import vtk

from standin.pythonqt import closed

_BY_ENDING = {
    ".seg.nrrd": "SegmentationFile",
    ".seg.nhdr": "SegmentationFile",
    ".mrb": "SceneFile",
    ".mrml": "SceneFile",
    ".mrk.json": "MarkupsFile",
    ".tsv": "TableFile",
    ".csv": "TableFile",
    ".vtk": "ModelFile",
    ".stl": "ModelFile",
    ".ply": "ModelFile",
    ".tfm": "TransformFile",
    ".h5": "TransformFile",
    ".txt": "TextFile",
    ".nrrd": "VolumeFile",
    ".nhdr": "VolumeFile",
    ".nii.gz": "VolumeFile",
    ".nii": "VolumeFile",
    ".mha": "VolumeFile",
    ".mhd": "VolumeFile",
    ".dcm": "VolumeFile",
}
_BY_STORAGE = {"TableFile": "Table", "ModelFile": "Model", "TransformFile": "Transform", "TextFile": "Text"}
_LABELMAP, _CENTERED, _SINGLE_FILE = 1, 2, 4


@closed
class qSlicerCoreIOManager(qt.QObject):
    """What `slicer.util.load…`, `saveNode`, `exportNode`, `saveScene` and `loadScene` call."""

    def __init__(self, scene: Any) -> None:
        super().__init__()
        self._scene = scene

    def fileType(self, path: str) -> str:
        """What is in a file, by the ending of its name."""
        name = str(path).lower()
        return next((kind for ending, kind in _BY_ENDING.items() if name.endswith(ending)), "NoFile")

    def loadNodes(self, kind: str, properties: dict, nodes: Any = None, messages: Any = None) -> bool:
        """Read a file into the scene."""
        path = str(properties["fileName"])
        if not Path(path).exists():
            return self._fail(messages, f"{path} does not exist")
        if kind == "SceneFile":
            return self._load_scene(path, bool(properties.get("clear", False)))
        node = self._load(kind, path, properties)
        if node is None:
            return self._fail(messages, f"{path} could not be read as {kind}")
        if node.IsA("vtkMRMLDisplayableNode") and not node.GetDisplayNode():
            node.CreateDefaultDisplayNodes()
        if nodes is not None:
            nodes.AddItem(node)
        return True

    def saveNodes(self, kind: str, properties: dict, messages: Any = None) -> bool:
        """Write a node, or the whole scene."""
        path = str(properties["fileName"])
        if kind == "SceneFile":
            return bool(self._scene.WriteToMRB(path) if path.endswith(".mrb") else self._scene.Commit(path))
        node = self._scene.GetNodeByID(properties["nodeID"])
        if node.GetStorageNode() is None:
            node.AddDefaultStorageNode(path)
        node.GetStorageNode().SetFileName(path)
        node.GetStorageNode().SetUseCompression(int(properties.get("useCompression", True)))
        return bool(node.GetStorageNode().WriteData(node)) or self._fail(messages, f"{path} could not be written")

    def exportNodes(self, ids: list, paths: list, properties: dict, harden: bool = False, messages: Any = None) -> bool:
        """Write nodes, which go on having the files they had."""
        written = []
        for node_id, path in zip(ids, paths, strict=True):
            node = self._scene.GetNodeByID(node_id)
            storage = self._storage(node)
            storage.SetFileName(str(path))
            storage.SetUseCompression(int(properties.get("useCompression", True)))
            written.append(bool(storage.WriteData(node)))
        return all(written) or self._fail(messages, f"{paths} could not be written")

    def fileWriterFileType(self, node: Any) -> str:
        """What a node is written as."""
        return "NodeFile"

    def fileWriterExtensions(self, node: Any) -> list[str]:
        """Endings with which a node can be written, as ``NRRD (.nrrd)``."""
        types = self._storage(node).GetSupportedWriteFileTypes()
        return [types.GetValue(index) for index in range(types.GetNumberOfValues())]

    def extractKnownExtension(self, path: str, node: Any) -> str:
        """The ending of a file's name, where a node can be written with it."""
        endings = map(slicer.vtkDataFileFormatHelper.GetFileExtensionFromFormatString, self.fileWriterExtensions(node))
        return max((each for each in endings if str(path).lower().endswith(each)), key=len, default="")

    def _load_scene(self, path: str, clear: bool) -> bool:
        if clear:
            self._scene.Clear(False)
        if path.endswith(".mrb"):
            return bool(self._scene.ReadFromMRB(path, clear))
        self._scene.SetURL(path)
        return bool(self._scene.Connect() if clear else self._scene.Import())

    def _load(self, kind: str, path: str, properties: dict) -> Any:
        name = properties.get("name") or Path(path).name.partition(".")[0]
        if kind == "VolumeFile":
            options = {"labelmap": _LABELMAP, "center": _CENTERED, "singleFile": _SINGLE_FILE}
            flags = sum(flag for option, flag in options.items() if properties.get(option))
            return slicer.modules.volumes.logic().AddArchetypeVolume(path, name, flags)
        if kind == "SegmentationFile":
            opacities = bool(properties.get("autoOpacities", True))
            return slicer.modules.segmentations.logic().LoadSegmentationFromFile(path, opacities, name)
        if kind == "MarkupsFile":
            node_id = slicer.modules.markups.logic().LoadMarkups(path, name)
            return self._scene.GetNodeByID(node_id) if node_id else None
        if kind in _BY_STORAGE:
            return self._load_by_storage(f"vtkMRML{_BY_STORAGE[kind]}", path, name)
        return None

    def _load_by_storage(self, cls: str, path: str, name: str) -> Any:
        node = self._scene.AddNewNodeByClass(f"{cls}Node", name)
        storage = self._scene.AddNewNodeByClass(f"{cls}StorageNode")
        storage.SetFileName(path)
        node.SetAndObserveStorageNodeID(storage.GetID())
        if storage.ReadData(node):
            return node
        self._scene.RemoveNode(node)
        self._scene.RemoveNode(storage)
        return None

    def _storage(self, node: Any) -> Any:
        storage = node.CreateDefaultStorageNode()
        storage.UnRegister(None)
        storage.SetScene(self._scene)
        return storage

    def _fail(self, messages: Any, text: str) -> bool:
        if messages is not None:
            messages.AddMessage(vtk.vtkCommand.GetEventIdFromString("ErrorEvent"), text)
        return False
