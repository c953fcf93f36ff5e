"""The section "Segment": every button, every answer, and the Segment Editor beside the table of lesions."""

import numpy as np
import pytest
import qt
import slicer
from case_lesions import (
    BLOCKS,
    LIVER,
    SHAPE,
    bench_with_lesions,
    empty_bench,
    filled,
    found,
    grid_affine,
    instances,
    on_grid,
)
from case_scene import connected, reload_scene
from panel_tools import picture, wait_until
from standin.helpers import process_events
from test_lesions_list import at, everything, paint

from livercad.core.annotation import Verdict
from livercad.core.volume import Volume
from LiverCADLib.clientErrors import UnavailableError
from LiverCADLib.imageFiles import writeVolume
from LiverCADLib.panels.segmentPanel import SegmentPanel
from LiverCADLib.scene.analysis import AnalysisAnswer, takeAnalysis
from LiverCADLib.scene.masks import Mask
from LiverCADLib.scene.submission import AnnotatedCase


class LesionServer:
    """Answers what is asked of liver and lesions, on the grid of the file."""

    address, isLocal = "http://127.0.0.1:8000", True

    def __init__(self, folder, kind="oblique"):
        self.folder, self.kind, self.asked, self.error = folder, kind, [], None
        self.instances, self.liver, self.findings = instances(), filled(LIVER).astype(np.uint8), found()

    def _file(self, array):
        path = self.folder / "answer.nii.gz"
        writeVolume(Volume(array, grid_affine(self.kind)), path)
        return path.read_bytes()

    def infer(self, model, case, task, params=None, label=None):
        self.asked.append((model, case))
        task.report(0.5, "at work")
        if self.error:
            raise self.error
        told = {"findings": self.findings.to_dict()}
        array = self.liver if model == "liver" else self.instances
        return told, self._file(array), "0123.nii.gz"


@pytest.fixture
def server(tmp_path):
    return LesionServer(tmp_path)


def make(bench, session):
    return SegmentPanel(bench, session)


def test_without_a_server_it_says_what_to_do(session):
    panel = make(empty_bench(), session)
    assert not panel.findButton.enabled and not panel.liverButton.enabled
    assert panel.messageLabel.text == "Connect to the server first."


def test_without_a_case_it_says_what_to_do(session, server):
    bench = empty_bench()
    bench.scene.close()
    connected(session, server)
    panel = make(bench, session)
    assert panel.messageLabel.text == "Open a case first." and not panel.findButton.enabled
    assert not panel.editor.enabled


def test_a_case_of_another_server_is_not_asked_about(session, server):
    server.address = "http://elsewhere:8000"
    connected(session, server)
    panel = make(empty_bench(), session)
    assert "http://127.0.0.1:8000" in panel.messageLabel.text and not panel.findButton.enabled


@pytest.mark.parametrize("kind", ["oblique", "flipped"])
def test_liver_and_lesions_come_into_the_scene_as_the_server_found_them(session, tmp_path, kind):
    connected(session, LesionServer(tmp_path, kind))
    bench = empty_bench(kind)
    panel = make(bench, session)
    assert panel.findButton.enabled
    panel.findButton.click()
    assert not panel.findButton.enabled and not panel.liverButton.enabled, "one at a time"
    session.runner.wait()
    assert panel.messageLabel.text == "3 lesions found." and panel.findButton.enabled
    label, numbers = bench.collect("ann").maps()
    assert np.array_equal(numbers.array, instances())
    assert np.array_equal(label.array, np.where(instances() > 0, 2, filled(LIVER)))
    assert bench.lesions.findings == found() and not bench.scene.isUnsaved
    assert session.client.asked == [("liver_cad", "case-1"), ("liver", "case-1")]


def test_the_liver_alone_leaves_lesions_as_they_are(session, server):
    connected(session, server)
    bench = bench_with_lesions()
    before = {number: mask.fingerprint for number, mask in bench.segmentation.lesions().items()}
    server.liver = filled((slice(5, 30), slice(5, 30), slice(3, 12))).astype(np.uint8)
    panel = make(bench, session)
    panel.liverButton.click()
    session.runner.wait()
    assert np.array_equal(on_grid(bench.segmentation.liver), server.liver > 0)
    assert {number: mask.fingerprint for number, mask in bench.segmentation.lesions().items()} == before
    assert bench.scene.isUnsaved and panel.messageLabel.text == "The liver was found."


