"""The section "Phases": selectors, what speaks for them, views, registration."""

import numpy as np
import pytest
import slicer
from case_fakes import make_volume
from case_scene import connected, open_case, reload_scene
from panel_tools import choose

from livercad.core.phases import Phase
from LiverCADLib.clientErrors import RefusedError
from LiverCADLib.panels.phasesPanel import PhasesPanel
from LiverCADLib.scene.volumes import addVolumeNode, volumeOf


@pytest.fixture
def panel(case_scene, phases, side_by_side, session, client):
    panel = PhasesPanel(case_scene, phases, side_by_side, session)
    connected(session, client)
    yield panel
    panel.close()


def chosen(panel):
    nodes = {phase.value: selector.currentNode() for phase, selector in panel.selectors.items()}
    return {phase: node.GetName() if node else None for phase, node in nodes.items()}


def texts(panel):
    return {phase.value: label.text for phase, label in panel.evidence.items()}


def test_the_selectors_show_the_phases_of_an_opened_case_and_what_speaks_for_them(panel, case_scene, client):
    open_case(case_scene, client)
    assert chosen(panel) == {
        "unenhanced": "case-1 unenhanced",
        "arterial": "case-1 arterial",
        "portal": "case-1 portal",
        "delayed": None,
    }
    assert texts(panel) == {
        "unenhanced": "by its name",
        "arterial": "unsure (52 %)",
        "portal": "recognised (97 %)",
        "delayed": "",
    }
    assert panel.evidence[Phase.PORTAL].toolTip == "Portal venous: 97 %\nDelayed: 3 %"
    assert "color" in panel.evidence[Phase.ARTERIAL].styleSheet
    assert panel.evidence[Phase.PORTAL].styleSheet == ""


def test_a_phase_set_by_hand_is_told_to_the_server_and_a_contradiction_is_shown(panel, case_scene, session, client):
    open_case(case_scene, client)
    choose(panel.selectors[Phase.DELAYED], case_scene.volumeOfImage("third"))
    session.runner.wait()
    assert client.sent == [{"first": "unenhanced", "second": "arterial", "third": "delayed"}]
    assert chosen(panel)["portal"] is None
    assert texts(panel)["delayed"] == "looks portal venous (97 %)"
    assert "color" in panel.evidence[Phase.DELAYED].styleSheet


def test_two_volumes_change_places(panel, case_scene, session, client):
    open_case(case_scene, client)
    choose(panel.selectors[Phase.UNENHANCED], case_scene.volumeOfImage("second"))
    session.runner.wait()
    assert client.sent[-1] == {"second": "unenhanced", "first": "arterial", "third": "portal"}
    assert panel.selectors[Phase.ARTERIAL].currentNode() is case_scene.volumeOfImage("first")
    assert case_scene.volumeOfImage("first").GetName() == "case-1 arterial"


def test_choices_made_while_one_is_being_sent_are_sent_afterwards(panel, case_scene, session, client):
    open_case(case_scene, client)
    choose(panel.selectors[Phase.UNENHANCED], None)
    choose(panel.selectors[Phase.ARTERIAL], None)
    choose(panel.selectors[Phase.DELAYED], case_scene.volumeOfImage("second"))
    session.runner.wait()
    assert client.sent[0] == {"second": "arterial", "third": "portal"}
    assert client.sent[-1] == {"second": "delayed", "third": "portal"}
    assert panel.selectors[Phase.DELAYED].currentNode() is case_scene.volumeOfImage("second")


def test_what_the_server_refuses_is_said(panel, case_scene, session, client):
    open_case(case_scene, client)
    client.error = RefusedError("Two images of the portal phase.", 400)
    choose(panel.selectors[Phase.DELAYED], case_scene.volumeOfImage("third"))
    session.runner.wait()
    assert panel.messageLabel.text == "Two images of the portal phase."


def test_volumes_of_the_scene_can_be_chosen_without_a_server(panel, session, client, phases):
    session.disconnect()
    node = addVolumeNode(make_volume(3), "mine")
    choose(panel.selectors[Phase.PORTAL], node)
    assert phases.volume(Phase.PORTAL) is node
    assert client.sent == []
    assert not session.runner.isBusy


def test_names_fill_the_selectors(panel, phases):
    addVolumeNode(make_volume(3), "CT arterial")
    panel.namesButton.click()
    assert chosen(panel)["arterial"] == "CT arterial"


def test_images_without_a_phase_are_recognised_as_soon_as_their_case_is_open(panel, case_scene, session, client):
    client.answers[0].update(phase=None, told_by="unknown")
    recognised = [{**client.images()[0], "phase": "unenhanced", "told_by": "image"}, *client.images()[1:]]
    client.recognizePhases = lambda case, task: recognised
    open_case(case_scene, client)
    assert chosen(panel)["unenhanced"] is None
    assert not panel.recogniseButton.enabled
    session.runner.wait()
    assert panel.selectors[Phase.UNENHANCED].currentNode() is case_scene.volumeOfImage("first")


