"""The server takes another image as the reference than it did when the case was opened, on another grid or the same."""

import threading

import numpy as np
import pytest
from case_fakes import SHAPE, affine, image_answer
from case_scene import connected, open_case, reload_scene

from livercad.core.geometry import transform_points
from livercad.core.phases import Phase
from livercad.core.volume import Volume
from LiverCADLib.caseLoading import imagesOf
from LiverCADLib.imageFiles import writeVolume
from LiverCADLib.panels.phasesPanel import PhasesPanel
from LiverCADLib.panels.segmentPanel import SegmentPanel
from LiverCADLib.panels.submitPanel import SubmitPanel
from LiverCADLib.scene.outbox import Outbox
from LiverCADLib.scene.submission import AnnotatedCase
from LiverCADLib.scene.workbench import Workbench
from LiverCADLib.submitting import Submitting

WARNING = "The server now takes case-1 portal as the reference"
MIDDLE = tuple(transform_points((12, 10, 5), affine()).tolist())


@pytest.fixture
def nameless(client):
    """Names that tell nothing, and the portal image last, on another grid."""
    moved = affine()
    moved[:3, 3] += [0, 0, 7]
    client.volumes["third"] = Volume(client.volumes["third"].array, moved)
    writeVolume(client.volumes["third"], client.folder / "third.nii.gz")
    client.answers = [image_answer(name, None, "unknown", is_reference=name == "first") for name in client.volumes]
    return client


@pytest.fixture
def bench(case_scene):
    return Workbench(case_scene)


def told(reference="third"):
    """What the server says once it has recognised the phases."""
    phases = {"first": "unenhanced", "second": "arterial", "third": "portal"}
    answers = [image_answer(name, phase, "image", is_reference=name == reference) for name, phase in phases.items()]
    return imagesOf(answers)


def mask(grid):
    voxels = np.zeros(SHAPE, np.uint8)
    voxels[4:8, 4:8, 2:5] = 1
    return grid.toServer(voxels)


def test_masks_lie_on_the_new_reference_where_nothing_was_drawn(case_scene, phases, session, nameless, bench):
    panel = SegmentPanel(bench, session)
    open_case(case_scene, nameless)
    assert bench.segmentation.reference is case_scene.volumeOfImage("first")
    phases.assignAsTold(told())
    third = case_scene.volumeOfImage("third")
    assert case_scene.reference is third and bench.segmentation.reference is third
    assert panel.editor.sourceVolumeNode() is third
    assert bench.segmentation.grid.toScene(nameless.volumes["third"]).shape == SHAPE
    bench.editor.addMark(MIDDLE, 8.0)
    sent = bench.collect("ann").maps()[0]
    assert np.allclose(sent.affine, nameless.volumes["third"].affine), "as the server has it"


def test_what_was_drawn_stays_where_it_is_and_the_annotator_is_told(
    case_scene, phases, side_by_side, session, nameless, bench, tmp_path
):
    connected(session, nameless)
    submitting = Submitting(bench, session, Outbox(tmp_path / "outbox"))
    phasesPanel, segmentPanel = PhasesPanel(case_scene, phases, side_by_side, session), SegmentPanel(bench, session)
    submitPanel = SubmitPanel(submitting, bench, session)
    open_case(case_scene, nameless)
    first = case_scene.volumeOfImage("first")
    bench.editor.addMark(MIDDLE, 8.0)
    before = bench.segmentation.lesion(1).fingerprint
    phases.assignAsTold(told())
    assert case_scene.reference is first and bench.segmentation.reference is first
    assert bench.segmentation.lesion(1).fingerprint == before and case_scene.imageOf(phases.volume(Phase.PORTAL))
    assert WARNING in phasesPanel.referenceLabel.text and not phasesPanel.registeredBox.enabled
    assert WARNING in segmentPanel.messageLabel.text and not segmentPanel.findButton.enabled
    assert WARNING in submitPanel.concernLabel.text and not submitPanel.submitButton.enabled
    reload_scene(case_scene, tmp_path)
    assert bench.segmentation.lesion(1).fingerprint == before and WARNING in phasesPanel.referenceLabel.text
    phases.assignAsTold(told("first"))
    assert phasesPanel.referenceLabel.isHidden() and segmentPanel.findButton.enabled
    assert WARNING not in submitPanel.concernLabel.text and submitPanel.submitButton.enabled
    phasesPanel.close()
    submitPanel.close()


def test_what_was_drawn_follows_to_an_image_on_the_same_grid(case_scene, phases, session, client, bench):
    panel = SegmentPanel(bench, session)
    open_case(case_scene, client)
    bench.editor.addMark(MIDDLE, 8.0)
    segmentation, before = bench.segmentation, bench.segmentation.lesion(1).fingerprint
    phases.assignAsTold(told("first"))
    assert case_scene.reference is case_scene.volumeOfImage("first")
    assert bench.segmentation is segmentation and segmentation.lesion(1).fingerprint == before
    assert panel.editor.sourceVolumeNode() is segmentation.reference is case_scene.reference


@pytest.mark.parametrize("doesFit", [False, True])
def test_a_submission_that_comes_while_the_reference_changes_is_fetched_for_the_new_one(
    case_scene, phases, session, nameless, bench, monkeypatch, tmp_path, doesFit
):
    connected(session, nameless)
    submitting = Submitting(bench, session, Outbox(tmp_path / "outbox"))
    asked, hold = [], threading.Event()

    def fetch(task, client, case, grid):
        asked.append(grid)
        if len(asked) == 1:
            hold.wait(5)
            if not doesFit:
                raise ValueError("The map lies on another grid.")
        return AnnotatedCase.fromMaps(None, grid, mask(grid), None, 2)

    monkeypatch.setattr("LiverCADLib.opening.fetchSubmission", fetch)
    open_case(case_scene, nameless, "case-2")
    phases.assignAsTold(told())
    hold.set()
    session.runner.wait()
    assert [grid is bench.segmentation.grid for grid in asked] == [False, True]
    assert bench.segmentation.reference is case_scene.volumeOfImage("third")
    assert bench.segmentation.liver and case_scene.parameters.version == 2 and not submitting.isBusy


def test_a_finding_that_comes_while_the_reference_changes_is_let_go(case_scene, phases, session, nameless, bench):
    connected(session, nameless)
    hold = threading.Event()

    def infer(*arguments, **named):
        hold.wait(5)
        writeVolume(nameless.volumes["first"], nameless.folder / "answer.nii.gz")
        return {}, (nameless.folder / "answer.nii.gz").read_bytes(), "answer.nii.gz"

    nameless.infer = infer
    panel = SegmentPanel(bench, session)
    open_case(case_scene, nameless)
    panel.liverButton.click()
    phases.assignAsTold(told())
    hold.set()
    session.runner.wait()
    assert bench.segmentation.liver is None and panel.liverButton.enabled
