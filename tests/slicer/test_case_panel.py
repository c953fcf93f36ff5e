"""The section "Case": every button, every question, every answer."""

import numpy as np
import pytest
import qt
import slicer
from case_fakes import make_volume
from case_scene import connected, parameters
from standin.dialogs import dialogs

from livercad.core.phases import Phase
from LiverCADLib.cases import CaseFilter
from LiverCADLib.clientErrors import UnreachableError
from LiverCADLib.panels.casePanel import CasePanel, strategyTitles
from LiverCADLib.panels.caseTable import LARGEST
from LiverCADLib.scene.pictureCase import PictureCase
from LiverCADLib.scene.volumes import addVolumeNode, volumeOf


@pytest.fixture
def panel(case_scene, phases, session, client):
    dialogs.clear()
    panel = CasePanel(case_scene, phases, session, PictureCase(case_scene))
    connected(session, client)
    session.runner.wait()
    yield panel
    dialogs.check_all_answers_used()


def listed(panel):
    table = panel.table.widget
    return [[table.item(row, column).text() for column in range(4)] for row in range(table.rowCount)]


def choose(panel, case):
    names = [line[0] for line in listed(panel)]
    panel.table.widget.selectRow(names.index(case))


def open_by_button(panel, session, case):
    choose(panel, case)
    panel.openButton.click()
    session.runner.wait()


def test_without_a_server_nothing_can_be_asked_of_it(case_scene, phases, session):
    panel = CasePanel(case_scene, phases, session, PictureCase(case_scene))
    buttons = (panel.nextButton, panel.openButton, panel.refreshButton, panel.closeButton, panel.newCase.uploadButton)
    assert not any(button.enabled for button in buttons)
    assert panel.openLabel.text == "No case is open."
    panel.refresh()
    assert not session.runner.isBusy


def test_the_cases_are_listed_as_soon_as_a_server_is_connected(panel):
    assert listed(panel) == [
        ["case-1", "", "", "3"],
        ["case-2", "Complete", "ann", "3"],
        ["other 3", "Needs review", "bob", "3"],
    ]
    assert panel.countLabel.text == "3 of 3 cases"


def test_filter_and_search_narrow_the_list_and_are_kept_in_the_scene(panel, case_scene):
    panel.filterBox.setCurrentIndex(2)
    assert [line[0] for line in listed(panel)] == ["case-2"]
    panel.filterBox.setCurrentIndex(0)
    panel.searchBox.text = "OTHER"
    assert [line[0] for line in listed(panel)] == ["other 3"]
    assert case_scene.parameters.caseSearch == "OTHER"
    assert case_scene.parameters.caseFilter is CaseFilter.ALL


def test_refresh_shows_what_the_server_has_now(panel, session, client):
    client.cases = lambda: [{"case": "new"}]
    panel.refreshButton.click()
    session.runner.wait()
    assert [line[0] for line in listed(panel)] == ["new"]


def test_of_very_many_cases_the_first_are_shown_and_how_many_there_are(panel, session, client):
    client.cases = lambda: [{"case": f"case {number:05d}"} for number in range(10_000)]
    panel.refreshButton.click()
    session.runner.wait()
    assert panel.table.widget.rowCount == LARGEST
    assert panel.countLabel.text == f"{LARGEST} of 10000 cases; search for more"
    panel.searchBox.text = "09999"
    assert [line[0] for line in listed(panel)] == ["case 09999"]


def test_a_case_of_the_list_is_opened_with_all_its_phases(panel, session, case_scene, client):
    assert not panel.openButton.enabled
    open_by_button(panel, session, "case-2")
    assert case_scene.case == "case-2"
    for name, volume in client.volumes.items():
        assert np.array_equal(volumeOf(case_scene.volumeOfImage(name)).array, volume.array)
    size = sum(image["bytes"] for image in client.images())
    assert panel.openLabel.text == f"Open: case-2 (3 volumes, {size / 1000:.0f} kB)"


