"""The open case in the scene: what comes, what goes, what stays, and what comes back with a saved scene."""

import gc

import numpy as np
import pytest
import slicer
import vtk
from case_fakes import make_volume
from case_scene import open_case, reload_scene

from livercad.core.phases import Phase
from livercad.core.volume import grid_difference
from LiverCADLib.cases import CaseImage
from LiverCADLib.imageFiles import laidOutForScene, writeVolume
from LiverCADLib.scene.volumes import addVolumeNode, volumeOf


def node_ids():
    return {node.GetID() for node in slicer.util.getNodesByClass("vtkMRMLNode")}


def told(signal):
    heard = []
    signal.connect(lambda *arguments: heard.append(arguments))
    return heard


@pytest.mark.parametrize("left_handed", [False, True])
def test_a_volume_node_holds_the_voxels_where_they_are_without_a_copy(case_scene, left_handed):
    volume = laidOutForScene(make_volume(1, left_handed))
    node = addVolumeNode(volume, "a")
    gc.collect()
    assert np.shares_memory(slicer.util.arrayFromVolume(node), volume.array)
    back = volumeOf(node)
    assert np.array_equal(back.array, volume.array)
    assert not grid_difference(back, volume)


@pytest.mark.parametrize("left_handed", [False, True])
def test_a_volume_node_is_what_slicer_makes_of_the_same_file(case_scene, tmp_path, left_handed):
    volume = make_volume(1, left_handed)
    writeVolume(volume, tmp_path / "a.nii.gz")
    its, ours = slicer.util.loadVolume(str(tmp_path / "a.nii.gz"), properties={}), addVolumeNode(volume, "a")
    assert np.array_equal(slicer.util.arrayFromVolume(ours), slicer.util.arrayFromVolume(its))
    ijk_to_ras = [vtk.vtkMatrix4x4(), vtk.vtkMatrix4x4()]
    for node, matrix in zip((its, ours), ijk_to_ras, strict=True):
        node.GetIJKToRASMatrix(matrix)
    assert np.allclose(*map(slicer.util.arrayFromVTKMatrix, ijk_to_ras), atol=1e-3)


def test_an_opened_case_has_a_volume_for_each_phase_and_a_reference(case_scene, client):
    opened = told(case_scene.opened)
    open_case(case_scene, client, "case-2")
    assert len(opened) == 1
    assert (case_scene.case, case_scene.server, case_scene.parameters.version) == ("case-2", client.address, 2)
    assert case_scene.imageOf(case_scene.parameters.arterial) == "second"
    assert case_scene.reference is case_scene.parameters.portal is case_scene.volumeOfImage("third")
    assert np.array_equal(volumeOf(case_scene.reference).array, client.volumes["third"].array)
    assert case_scene.parameters.delayed is None


def test_an_image_without_a_phase_is_loaded_too_and_can_be_the_reference(case_scene, client):
    client.answers = [{**client.answers[2], "phase": None}]
    open_case(case_scene, client)
    assert case_scene.reference is case_scene.volumeOfImage("third")
    assert all(getattr(case_scene.parameters, phase.value) is None for phase in Phase)


def test_opening_the_next_case_removes_the_nodes_of_the_last_and_no_others(case_scene, client):
    open_case(case_scene, client, "case-1")
    mine = addVolumeNode(make_volume(9), "mine")
    folder_nodes = node_ids()
    open_case(case_scene, client, "case-2")
    assert slicer.mrmlScene.GetNodeByID(mine.GetID()) is mine
    volumes = {node.GetName() for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")}
    assert volumes == {"mine", "case-2 unenhanced", "case-2 arterial", "case-2 portal"}
    assert len(node_ids()) == len(folder_nodes)


def test_a_closed_case_leaves_the_scene_as_it_was(case_scene, client):
    mine = addVolumeNode(make_volume(9), "mine")
    before = node_ids()
    open_case(case_scene, client)
    own = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "liver")
    own.CreateDefaultDisplayNodes()
    case_scene.own(own)
    case_scene.parameters.segmentation = own
    closing, closed = told(case_scene.closing), told(case_scene.closed)
    case_scene.close()
    assert node_ids() == before
    assert (len(closing), len(closed)) == (1, 1)
    assert (case_scene.case, case_scene.images, case_scene.reference) == ("", (), None)
    assert case_scene.parameters.segmentation is None
    case_scene.close()
    assert len(closed) == 1
    assert mine.GetAttribute("LiverCAD.case") is None


