"""Cases and phases against the real server: what a user does from "Next sample" to registered views."""

import numpy as np
import pytest
import slicer
from panel_tools import choose
from scipy import ndimage
from standin.dialogs import dialogs

from livercad.core.geometry import transform_points
from livercad.core.phases import Phase
from livercad.core.volume import grid_difference
from LiverCADLib.client import Client
from LiverCADLib.panels.casePanel import CasePanel
from LiverCADLib.panels.phasesPanel import PhasesPanel
from LiverCADLib.sampleData import loadPhantom
from LiverCADLib.scene.pictureCase import PictureCase
from LiverCADLib.scene.volumes import volumeOf

WAIT_S = 240


@pytest.fixture
def client(real_server):
    client = Client(real_server.address, real_server.token)
    yield client
    client.close()


@pytest.fixture
def panels(case_scene, phases, side_by_side, session, client):
    dialogs.clear()
    panels = (
        CasePanel(case_scene, phases, session, PictureCase(case_scene)),
        PhasesPanel(case_scene, phases, side_by_side, session),
    )
    session.client = client
    session.connected.emit(client.check())
    session.runner.wait(WAIT_S)
    yield panels
    panels[1].close()


def names_of(panel):
    table = panel.table.widget
    return [table.item(row, 0).text() for row in range(table.rowCount)]


def test_the_list_has_the_servers_cases(panels):
    assert {"case1", "case2", "case3", "nameless"} <= set(names_of(panels[0]))


def test_the_next_sample_comes_with_all_its_phases(panels, session, case_scene):
    panels[0].nextButton.click()
    session.runner.wait(WAIT_S)
    assert case_scene.case in names_of(panels[0])
    assert case_scene.reference is not None
    assert panels[0].whyLabel.text == "Of the cases without a label, the next by name."
    skipped = case_scene.case
    panels[0].skipButton.click()
    session.runner.wait(WAIT_S)
    assert case_scene.case in names_of(panels[0]) and case_scene.case != skipped


def test_a_downloaded_case_is_voxel_for_voxel_the_one_read_where_it_lies(panels, session, case_scene, client):
    arrays = []
    for client.isLocal in (True, False):
        panels[0].openCase("case1")
        session.runner.wait(WAIT_S)
        assert panels[0].messageLabel.text == ""
        volumes = {image.name: volumeOf(case_scene.volumeOfImage(image.name)) for image in case_scene.images}
        arrays.append({name: (volume.array.copy(), volume.affine) for name, volume in volumes.items()})
    assert set(arrays[0]) == set(arrays[1]) and len(arrays[0]) == 3
    for name, (array, affine) in arrays[0].items():
        assert np.array_equal(array, arrays[1][name][0])
        assert np.allclose(affine, arrays[1][name][1])


def test_phases_without_names_are_recognised_and_the_annotators_word_is_kept(panels, session, case_scene, client):
    panels[0].openCase("nameless")
    session.runner.wait(WAIT_S)
    assert all(image.phase for image in case_scene.images)
    told = {image.name: image for image in case_scene.images}
    assert sum(told["first"].probabilities.values()) == pytest.approx(1.0, abs=0.01)
    other = next(phase for phase in Phase if phase not in {image.phase for image in told.values()})
    choose(panels[1].selectors[other], case_scene.volumeOfImage("first"))
    session.runner.wait(WAIT_S)
    assert panels[1].messageLabel.text == ""
    kept = {image["name"]: image for image in client.case("nameless")["images"]}
    assert (kept["first"]["phase"], kept["first"]["told_by"]) == (other.value, "annotator")
    client.setPhases("nameless", {})


def test_registered_views_show_what_the_server_registered(panels, session, case_scene, phases):
    panels[0].openCase("case2")
    session.runner.wait(WAIT_S)
    panels[1].registeredBox.click()
    session.runner.wait(WAIT_S)
    assert panels[1].messageLabel.text == ""
    assert phases.unregistered() == []
    reference = volumeOf(case_scene.reference)
    for phase in (Phase.UNENHANCED, Phase.ARTERIAL):
        registered = volumeOf(phases.registeredVolume(phase))
        assert not grid_difference(registered, reference)
        moving, node = volumeOf(phases.volume(phase)), phases.volume(phase)
        middle = np.array(reference.shape) / 2
        voxels = np.random.default_rng(0).uniform(middle / 2, middle * 1.5, (400, 3)).round()
        field = node.GetParentTransformNode().GetTransformFromParent()
        there = [field.TransformPoint(point) for point in transform_points(voxels, reference.affine)]
        index = transform_points(there, np.linalg.inv(moving.affine)).T
        shown = ndimage.map_coordinates(moving.array.astype(float), index, order=1, mode="nearest")
        expected = registered.array[tuple(voxels.astype(int).T)]
        assert np.median(np.abs(shown - expected)) < 5
        assert np.corrcoef(shown, expected)[0, 1] > 0.98


def test_the_sample_data_become_a_case_of_the_server(panels, session, case_scene, phases, client):
    nodes = loadPhantom()
    panels[1].namesButton.click()
    panels[0].newCase.nameEdit.text = "sample"
    panels[0].newCase.uploadButton.click()
    session.runner.wait(WAIT_S)
    assert panels[0].messageLabel.text == ""
    assert case_scene.case == "sample"
    assert case_scene.reference is nodes[2]
    assert "sample" in names_of(panels[0])
    kept = {image["name"]: image["phase"] for image in client.case("sample")["images"]}
    assert set(kept.values()) == {"unenhanced", "arterial", "portal"}
    panels[0].closeButton.click()
    panels[1].namesButton.click()
    panels[0].newCase.uploadButton.click()
    session.runner.wait(WAIT_S)
    assert "sample" in panels[0].messageLabel.text, "the name is taken"
    assert len(slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")) == 3


def test_a_server_that_dies_in_the_middle_leaves_the_scene_as_it_is(panels, session, case_scene, client, real_server):
    open_from_server(panels, session, "case3")
    real_server.kill()
    try:
        panels[0].openCase("case1")
        session.runner.wait(WAIT_S)
        assert panels[0].messageLabel.text != ""
        assert case_scene.case == "case3"
    finally:
        real_server.start()


def open_from_server(panels, session, case):
    panels[0].openCase(case)
    session.runner.wait(WAIT_S)