def test_recognise_asks_the_server(panel, case_scene, session, client):
    open_case(case_scene, client)
    client.answers[0].update(told_by="image", probabilities={"unenhanced": 0.9})
    panel.recogniseButton.click()
    session.runner.wait()
    assert texts(panel)["unenhanced"] == "recognised (90 %)"
    assert panel.recogniseButton.enabled


def test_side_by_side_is_switched_by_its_box(panel, case_scene, side_by_side, client):
    assert not panel.sideBySideBox.enabled
    open_case(case_scene, client)
    panel.sideBySideBox.click()
    assert side_by_side.isOn
    slicer.app.processEvents()
    panel.sideBySideBox.click()
    assert not side_by_side.isOn


def test_registration_is_fetched_once_and_then_only_switched(panel, case_scene, phases, session, client):
    open_case(case_scene, client)
    panel.registeredBox.click()
    assert not panel.registeredBox.enabled
    session.runner.wait()
    moved = case_scene.volumeOfImage("second")
    assert client.is_analysed
    assert phases.unregistered() == []
    assert moved.GetParentTransformNode() is not None
    assert case_scene.reference.GetParentTransformNode() is None
    assert np.array_equal(volumeOf(phases.registeredVolume(Phase.ARTERIAL)).array, client.volumes["third"].array)
    panel.registeredBox.click()
    assert moved.GetParentTransformNode() is None
    session.disconnect()
    panel.registeredBox.click()
    assert moved.GetParentTransformNode() is not None
    assert not session.runner.isBusy


def test_a_registration_that_fails_is_said_and_the_switch_goes_back(panel, case_scene, session, client):
    open_case(case_scene, client)
    client.error = RefusedError("This case cannot be analysed.", 400)
    panel.registeredBox.click()
    session.runner.wait()
    assert panel.messageLabel.text == "This case cannot be analysed."
    assert not panel.registeredBox.checked
    assert panel.registeredBox.enabled


def test_what_comes_after_the_case_was_closed_is_dropped(panel, case_scene, session, client):
    open_case(case_scene, client)
    panel.registeredBox.click()
    panel.recogniseButton.click()
    case_scene.close()
    session.runner.wait()
    assert not slicer.util.getNodesByClass("vtkMRMLGridTransformNode")
    assert chosen(panel) == dict.fromkeys(chosen(panel))


@pytest.fixture
def asked(client, monkeypatch):
    """What the server is told of phases: the case, and the phases."""
    asked, tell = [], client.setPhases

    def setPhases(case, phases):
        asked.append((case, dict(phases)))
        return tell(case, phases)

    monkeypatch.setattr(client, "setPhases", setPhases)
    return asked


def test_closing_a_case_and_opening_the_next_one_tells_the_server_nothing(
    panel, case_scene, phases, session, client, asked
):
    open_case(case_scene, client)
    before = chosen(panel)
    open_case(case_scene, client, "case-2")
    slicer.app.processEvents()
    session.runner.wait()
    assert chosen(panel) == {phase: name and name.replace("case-1", "case-2") for phase, name in before.items()}
    case_scene.close()
    slicer.app.processEvents()
    session.runner.wait()
    assert asked == [] and chosen(panel) == dict.fromkeys(before)
    assert phases.volumes() == {}


def test_deleting_a_volume_empties_its_phase_and_tells_the_server_nothing(panel, case_scene, session, client, asked):
    open_case(case_scene, client)
    before = chosen(panel)
    slicer.mrmlScene.RemoveNode(case_scene.volumeOfImage("second"))
    slicer.app.processEvents()
    session.runner.wait()
    assert asked == [] and chosen(panel) == {**before, "arterial": None}


def test_what_was_chosen_for_a_case_is_not_told_of_the_next_one(panel, case_scene, session, client, asked):
    open_case(case_scene, client)
    choose(panel.selectors[Phase.DELAYED], case_scene.volumeOfImage("third"))
    choose(panel.selectors[Phase.UNENHANCED], case_scene.volumeOfImage("second"))
    open_case(case_scene, client, "case-2")
    session.runner.wait()
    second = {"first": "arterial", "second": "unenhanced", "third": "delayed"}
    assert [case for case, _phases in asked] == ["case-1", "case-1"] and asked[-1][1] == second
    choose(panel.selectors[Phase.DELAYED], case_scene.volumeOfImage("first"))
    session.runner.wait()
    assert asked[-1][0] == "case-2"


def test_a_case_of_another_server_is_not_told_to_this_one(panel, case_scene, session, client):
    open_case(case_scene, client)
    client.address = "http://other:8000"
    choose(panel.selectors[Phase.DELAYED], case_scene.volumeOfImage("third"))
    assert not session.runner.isBusy
    assert not panel.recogniseButton.enabled


def test_the_section_shows_a_restored_scene_as_it_was(panel, case_scene, session, client, tmp_path):
    open_case(case_scene, client)
    panel.registeredBox.click()
    session.runner.wait()
    panel.sideBySideBox.click()
    before = chosen(panel), texts(panel)
    reload_scene(case_scene, tmp_path)
    assert (chosen(panel), texts(panel)) == before
    assert panel.registeredBox.checked
    assert panel.sideBySideBox.checked
