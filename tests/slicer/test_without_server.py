"""Volumes of the scene that are no case of a server's: findings and annotated cases are imported onto them."""

import json

import numpy as np
import pytest
import qt
import slicer
from case_fakes import FakeClient
from case_lesions import found, image, instances
from case_scene import connected, open_case
from panel_tools import choose

from livercad.core.phases import Phase
from livercad.core.volume import Volume
from LiverCADLib.imageFiles import writeVolume
from LiverCADLib.panels.casePanel import CasePanel
from LiverCADLib.panels.phasesPanel import PhasesPanel
from LiverCADLib.panels.segmentPanel import SegmentPanel
from LiverCADLib.panels.submitPanel import SubmitPanel
from LiverCADLib.scene.outbox import Outbox
from LiverCADLib.scene.pictureCase import PictureCase
from LiverCADLib.scene.volumes import addVolumeNode
from LiverCADLib.scene.workbench import Workbench
from LiverCADLib.submitting import Submitting


@pytest.fixture
def bench(case_scene):
    return Workbench(case_scene)


@pytest.fixture
def panels(case_scene, phases, side_by_side, session, bench, tmp_path):
    submitting = Submitting(bench, session, Outbox(tmp_path / "outbox"))
    panels = {
        "case": CasePanel(case_scene, phases, session, PictureCase(case_scene)),
        "phases": PhasesPanel(case_scene, phases, side_by_side, session),
        "segment": SegmentPanel(bench, session),
        "submit": SubmitPanel(submitting, bench, session),
    }
    yield panels
    panels["phases"].close()
    panels["submit"].close()


@pytest.fixture
def findings(tmp_path):
    """What `livercad analyze` writes."""
    (tmp_path / "findings.json").write_text(json.dumps(found().to_dict()))
    writeVolume(Volume(instances(), image().affine), tmp_path / "lesions.nii.gz")
    return tmp_path / "findings.json"


def imported(panels, session, dialogs, findings):
    dialogs.answer(str(findings), "Findings")
    panels["submit"].files.importFindingsButton.click()
    session.runner.wait()


def test_findings_are_imported_onto_volumes_of_the_scene_and_exported_again(
    panels, bench, case_scene, session, dialogs, findings, tmp_path
):
    files, volume = panels["submit"].files, addVolumeNode(image(), "mine")
    other = addVolumeNode(image(), "another")
    assert not files.importFindingsButton.enabled and not files.importCaseButton.enabled
    choose(panels["phases"].selectors[Phase.ARTERIAL], other)
    assert case_scene.reference is other
    choose(panels["phases"].selectors[Phase.PORTAL], volume)
    assert case_scene.reference is volume and bench.segmentation is None, "nothing is made before it is needed"
    imported(panels, session, dialogs, findings)
    assert bench.lesions.numbers == [1, 2, 3] and np.array_equal(bench.collect("ann").maps()[1].array, instances())
    assert bench.scene.isUnsaved and panels["case"].closeButton.enabled
    assert not panels["submit"].submitButton.enabled and files.exportFindingsButton.enabled
    dialogs.answer(str(tmp_path), "Folder to make")
    files.exportCaseButton.click()
    session.runner.wait()
    assert json.loads((tmp_path / "mine" / "annotation.json").read_text())["case"] == "mine"
    bench.editor.delete([2])
    bench.scene.markUnsaved(False)
    dialogs.answer(str(tmp_path / "mine"), "Folder of an annotated case")
    files.importCaseButton.click()
    session.runner.wait()
    assert bench.lesions.numbers == [1, 2, 3]
    assert panels["segment"].messageLabel.text == "Connect to the server first."


def test_masks_on_volumes_of_the_scene_go_when_they_are_closed_or_a_case_is_opened(
    panels, bench, case_scene, session, dialogs, findings, tmp_path
):
    volume = addVolumeNode(image(), "mine")
    for step in ("close", "open"):
        choose(panels["phases"].selectors[Phase.PORTAL], volume)
        imported(panels, session, dialogs, findings)
        bench.editor.delete([2])
        assert case_scene.isUnsaved and panels["case"].closeButton.enabled
        if step == "close":
            dialogs.answer(qt.QMessageBox.No, "The corrections of mine have not been submitted")
            panels["case"].closeButton.click()
            assert bench.lesions.numbers == [1, 3]
            dialogs.answer(qt.QMessageBox.Yes, "The corrections of mine have not been submitted")
            panels["case"].closeButton.click()
            assert slicer.util.getNodesByClass("vtkMRMLSegmentationNode") == []
        else:
            (tmp_path / "server").mkdir()
            client = FakeClient(tmp_path / "server")
            connected(session, client)
            open_case(case_scene, client)
            assert len(slicer.util.getNodesByClass("vtkMRMLSegmentationNode")) == 1
            assert bench.segmentation.reference is case_scene.volumeOfImage("third") and bench.lesions.numbers == []
        assert volume.GetScene() is slicer.mrmlScene, "the user's own"
