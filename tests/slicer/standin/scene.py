"""The scene and the logics around it, as the application sets them up: Slicer's own, from slicer-core."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from typing import Any

import slicer
import vtk

LOGICS = {
    "Volumes": "vtkSlicerVolumesLogic",
    "Segmentations": "vtkSlicerSegmentationsModuleLogic",
    "SegmentEditor": "vtkSlicerSegmentEditorLogic",
    "SubjectHierarchy": "vtkSlicerSubjectHierarchyModuleLogic",
    "Markups": "vtkSlicerMarkupsLogic",
    "Tables": "vtkSlicerTablesLogic",
    "Texts": "vtkSlicerTextsLogic",
    "Models": "vtkSlicerModelsLogic",
    "Plots": "vtkSlicerPlotsLogic",
    "CropVolume": "vtkSlicerCropVolumeLogic",
    "Terminologies": "vtkSlicerTerminologiesModuleLogic",
    "Transforms": "vtkSlicerTransformLogic",
    "VolumeRendering": "vtkSlicerVolumeRenderingLogic",
}
"""Modules of Slicer whose logic module code may ask for."""

_WITHOUT_SCENE = {"Terminologies"}
"""With a scene it would look for Slicer's terminologies, which slicer-core does not bring."""


@dataclass
class Scene:
    """What has to be kept alive beside the scene."""

    mrml: Any
    application_logic: Any
    remote_io: Any
    logics: dict[str, Any]


def make_scene() -> Scene:
    """Make the application's scene with its logics, colour nodes and subject hierarchy, and set `slicer.mrmlScene`."""
    mrml = slicer.vtkMRMLScene()
    application_logic = slicer.vtkSlicerApplicationLogic()
    application_logic.SetMRMLScene(mrml)
    application_logic.GetColorLogic().SetMRMLScene(mrml)
    application_logic.GetColorLogic().AddDefaultColorNodes()
    application_logic.SetModuleLogic("Colors", application_logic.GetColorLogic())
    application_logic.SetSliceLogics(vtk.vtkCollection())
    application_logic.SetViewLogics(vtk.vtkCollection())
    for factory in (
        slicer.vtkMRMLThreeDViewDisplayableManagerFactory,
        slicer.vtkMRMLSliceViewDisplayableManagerFactory,
    ):
        factory.GetInstance().SetMRMLApplicationLogic(application_logic)
    logics = {name: _module_logic(name, cls, mrml, application_logic) for name, cls in LOGICS.items()}
    remote_io = slicer.vtkMRMLRemoteIOLogic()  # reads .mrb
    remote_io.SetMRMLScene(mrml)
    remote_io.GetCacheManager().SetRemoteCacheDirectory(tempfile.mkdtemp(prefix="slicer-standin-"))
    remote_io.AddDataIOToScene()
    slicer.mrmlScene = mrml
    prepare(mrml)
    mrml.AddObserver(mrml.NodeAddedEvent, _add_to_subject_hierarchy)
    mrml.AddObserver(mrml.EndImportEvent, _make_hierarchy_again, 1e9)  # before the views look at it
    mrml.AddObserver(mrml.NodeAboutToBeRemovedEvent, _remove_from_subject_hierarchy)
    return Scene(mrml, application_logic, remote_io, logics)


def prepare(mrml: Any) -> None:
    """Give an empty scene what the application gives it."""
    slicer.vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(mrml, True)
    for kind in ("vtkMRMLCrosshairNode", "vtkMRMLInteractionNode", "vtkMRMLSelectionNode"):
        if mrml.GetFirstNodeByClass(kind) is None:
            node = mrml.CreateNodeByClass(kind)
            node.UnRegister(None)
            node.SetSingletonTag("default" if kind == "vtkMRMLCrosshairNode" else "Singleton")
            mrml.AddNode(node)


def _module_logic(name: str, cls: str, mrml: Any, application_logic: Any) -> Any:
    logic = getattr(slicer, cls)()
    if hasattr(logic, "SetMRMLApplicationLogic"):
        logic.SetMRMLApplicationLogic(application_logic)
    if name not in _WITHOUT_SCENE:
        logic.SetMRMLScene(mrml)
    application_logic.SetModuleLogic(name, logic)
    return logic


@vtk.calldata_type(vtk.VTK_OBJECT)
def _add_to_subject_hierarchy(mrml: Any, event: str, node: Any) -> None:
    """Make the item that qSlicerSubjectHierarchyPluginLogic makes in the application.

    A scene that is read brings its own items: one made meanwhile would get in their way.
    """
    if not mrml.IsImporting():
        _make_item(mrml, node)


def _make_hierarchy_again(mrml: Any, event: str) -> None:
    """Replace the subject hierarchy after a scene has brought one of its own.

    In the application qSlicerSubjectHierarchyPluginLogic merges the two. Without it items of nodes that are not saved,
    markups of ours among them, stay unresolved, and 3-D views look for a segmentation's item for ever. Folders are
    lost.
    """
    for hierarchy in slicer.util.getNodesByClass("vtkMRMLSubjectHierarchyNode", mrml):
        mrml.RemoveNode(hierarchy)
    for node in slicer.util.getNodesByClass("vtkMRMLNode", mrml):
        _make_item(mrml, node)


def _make_item(mrml: Any, node: Any) -> None:
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(mrml)
    is_shown = node.IsA("vtkMRMLDisplayableNode") or node.IsA("vtkMRMLTableNode") or node.IsA("vtkMRMLTextNode")
    if hierarchy and is_shown and not node.GetHideFromEditors() and not hierarchy.GetItemByDataNode(node):
        hierarchy.CreateItem(hierarchy.GetSceneItemID(), node)


@vtk.calldata_type(vtk.VTK_OBJECT)
def _remove_from_subject_hierarchy(mrml: Any, event: str, node: Any) -> None:
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(mrml)
    item = hierarchy.GetItemByDataNode(node) if hierarchy and not mrml.IsClosing() else 0
    if item:
        hierarchy.RemoveItem(item, False, False)