def test_a_double_click_opens_a_case(panel, session, case_scene):
    panel.table.widget.cellDoubleClicked.emit(1, 0)
    session.runner.wait()
    assert case_scene.case == "case-2"


def test_a_double_click_does_nothing_while_a_case_comes_or_without_a_server(panel, session, case_scene):
    panel.table.widget.cellDoubleClicked.emit(0, 0)
    panel.table.widget.cellDoubleClicked.emit(1, 0)
    assert len(session.runner.jobs) == 1
    session.runner.wait()
    assert case_scene.case == "case-1"
    session.client = None
    session.disconnected.emit()
    panel.table.widget.cellDoubleClicked.emit(1, 0)
    panel.openNext()
    assert not session.runner.jobs and panel.messageLabel.text == ""


def test_the_next_sample_is_the_one_of_the_chosen_strategy(panel, session, case_scene, client):
    panel.strategyBox.setCurrentIndex(1)
    session.settings.annotator = "Ann Otator"
    panel.nextButton.click()
    assert not panel.nextButton.enabled, "while it comes"
    session.runner.wait()
    assert client.sent == [{"strategy": "random", "annotator": "Ann Otator"}]
    assert case_scene.case == "case-1"
    assert panel.nextButton.enabled
    assert session.settings.strategy == "random"


def test_when_no_case_is_left_it_is_said_and_the_open_one_stays(panel, session, case_scene, client):
    open_by_button(panel, session, "case-2")
    for client.next, said in (
        ({}, "No case is left: each has a label."),
        ({"reason": "The case that is left is with another."}, "The case that is left is with another."),
    ):
        panel.nextButton.click()
        session.runner.wait()
        assert panel.whyLabel.text == said and not panel.whyLabel.isHidden()
        assert case_scene.case == "case-2"


def test_why_it_is_this_case_stands_below_the_button_until_another_one_is_opened(panel, session, case_scene, client):
    assert panel.whyLabel.isHidden()
    client.next = {"id": "case-1", "why": "Chosen by uncertainty (uncertainty 0.41)."}
    panel.nextButton.click()
    session.runner.wait()
    assert panel.whyLabel.text == "Chosen by uncertainty (uncertainty 0.41)." and not panel.whyLabel.isHidden()
    client.error = UnreachableError("Nobody answers.")
    panel.nextButton.click()
    session.runner.wait()
    assert panel.whyLabel.text, "the case is open still"
    client.error = None
    open_by_button(panel, session, "case-2")
    assert panel.whyLabel.isHidden()
    panel.nextButton.click()
    session.runner.wait()
    panel.closeButton.click()
    assert panel.whyLabel.isHidden()


def test_a_skipped_case_goes_back_to_the_server_and_the_next_one_comes(panel, session, case_scene, client):
    assert not panel.skipButton.enabled, "without a case"
    open_by_button(panel, session, "case-2")
    panel.skipButton.click()
    assert not panel.skipButton.enabled, "while the next one comes"
    session.runner.wait()
    assert client.sent == [{"strategy": "first", "annotator": "ann", "skip": "case-2"}]
    assert case_scene.case == "case-1" and panel.skipButton.enabled
    panel.skipButton.click()
    session.runner.wait()
    assert panel.whyLabel.text == "No other case is left than case-1." and case_scene.case == "case-1"


def test_a_case_with_corrections_is_not_skipped_before_the_annotator_agrees(panel, session, case_scene, client):
    open_by_button(panel, session, "case-2")
    case_scene.markUnsaved()
    dialogs.answer(qt.QMessageBox.No, "corrections of case-2")
    panel.skipButton.click()
    session.runner.wait()
    assert client.sent == [] and case_scene.case == "case-2" and case_scene.isUnsaved
    dialogs.answer(qt.QMessageBox.Yes, "corrections of case-2")
    panel.skipButton.click()
    session.runner.wait()
    assert case_scene.case == "case-1"