def test_no_liver_is_told(session, server):
    connected(session, server)
    server.liver = np.zeros(SHAPE, np.uint8)
    panel = make(bench_with_lesions(), session)
    panel.liverButton.click()
    session.runner.wait()
    assert panel.messageLabel.text == "No liver was found."


def test_finding_again_keeps_what_is_there_unless_told_otherwise(session, server, dialogs):
    connected(session, server)
    bench = bench_with_lesions()
    bench.editor.delete([2])
    panel = make(bench, session)
    assert not panel.keepBox.isHidden() and panel.keepBox.checked
    panel.findButton.click()
    session.runner.wait()
    assert bench.lesions.numbers == [1, 3, 5] and panel.messageLabel.text == "1 lesion added."
    panel.findButton.click()
    session.runner.wait()
    assert panel.messageLabel.text == "No further lesions were found."
    panel.keepBox.checked = False
    dialogs.answer(qt.QMessageBox.No, "have not been submitted and will be lost")
    panel.findButton.click()
    session.runner.wait()
    assert bench.lesions.numbers == [1, 3, 5] and panel.messageLabel.text == "Nothing was replaced."
    dialogs.answer(qt.QMessageBox.Yes, "have not been submitted and will be lost")
    panel.findButton.click()
    session.runner.wait()
    assert bench.lesions.numbers == [6, 7, 8]


def test_finding_lesions_keeps_a_liver_that_was_outlined_also_where_there_are_no_lesions(session, server):
    connected(session, server)
    bench = empty_bench()
    panel = make(bench, session)
    mine = Mask.of(bench.segmentation.grid.toScene(Volume(filled((slice(5, 20),) * 2), grid_affine("oblique"))))
    bench.segmentation.setLiver(mine)
    assert not panel.keepBox.isHidden(), "there is something to keep"
    panel.findButton.click()
    session.runner.wait()
    assert bench.segmentation.liver.fingerprint == mine.fingerprint and bench.lesions.numbers == [1, 2, 3]
    assert panel.messageLabel.text == "3 lesions found."


def test_a_corrected_liver_is_replaced_only_after_a_question(session, server, dialogs):
    connected(session, server)
    bench = bench_with_lesions()
    panel = make(bench, session)
    mine = Mask.of(bench.segmentation.liver.array[2:], bench.segmentation.liver.start)
    bench.segmentation.setLiver(mine)
    for agrees in (False, True):
        dialogs.answer(qt.QMessageBox.Yes if agrees else qt.QMessageBox.No, "corrections of it will be lost")
        panel.liverButton.click()
        session.runner.wait()
        assert (bench.segmentation.liver.fingerprint == mine.fingerprint) is not agrees
    panel.liverButton.click()
    session.runner.wait()
    assert panel.messageLabel.text == "The liver was found.", "it is the same: nobody is asked"


def test_the_box_is_shown_only_where_there_is_something_to_keep(session):
    panel = make(empty_bench(), session)
    assert panel.keepBox.isHidden()


def test_a_refusal_is_shown_and_nothing_is_changed(session, server):
    connected(session, server)
    bench = empty_bench()
    panel = make(bench, session)
    server.error = UnavailableError("The models are not installed.", 503)
    panel.findButton.click()
    session.runner.wait()
    assert panel.messageLabel.text == "The models are not installed." and bench.lesions.numbers == []
    assert panel.findButton.enabled
    server.error = None
    panel.findButton.click()
    session.runner.wait()
    assert bench.lesions.numbers == [1, 2, 3]


def test_an_answer_for_a_case_that_was_closed_meanwhile_is_let_go(session, server):
    connected(session, server)
    bench = empty_bench()
    panel = make(bench, session)
    panel.findButton.click()
    bench.scene.close()
    session.runner.wait()
    assert bench.segmentation is None and slicer.util.getNodesByClass("vtkMRMLSegmentationNode") == []
    assert panel.messageLabel.text == "Open a case first."


def test_an_answer_on_another_grid_is_told_in_words(session, server):
    connected(session, server)
    server.kind = "straight"
    panel = make(empty_bench(), session)
    panel.findButton.click()
    session.runner.wait()
    assert "another grid" in panel.messageLabel.text


def test_the_segment_editor_works_on_the_cases_nodes(session):
    bench = bench_with_lesions()
    panel = make(bench, session)
    assert panel.editor.segmentationNode() is bench.segmentation.node
    assert panel.editor.sourceVolumeNode() is bench.scene.reference
    node = panel.editor.mrmlSegmentEditorNode()
    assert node.GetOverwriteMode() == node.OverwriteNone
    bench.scene.close()
    assert panel.editor.segmentationNode() is None and not panel.editor.enabled


