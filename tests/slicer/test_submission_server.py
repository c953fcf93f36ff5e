"""Lesions and submissions against the real server: numbers, corrections, conflicts, and a server that is killed."""

import numpy as np
import pytest
from test_lesions_list import everything

from livercad.core.annotation import CaseState, Origin, Verdict
from livercad.core.taxonomy import LesionType
from LiverCADLib.caseLoading import loadCase
from LiverCADLib.client import Client
from LiverCADLib.imageFiles import readVolume
from LiverCADLib.panels.lesionsPanel import LesionsPanel
from LiverCADLib.panels.segmentPanel import SegmentPanel
from LiverCADLib.panels.submitPanel import SubmitPanel
from LiverCADLib.scene.outbox import Outbox
from LiverCADLib.scene.workbench import Workbench
from LiverCADLib.submitting import Submitting
from LiverCADLib.tasks import Task

WAIT_S = 240
CASE = "lesions-of-its-own"


@pytest.fixture
def client(real_server):
    client = Client(real_server.address, real_server.token)
    if CASE not in {case["case"] for case in client.cases()}:
        files = [real_server.studies / "case1" / f"{phase}.nii.gz" for phase in ("unenhanced", "arterial", "portal")]
        phases = {file.name: file.name.removesuffix(".nii.gz") for file in files}
        client.uploadCase(CASE, files, phases, Task())
    yield client
    client.close()


class Annotator:
    """The sections "Segment", "Lesions" and "Submit" on a scene."""

    def __init__(self, case_scene, session, folder):
        self.scene, self.session = case_scene, session
        self.bench = Workbench(case_scene)
        submitting = Submitting(self.bench, session, Outbox(folder / "outbox"))
        self.segment, self.lesions = SegmentPanel(self.bench, session), LesionsPanel(self.bench, session)
        self.submit = SubmitPanel(submitting, self.bench, session)

    def connect(self, client):
        self.session.client = client
        self.session.connected.emit(client.check())
        self.wait()

    def wait(self):
        self.session.runner.wait(WAIT_S)

    def open(self):
        loaded = loadCase(Task(), self.session.client, CASE)
        self.scene.open(CASE, self.session.client.address, loaded.images, loaded.volumes, loaded.version)
        self.wait()

    def press(self, button):
        assert button.enabled
        button.click()
        self.wait()

    def close(self):
        self.lesions.close()
        self.submit.close()


@pytest.fixture
def annotator(case_scene, session, client, tmp_path):
    annotator = Annotator(case_scene, session, tmp_path)
    annotator.connect(client)
    annotator.open()
    if not annotator.bench.lesions.numbers:
        annotator.press(annotator.segment.findButton)
    yield annotator
    annotator.close()


def maps(client, folder):
    """What the server has, by number, on its own grid."""
    label = readVolume(client.downloadSubmission(CASE, "label", folder / "label.nii.gz", Task()))
    numbers = readVolume(client.downloadSubmission(CASE, "instances", folder / "instances.nii.gz", Task()))
    return label, {int(n): numbers.array == n for n in np.unique(numbers.array) if n}


def test_edits_of_segments_change_no_other_lesions_value_on_the_server(annotator, client, tmp_path):
    bench = annotator.bench
    annotator.press(annotator.submit.submitButton)
    label, before = maps(client, tmp_path)
    assert list(before) == bench.lesions.numbers and len(before) > 1
    assert np.array_equal(label.array == 2, np.any(list(before.values()), axis=0))

    segmentation = bench.segmentation.node.GetSegmentation()
    gone, *kept = bench.lesions.numbers
    segmentation.RemoveSegment(bench.segmentation.lesionIds[gone])
    order = list(segmentation.GetSegmentIDs())
    segmentation.ReorderSegments(order[::-1])
    for number in kept:
        segmentation.GetSegment(bench.segmentation.lesionIds[number]).SetName(f"lesion {gone}")
    new = bench.editor.addMark(bench.lesions.records[gone].center, 8.0)
    annotator.press(annotator.submit.submitButton)
    after = maps(client, tmp_path)[1]
    assert list(after) == [*kept, new]
    for number in kept:
        assert np.array_equal(after[number], before[number])
    told = {lesion["number"]: lesion for lesion in client.submission(CASE)["annotation"]["lesions"]}
    assert told[gone]["verdict"] == "rejected" and not told[new]["is_outlined"]


