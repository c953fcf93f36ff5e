"""No correction is lost: made while something loads, or a moment before a key."""

import pytest
import qt
import slicer
from case_lesions import answer, bench_with_lesions
from case_scene import connected, parameters, reload_scene
from standin.dialogs import dialogs
from submission_tools import make, open_case, opening, reopen, server, stroke, submitted
from test_lesions_list import at, everything, told

from livercad.core.annotation import Verdict
from LiverCADLib.clientErrors import UnreachableError
from LiverCADLib.panels.replacing import mayReplace
from LiverCADLib.scene.analysis import takeAnalysis
from LiverCADLib.scene.workClock import WorkClock
from LiverCADLib.settings import MemoryStore, Settings
from LiverCADLib.workspace import Workspace

__all__ = ["make", "server"]

pytestmark = pytest.mark.usefixtures("dialogs")

LOST = "Your changes will be lost"


def never(function):
    """The moment after a stroke does not come before the key."""


@pytest.mark.parametrize("agrees", [False, True])
def test_edits_made_while_a_submission_loads_are_asked_about(make, session, server, agrees):
    submitted(make, session, server)
    bench, panel = opening(make, session, 1)
    mark = bench.editor.addMark(at(bench, 33, 31, 12), 8.0)
    dialogs.answer(qt.QMessageBox.Yes if agrees else qt.QMessageBox.No, LOST)
    session.runner.wait()
    assert bench.lesions.numbers == ([1, 2, 3] if agrees else [mark])
    assert bench.scene.isUnsaved is not agrees
    if not agrees:
        assert "was not" in panel.messageLabel.text
        panel.submitButton.click()
        session.runner.wait()
        assert len(server.versions) == 1 and not panel.conflictBox.isHidden(), "nobody's version is passed over unseen"


def test_edits_made_while_what_waits_loads_are_asked_about(make, session):
    panel = make(bench_with_lesions())
    panel.submitButton.click()
    session.runner.wait()
    bench, panel = opening(make, session, 0)
    mark = bench.editor.addMark(at(bench, 33, 31, 12), 8.0)
    dialogs.answer(qt.QMessageBox.No, LOST)
    session.runner.wait()
    assert bench.lesions.numbers == [mark] and panel.waitingLabel.text == "1 submission waits."


def test_edits_made_while_a_case_is_imported_are_asked_about(make, session, tmp_path):
    bench = bench_with_lesions()
    panel = make(bench)
    panel._submitting.exportCase(tmp_path / "exported")
    session.runner.wait()
    panel._submitting.importCase(tmp_path / "exported")
    bench.editor.setComment(1, "meanwhile")
    dialogs.answer(qt.QMessageBox.No, LOST)
    session.runner.wait()
    assert bench.lesions.records[1].comment == "meanwhile"


def test_a_submission_that_could_not_be_opened_is_not_passed_over_unseen(make, session, server):
    submitted(make, session, server)
    server.error = UnreachableError("No server answers.")
    bench, panel = reopen(session, make, version=1)
    server.error = None
    bench.editor.addMark(at(bench, 33, 31, 12), 8.0)
    panel.submitButton.click()
    session.runner.wait()
    assert len(server.versions) == 1 and not panel.conflictBox.isHidden()


def test_no_step_from_before_a_submission_was_opened_can_be_undone(make, session, server):
    submitted(make, session, server)
    bench, _panel = opening(make, session, 1)
    bench.editor.addMark(at(bench, 8, 25, 8), 8.0)
    dialogs.answer(qt.QMessageBox.Yes, LOST)
    session.runner.wait()
    before = everything(bench)
    assert bench.editor.undoText == ""
    bench.editor.undo()
    assert everything(bench) == before


@pytest.mark.parametrize("keepMine", [False, True])
def test_no_step_from_before_an_analysis_can_be_undone(keepMine):
    bench = bench_with_lesions()
    bench.editor.setComment(1, "a")
    bench.editor.delete([2])
    takeAnalysis(bench.lesions, answer(), keepMine=keepMine)
    before = everything(bench)
    assert bench.editor.undoText == ""
    bench.editor.undo()
    assert everything(bench) == before


def test_undoing_does_not_forget_that_the_server_knows_a_number(make, session, server):
    bench = bench_with_lesions()
    panel = make(bench)
    connected(session, server)
    mark = bench.editor.addMark(at(bench, 33, 31, 12), 8.0)
    panel.submitButton.click()
    session.runner.wait()
    bench.editor.undo()
    assert mark not in bench.lesions.numbers
    panel.submitButton.click()
    session.runner.wait()
    verdicts = {lesion["number"]: lesion["verdict"] for lesion in server.versions[1][0]["lesions"]}
    assert verdicts[mark] == Verdict.REJECTED


def test_a_stroke_a_moment_before_the_next_case_is_asked_about():
    bench = bench_with_lesions(later=never)
    stroke(bench)
    dialogs.answer(qt.QMessageBox.No, "case-1 have not been submitted")
    assert not mayReplace(bench.scene)


def test_a_stroke_a_moment_before_the_key_is_submitted():
    bench = bench_with_lesions(later=never)
    stroke(bench)
    lesions = bench.collect("ann").annotation.lesions
    assert bench.scene.isUnsaved and lesions[1].found is None, "what the server measured is not of these voxels"


def test_a_scene_is_saved_with_the_time_and_the_stroke_of_the_moment(tmp_path):
    now = [0.0]
    bench = bench_with_lesions(later=never, clock=WorkClock(lambda: now[0]))
    now[0] += 90
    stroke(bench)
    slicer.mrmlScene.StartState(slicer.mrmlScene.SaveState)  # as Slicer's dialog does; the scene's own writer does not
    slicer.mrmlScene.EndState(slicer.mrmlScene.SaveState)
    reload_scene(bench.scene, tmp_path)
    assert bench.scene.parameters.seconds == 90 and bench.scene.parameters.unsaved


def test_a_workspace_that_was_closed_follows_the_scene_no_more_and_leaves_all_in_it():
    slicer.mrmlScene.Clear(0)
    old = Workspace(parameters(), Settings(MemoryStore()), never)
    open_case(old.workbench)
    old.workbench.editor.addMark(at(old.workbench, 8, 25, 8), 8.0)
    old.workbench.editor.setComment(1, "mine")
    node, heard = old.workbench.segmentation.node, told(old.workbench.segmentation.touched)
    stroke(old.workbench, 1)
    assert heard
    old.close()
    heard.clear()
    new = Workspace(parameters(), Settings(MemoryStore()))
    new.caseScene.restored.emit()
    assert new.workbench.segmentation.node is node and new.workbench.lesions.records[1].comment == "mine"
    new.workbench.editor.addMark(at(new.workbench, 30, 8, 8), 9.0)
    kept = new.caseScene.parameters.lesions
    stroke(new.workbench, 2)
    assert not heard, "nobody of before listens"
    assert kept != new.caseScene.parameters.lesions == new.workbench.lesions.text
    assert old.workbench.segmentation is None and old.workbench.lesions.numbers == []
    new.close()