def test_adopted_volumes_stay_in_the_scene_when_their_case_is_closed(case_scene, client):
    node = addVolumeNode(make_volume(9), "my CT")
    case_scene.adopt("mine", client.address, (CaseImage("portal", Phase.PORTAL, isReference=True),), {"portal": node})
    assert case_scene.reference is node is case_scene.parameters.portal
    assert case_scene.imageOf(node) == "portal"
    case_scene.close()
    assert slicer.mrmlScene.GetNodeByID(node.GetID()) is node
    assert case_scene.imageOf(node) == ""
    assert case_scene.parameters.portal is None


def test_adopted_volumes_lie_where_they_lay_when_their_case_is_closed(case_scene, phases, client):
    nodes = {name: addVolumeNode(make_volume(seed), name) for seed, name in enumerate(("arterial", "portal"))}
    images = (CaseImage("portal", Phase.PORTAL, isReference=True), CaseImage("arterial", Phase.ARTERIAL))
    case_scene.adopt("mine", client.address, images, nodes)
    phases.setRegistered(True)
    phases.addTransform("arterial", np.full((4, 4, 4, 3), 3.0), np.diag([30.0, 30, 30, 1]))
    phases.addRegistered("arterial", make_volume(1))
    assert nodes["arterial"].GetParentTransformNode() is not None
    case_scene.close()
    assert nodes["arterial"].GetParentTransformNode() is None
    assert nodes["arterial"].GetNodeReference("LiverCAD.transform") is None
    assert len(slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")) == 2


def test_changes_are_told_once_until_they_are_submitted(case_scene, client):
    open_case(case_scene, client)
    changes = told(case_scene.unsavedChanged)
    case_scene.markUnsaved()
    case_scene.markUnsaved()
    assert case_scene.isUnsaved
    case_scene.markUnsaved(False)
    assert changes == [(True,), (False,)]


def test_another_case_starts_without_changes(case_scene, client):
    open_case(case_scene, client)
    case_scene.markUnsaved()
    open_case(case_scene, client, "case-2")
    assert not case_scene.isUnsaved


def test_everything_comes_back_with_a_saved_scene(case_scene, phases, side_by_side, client, tmp_path):
    open_case(case_scene, client, "case-2")
    phases.addTransform("first", np.full((4, 4, 4, 3), 3.0), np.diag([30.0, 30, 30, 1]))
    phases.addRegistered("first", client.volumes["third"])
    phases.setRegistered(True)
    side_by_side.setOn(True)
    case_scene.markUnsaved()
    images, restored = case_scene.images, told(case_scene.restored)

    reload_scene(case_scene, tmp_path)

    assert len(restored) == 2
    assert (case_scene.case, case_scene.server, case_scene.parameters.version) == ("case-2", client.address, 2)
    assert case_scene.images == images
    assert case_scene.isUnsaved
    assert {phase.value: case_scene.imageOf(node) for phase, node in phases.volumes().items()} == {
        "unenhanced": "first",
        "arterial": "second",
        "portal": "third",
    }
    assert case_scene.reference is case_scene.volumeOfImage("third")
    for name, volume in client.volumes.items():
        back = volumeOf(case_scene.volumeOfImage(name))
        assert np.array_equal(back.array, volume.array)
        assert not grid_difference(back, volume)
    assert phases.isRegistered
    assert phases.unregistered() == ["second"]
    assert case_scene.volumeOfImage("first").GetParentTransformNode() is not None
    assert np.array_equal(volumeOf(phases.registeredVolume(Phase.UNENHANCED)).array, client.volumes["third"].array)
    assert phases.registeredVolume(Phase.UNENHANCED).GetHideFromEditors()
    assert side_by_side.isOn
    case_scene.close()
    assert not slicer.util.getNodesByClass("vtkMRMLVolumeNode")
    assert not slicer.util.getNodesByClass("vtkMRMLGridTransformNode")
