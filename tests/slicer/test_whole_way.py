"""A case from "Next sample" to its reopened submission, by the module's buttons and with the real server."""

import threading
from pathlib import Path

import numpy as np
import pytest
from panel_tools import picture, settle, slicer, wait_until
from standin.loader import openModule
from test_responsiveness import LONGEST_S, longest_pause

from livercad.core.annotation import CaseState, Verdict
from LiverCADLib.client import Client
from LiverCADLib.connection import Connection
from LiverCADLib.settings import MemoryStore, Settings

MODULE = Path(__file__).resolve().parents[2] / "SlicerLiverCAD" / "LiverCAD.py"


@pytest.fixture
def opened(real_server, tmp_path, monkeypatch):
    slicer.mrmlScene.Clear(0)
    store = MemoryStore()
    monkeypatch.setattr("LiverCADLib.workspace.Settings", lambda: Settings(store, tmp_path))
    opened = openModule(MODULE)
    module = opened.panel.module
    module.serverPanel.addressEdit.text, module.serverPanel.tokenEdit.text = real_server.address, real_server.token
    yield opened
    opened.close()
    slicer.mrmlScene.Clear(0)


@pytest.fixture
def module(opened):
    return opened.panel.module


@pytest.fixture
def asking_threads(monkeypatch):
    threads, request = set(), Connection.request

    def noting(self, *arguments, **options):
        threads.add(threading.get_ident())
        return request(self, *arguments, **options)

    monkeypatch.setattr(Connection, "request", noting)
    return threads


def settled(module):
    session = module.workspace.session
    settle(session.runner, session.background)
    wait_until(lambda: not (session.runner.isBusy or session.background.isBusy))


def state_of(module):
    """What an annotator sees of the case; voxels by their fingerprints, but those of rejected lesions, which go."""
    bench, parameters = module.workspace.workbench, module.workspace.caseScene.parameters
    told = {
        number: (record.origin, record.verdict, record.type, record.label, record.comment)
        for number, record in bench.lesions.records.items()
        if not record.isDeleted
    }
    voxels = {
        number: mask.fingerprint
        for number, mask in bench.segmentation.lesions().items()
        if told[number][1] is not Verdict.REJECTED
    }
    liver = bench.segmentation.liver.fingerprint
    return parameters.case, parameters.state, parameters.comment, told, voxels, liver


def test_from_next_sample_to_the_reopened_submission(opened, module, asking_threads, real_server):
    work, lesions = module.workspace, module.workspace.workbench.lesions
    module.serverPanel.connectButton.click()
    settled(module)
    module.casePanel.nextButton.click()
    settled(module)
    case = work.caseScene.case
    assert case and len(work.phases.volumes()) >= 2
    picture(opened.widget, "whole_way_1_opened", 480)
    module.segmentPanel.findButton.click()
    settled(module)
    assert len(lesions.numbers) == 2
    lesions.select(lesions.numbers[0])
    module.lesionsPanel.acceptButton.click()
    lesions.select(lesions.numbers[1])
    module.lesionsPanel.rejectButton.click()
    middle = np.mean([record.center for record in lesions.records.values()], axis=0)
    module.workspace.workbench.editor.addMark(tuple(middle), 12.0)
    assert lesions.numbers == [1, 2, 3]
    lesions.select(3)
    module.lesionsPanel.typeBox.setCurrentIndex(1)
    module.lesionsPanel.typeButton.click()
    module.submitPanel.commentEdit.setPlainText("Clear.")
    module.submitPanel.stateBox.setCurrentIndex(1)
    module.sections["Crop previews"].collapsed = False
    picture(opened.widget, "whole_way_2_corrected", 480)
    before = state_of(module)
    assert [told[1] for told in before[3].values()][:2] == [Verdict.ACCEPTED, Verdict.REJECTED]
    assert before[3][3][2:4] != (None, None) and sorted(before[4]) == [1, 3]
    module.submitPanel.submitButton.click()
    settled(module)
    assert not work.caseScene.isUnsaved, module.submitPanel.messageLabel.text
    picture(opened.widget, "whole_way_3_submitted", 480)
    module.casePanel.closeButton.click()
    assert not work.caseScene.case and not lesions.numbers
    module.casePanel.openCase(case)
    settled(module)
    settled(module)
    assert state_of(module) == before
    assert before[1] is CaseState.COMPLETE
    picture(opened.widget, "whole_way_4_reopened", 480)
    assert threading.get_ident() not in asking_threads
    listed = {each["case"]: each for each in Client(real_server.address, real_server.token).cases()}
    assert listed[case]["state"] == "complete"


def test_no_step_of_it_holds_the_window_up(module):
    session = module.workspace.session

    def connect():
        session.disconnect()
        module.serverPanel.connectButton.click()

    steps = {
        "connect": connect,
        "next": module.casePanel.nextButton.click,
        "recognise": module.phasesPanel.recogniseButton.click,
        "find": module.segmentPanel.findButton.click,
        "submit": module.submitPanel.submitButton.click,
    }

    def has_ended():
        return not (session.runner.isBusy or session.background.isBusy)

    pauses = {name: longest_pause(act, has_ended) for name, act in steps.items()}
    assert max(pauses.values()) < LONGEST_S, pauses