def test_marked_lesions_are_described_by_the_server(annotator):
    bench = annotator.bench
    number = bench.editor.addMark(bench.lesions.liverBox.center, 25.0)
    bench.lesions.select(None)
    bench.lesions.select(number)
    annotator.press(annotator.lesions.describeButton)
    record = bench.lesions.records[number]
    assert record.found is not None and record.found.number == number and record.origin is Origin.ANNOTATOR
    assert not record.isOutdated(bench.lesions.measured(number))
    measured = bench.lesions.measured(number)
    assert record.found.diameter_mm == pytest.approx(measured.longest.length_mm, rel=1e-5)
    assert record.found.volume_ml == pytest.approx(measured.volumeMl, rel=1e-5)
    assert record.found.center == pytest.approx(measured.center, abs=1e-3)
    assert record.found.short_diameter_mm == pytest.approx(measured.perpendicular.length_mm, rel=1e-5)


def test_everything_comes_back_when_the_case_is_opened_again(annotator, client, case_scene, session, tmp_path):
    bench, panel = annotator.bench, annotator.submit
    first = bench.lesions.numbers[0]
    bench.editor.setType([first], LesionType.METASTASIS)
    bench.editor.setVerdict([first], Verdict.ACCEPTED)
    bench.editor.setComment(first, "grows")
    panel.stateBox.setCurrentIndex(2)
    panel.commentEdit.setPlainText("compare")
    annotator.press(panel.submitButton)
    records, masks = everything(bench)
    annotator.open()
    again, its_masks = everything(bench)
    assert its_masks == masks and case_scene.parameters.state is CaseState.NEEDS_REVIEW
    assert panel.commentEdit.plainText == "compare" and not case_scene.isUnsaved
    for number, record in again.items():
        was = records[number]
        for kept in ("origin", "verdict", "type", "label", "comment", "mergedFrom", "score"):
            assert getattr(record, kept) == getattr(was, kept)


def test_a_newer_version_on_the_server_is_a_conflict_until_it_is_forced(annotator, client, tmp_path):
    bench, panel = annotator.bench, annotator.submit
    annotator.press(panel.submitButton)
    version = bench.scene.parameters.version
    case = bench.collect("somebody else")
    waiting = Outbox(tmp_path / "other").put(case, client.address, version)
    assert Outbox(tmp_path / "other").send(Task(), client, waiting) == version + 1
    bench.editor.setComment(bench.lesions.numbers[0], "mine")
    annotator.press(panel.submitButton)
    assert not panel.conflictBox.isHidden() and panel.waitingLabel.text == "1 submission waits."
    assert client.submission(CASE)["annotation"]["annotator"] == "somebody else"
    annotator.press(panel.forceButton)
    assert client.submission(CASE)["version"] == version + 2 == bench.scene.parameters.version
    assert client.submission(CASE, version + 1)["annotation"]["annotator"] == "somebody else"


def test_a_correction_made_while_the_server_is_down_is_submitted_when_it_is_back(annotator, client, real_server):
    bench, panel = annotator.bench, annotator.submit
    annotator.press(panel.submitButton)
    version = bench.scene.parameters.version
    real_server.kill()
    bench.editor.setComment(bench.lesions.numbers[0], "while it was down")
    annotator.press(panel.submitButton)
    assert panel.waitingLabel.text == "1 submission waits." and not bench.scene.isUnsaved
    real_server.start()
    annotator.press(panel.sendButton)
    assert panel.waitingLabel.isHidden() and bench.scene.parameters.version == version + 1
    told = client.submission(CASE)["annotation"]["lesions"]
    assert "while it was down" in {lesion["comment"] for lesion in told}