def test_the_chosen_segment_and_the_chosen_lesion_follow_each_other(session):
    bench = bench_with_lesions()
    panel = make(bench, session)
    panel.editor.setCurrentSegmentID(bench.segmentation.lesionIds[2])
    assert bench.lesions.selection == 2
    bench.lesions.select(3)
    assert panel.editor.currentSegmentID() == bench.segmentation.lesionIds[3]
    panel.editor.setCurrentSegmentID(bench.segmentation.liverId)
    assert bench.lesions.selection == 3, "the liver is no lesion"


@pytest.mark.parametrize("change", ["mark", "delete", "merge", "undo", "find", "liver", "restore"])
def test_going_back_before_a_stroke_takes_nothing_away_that_came_since(session, change):
    bench = bench_with_lesions(later=lambda function: None)
    panel = make(bench, session)
    lesions, grid = bench.lesions, bench.segmentation.grid
    if change == "undo":
        bench.editor.delete([2])
    panel.editor._save_state_for_undo()
    paint(bench, 1, on_grid(bench.segmentation.lesion(1))[::-1])
    {
        "mark": lambda: bench.editor.addMark(at(bench, 33, 31, 12), 8.0),
        "delete": lambda: bench.editor.delete([2]),
        "merge": lambda: bench.editor.merge([1, 2]),
        "undo": bench.editor.undo,
        "find": lambda: takeAnalysis(lesions, AnalysisAnswer.of(found(), filled(LIVER), instances()), keepMine=False),
        "liver": lambda: bench.segmentation.setLiver(Mask.of(filled(LIVER))),
        "restore": lambda: bench.restore(AnnotatedCase.fromMaps(None, grid, *bench.collect("ann").maps())),
    }[change]()
    lesions.settle()
    before = everything(bench)
    panel.editor.undo()
    lesions.settle()
    assert everything(bench) == before


def test_a_stroke_can_be_taken_back_after_a_verdict(session):
    bench = bench_with_lesions(later=lambda function: None)
    panel = make(bench, session)
    before = bench.segmentation.lesion(1).fingerprint
    panel.editor._save_state_for_undo()
    paint(bench, 1, on_grid(bench.segmentation.lesion(1))[::-1])
    bench.editor.setVerdict([1], Verdict.ACCEPTED)
    assert bench.segmentation.lesion(1).fingerprint != before
    panel.editor.undo()
    bench.lesions.settle()
    assert bench.segmentation.lesion(1).fingerprint == before and bench.lesions.numbers == [1, 2, 3]


def test_the_editor_goes_on_after_the_scene_was_reloaded(session, tmp_path):
    bench = bench_with_lesions()
    panel = make(bench, session)
    reload_scene(bench.scene, tmp_path)
    assert panel.editor.segmentationNode() is bench.segmentation.node
    panel.editor.setCurrentSegmentID(bench.segmentation.lesionIds[2])
    assert bench.lesions.selection == 2


def test_segments_are_looked_at_when_they_are_first_shown_in_space(main_window, session):
    bench = bench_with_lesions("straight")
    panel = make(bench, session)
    view = slicer.app.layoutManager().threeDWidget(0).threeDView()
    bench.segmentation.node.CreateClosedSurfaceRepresentation()

    def looked_at():
        return view.renderer().GetActiveCamera().GetFocalPoint()

    wait_until(lambda: np.allclose(looked_at(), bench.lesions.liverBox.center, atol=2.0))
    view.renderer().GetActiveCamera().SetFocalPoint(1.0, 2.0, 3.0)
    bench.segmentation.node.RemoveClosedSurfaceRepresentation()
    bench.segmentation.node.CreateClosedSurfaceRepresentation()
    process_events()
    assert looked_at() == (1.0, 2.0, 3.0), "where the user looks now"
    assert panel.editor.segmentationNode() is bench.segmentation.node


def test_leaving_the_module_gives_keys_and_clicks_back(session):
    panel = make(bench_with_lesions(), session)
    panel.setActive(True)
    panel.editor.setActiveEffectByName("Paint")
    panel.setActive(False)
    assert panel.editor.mrmlSegmentEditorNode().GetActiveEffectName() in (None, "")


def test_what_it_looks_like(session, server):
    connected(session, server)
    panel = make(bench_with_lesions(), session)
    picture(panel.widget, "segment_panel")
    assert BLOCKS