def test_what_is_no_case_of_this_server_cannot_be_skipped(panel, session, case_scene, client):
    open_by_button(panel, session, "case-2")
    case_scene.parameters.server = "http://other:8000"
    panel.skip()
    case_scene.unsavedChanged.emit(False)
    assert not panel.skipButton.enabled and not session.runner.isBusy
    session.disconnect()
    panel.skip()
    assert not panel.skipButton.enabled and client.sent == []


def test_every_strategy_of_the_server_can_be_chosen(panel, session, client):
    offered = list(strategyTitles())
    assert offered == ["first", "random", "uncertainty", "classification", "diversity", "hybrid"]
    for index, name in enumerate(offered):
        panel.strategyBox.setCurrentIndex(index)
        panel.nextButton.click()
        session.runner.wait()
        assert client.sent[-1]["strategy"] == name


def test_what_goes_wrong_is_said_in_the_servers_words(panel, session, case_scene, client):
    client.error = UnreachableError("Nobody answers at 127.0.0.1:8000.")
    panel.nextButton.click()
    session.runner.wait()
    assert panel.messageLabel.text == "Nobody answers at 127.0.0.1:8000."
    assert panel.nextButton.enabled
    client.error = None
    panel.nextButton.click()
    assert panel.messageLabel.text == ""
    session.runner.wait()


def test_a_cancelled_download_leaves_the_scene_as_it_is(panel, session, case_scene, client):
    client.isLocal = False
    client.hold.clear()
    choose(panel, "case-1")
    panel.openButton.click()
    session.runner.jobs[0].cancel()
    session.runner.wait()
    assert case_scene.case == ""
    assert panel.openButton.enabled
    assert panel.messageLabel.text == ""


def test_unsubmitted_corrections_are_asked_about_before_another_case_is_opened(panel, session, case_scene):
    open_by_button(panel, session, "case-1")
    case_scene.markUnsaved()
    assert panel.openLabel.text.endswith("not submitted)")
    dialogs.answer(qt.QMessageBox.No, "corrections of case-1")
    open_by_button(panel, session, "case-2")
    assert case_scene.case == "case-1"
    assert case_scene.isUnsaved
    dialogs.answer(qt.QMessageBox.Yes, "corrections of case-1")
    open_by_button(panel, session, "case-2")
    assert case_scene.case == "case-2"


def test_what_is_changed_while_the_next_case_comes_is_asked_about_too(panel, session, case_scene):
    open_by_button(panel, session, "case-1")
    choose(panel, "case-2")
    panel.openButton.click()
    case_scene.markUnsaved()
    dialogs.answer(qt.QMessageBox.No, "corrections of case-1")
    session.runner.wait()
    assert case_scene.case == "case-1"
    assert case_scene.isUnsaved


def test_the_next_sample_and_closing_ask_too(panel, session, case_scene):
    open_by_button(panel, session, "case-1")
    case_scene.markUnsaved()
    for button in (panel.nextButton, panel.closeButton):
        dialogs.answer(qt.QMessageBox.No, "corrections of case-1")
        button.click()
        session.runner.wait()
        assert case_scene.case == "case-1"


def test_without_changes_nothing_is_asked_and_the_users_nodes_stay(panel, session, case_scene):
    mine = addVolumeNode(make_volume(9), "mine")
    open_by_button(panel, session, "case-1")
    panel.closeButton.click()
    assert case_scene.case == ""
    assert [node.GetName() for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")] == ["mine"]
    assert slicer.mrmlScene.GetNodeByID(mine.GetID()) is mine
    assert not panel.closeButton.enabled
    assert dialogs.shown == []


def phases_of_scene(phases):
    nodes = {Phase.ARTERIAL: addVolumeNode(make_volume(5), "my art"), Phase.PORTAL: addVolumeNode(make_volume(6), "pv")}
    phases.assignByNames()
    return nodes


def test_volumes_of_the_scene_become_a_case_of_the_server_and_stay_in_the_scene(
    panel, session, phases, case_scene, client
):
    nodes = phases_of_scene(phases)
    assert panel.newCase.volumesLabel.text == "my art, pv"
    assert not panel.newCase.uploadButton.enabled
    panel.newCase.nameEdit.text = " mine "
    panel.newCase.uploadButton.click()
    session.runner.wait()
    assert client.uploaded[0][0] == "mine"
    assert set(client.uploaded[0][1]) == {"arterial.nii.gz", "portal.nii.gz"}
    assert case_scene.case == "mine"
    assert phases.volumes() == nodes
    assert case_scene.reference is nodes[Phase.PORTAL]
    panel.closeButton.click()
    assert len(slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")) == 2


def test_nothing_goes_to_another_computer_without_consent(panel, session, phases, client):
    client.isLocal, client.address = False, "http://liver.example:8000"
    phases_of_scene(phases)
    panel.newCase.nameEdit.text = "mine"
    dialogs.answer(qt.QMessageBox.No, "liver.example")
    panel.newCase.uploadButton.click()
    session.runner.wait()
    assert client.uploaded == []
    dialogs.answer(qt.QMessageBox.Yes, "liver.example")
    panel.newCase.uploadButton.click()
    session.runner.wait()
    assert len(client.uploaded) == 1


def test_a_name_that_is_taken_is_said_and_the_scene_stays(panel, session, phases, case_scene):
    phases_of_scene(phases)
    panel.newCase.nameEdit.text = "taken"
    panel.newCase.uploadButton.click()
    session.runner.wait()
    assert "taken already" in panel.messageLabel.text
    assert case_scene.case == ""
    assert len(phases.volumes()) == 2


def test_a_volume_that_a_transform_moves_is_not_uploaded_as_if_it_were_not(panel, session, phases, client):
    nodes = phases_of_scene(phases)
    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    nodes[Phase.PORTAL].SetAndObserveTransformNodeID(transform.GetID())
    panel.newCase.nameEdit.text = "mine"
    panel.newCase.uploadButton.click()
    assert panel.messageLabel.text == "pv is moved by a transform. Harden or remove it first."
    assert not session.runner.isBusy
    assert client.uploaded == []


def test_volumes_of_the_open_case_are_not_uploaded_as_another(panel, session, case_scene, client):
    open_by_button(panel, session, "case-1")
    panel.newCase.nameEdit.text = "mine"
    panel.newCase.uploadButton.click()
    assert panel.messageLabel.text == "case-1 unenhanced is of the open case, which the server has."
    assert client.uploaded == []
    assert case_scene.case == "case-1"


def test_volumes_that_are_removed_while_they_are_sent_do_no_harm(panel, session, phases, case_scene):
    nodes = phases_of_scene(phases)
    panel.newCase.nameEdit.text = "mine"
    panel.newCase.uploadButton.click()
    slicer.mrmlScene.RemoveNode(nodes[Phase.PORTAL])
    session.runner.wait()
    assert panel.messageLabel.text == "mine is on the server; its volumes are no longer in the scene."
    assert case_scene.case == ""


def test_a_lost_connection_takes_the_buttons_with_it(panel, session, case_scene):
    open_by_button(panel, session, "case-1")
    session.disconnect()
    assert not panel.nextButton.enabled
    assert not panel.openButton.enabled
    assert panel.closeButton.enabled
    assert case_scene.case == "case-1"


def test_the_panel_follows_a_scene_that_is_closed(panel, session, case_scene):
    panel.filterBox.setCurrentIndex(4)
    panel.searchBox.text = "case"
    open_by_button(panel, session, "case-2")
    slicer.mrmlScene.Clear(0)
    case_scene.setParameters(parameters())
    assert panel.openLabel.text == "No case is open."
    assert panel.filterBox.currentIndex == 0
    assert panel.searchBox.text == ""
    assert len(listed(panel)) == 3
