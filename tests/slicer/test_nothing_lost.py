"""No correction is lost: made while something loads, a moment before a key, before Slicer ends, or set aside."""

import shutil

import pytest
import qt
import slicer
from case_lesions import answer, bench_with_lesions, empty_bench, image
from case_scene import connected, parameters, reload_scene
from panel_tools import picture
from standin.dialogs import dialogs
from submission_tools import HOME, SubmissionServer, conflicted, panel_maker, reopen, stroke
from test_lesions_list import at, everything, told

from livercad.core.annotation import Verdict
from livercad.core.phases import Phase
from LiverCADLib.cases import CaseImage
from LiverCADLib.clientErrors import RefusedError, UnreachableError
from LiverCADLib.panels.replacing import mayReplace
from LiverCADLib.scene.analysis import takeAnalysis
from LiverCADLib.scene.caseScene import CaseScene
from LiverCADLib.scene.workbench import Workbench
from LiverCADLib.scene.workClock import WorkClock
from LiverCADLib.settings import MemoryStore, Settings
from LiverCADLib.workspace import Workspace

LOST = "Your changes will be lost"


def never(function):
    """The moment after a stroke does not come before the key."""


@pytest.fixture
def server(tmp_path):
    return SubmissionServer(tmp_path)


@pytest.fixture
def make(session, tmp_path):
    yield from panel_maker(session, tmp_path / "outbox")


@pytest.fixture(autouse=True)
def no_dialogs():
    dialogs.clear()
    yield
    dialogs.check_all_answers_used()


def open_case(bench, version=0):
    images = (CaseImage("portal", Phase.PORTAL, isReference=True),)
    bench.scene.open("case-1", HOME, images, {"portal": image()}, version)


def submitted(make, session, server):
    """A case that was submitted with three lesions."""
    panel = make(bench_with_lesions())
    connected(session, server)
    panel.submitButton.click()
    session.runner.wait()
    assert len(server.versions) == 1


def opening(make, session, version):
    """Restart and open the case; its submission is on its way."""
    bench = empty_bench()
    bench.scene.close()
    panel = make(bench)
    open_case(bench, version)
    return bench, panel


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


def test_theirs_stays_open_and_mine_is_opened_on_demand_only(make, session, server):
    bench, panel = conflicted(make, session, server)
    panel.theirsButton.click()
    session.runner.wait()
    bench, panel = reopen(session, make, version=1)
    assert bench.lesions.records[1].comment == "" and "Version 1 by bob" in panel.messageLabel.text
    connected(session, server)
    session.runner.wait()
    assert len(server.versions) == 1 and panel.conflictBox.isHidden(), "it is not sent by itself"
    assert "set aside" in panel.kept.box.itemText(0) and not panel.kept.widget.isHidden()
    picture(panel.widget, "submit_kept")
    panel.kept.openButton.click()
    session.runner.wait()
    assert bench.lesions.records[1].comment == "mine" and bench.scene.isUnsaved
    panel.submitButton.click()
    session.runner.wait()
    assert not panel.conflictBox.isHidden(), "it is still older than theirs"
    panel.forceButton.click()
    session.runner.wait()
    assert server.versions[1][0]["lesions"][0]["comment"] == "mine"


def test_what_was_set_aside_is_thrown_away_after_a_question(make, session, server):
    _bench, panel = conflicted(make, session, server)
    panel.theirsButton.click()
    session.runner.wait()
    dialogs.answer(qt.QMessageBox.No, "Throw away what was kept")
    panel.kept.discardButton.click()
    assert panel.kept.box.count == 1
    dialogs.answer(qt.QMessageBox.Yes, "Throw away what was kept")
    panel.kept.discardButton.click()
    assert panel.kept.box.count == 0 and panel.kept.widget.isHidden()


def test_mine_is_not_set_aside_where_theirs_does_not_come(make, session, server):
    bench, panel = conflicted(make, session, server)
    server.error = UnreachableError("No server answers.")
    panel.theirsButton.click()
    session.runner.wait()
    assert panel.waitingLabel.text == "1 submission waits." and bench.lesions.records[1].comment == "mine"


@pytest.mark.parametrize("gone", ["annotation.json", "label.nii.gz", "instances.nii.gz"])
def test_a_damaged_submission_is_told_and_keeps_no_other_from_the_server(make, session, server, tmp_path, gone):
    bench = bench_with_lesions()
    panel = make(bench)
    panel.submitButton.click()
    session.runner.wait()
    (next((tmp_path / "outbox").iterdir()) / gone).unlink()
    bench.editor.setComment(1, "later")
    panel.submitButton.click()
    session.runner.wait()
    connected(session, server)
    session.runner.wait()
    assert [annotation["lesions"][0]["comment"] for annotation, *_ in server.versions] == ["later"]
    assert "Submitted: version 1." in panel.messageLabel.text and "cannot be read" in panel.messageLabel.text
    assert bench.scene.parameters.waiting == "" and panel.submitButton.enabled


def test_what_is_open_is_unsaved_again_where_its_submission_was_damaged(make, session, server, tmp_path):
    bench = bench_with_lesions()
    panel = make(bench)
    bench.editor.setComment(1, "only here")
    panel.submitButton.click()
    session.runner.wait()
    assert not bench.scene.isUnsaved
    (next((tmp_path / "outbox").iterdir()) / "annotation.json").unlink()
    connected(session, server)
    session.runner.wait()
    assert bench.scene.isUnsaved and server.versions == []


def test_what_was_written_before_a_submission_broke_is_followed_by_the_next(make, session, server, monkeypatch):
    bench = bench_with_lesions()
    panel = make(bench)
    connected(session, server)
    with monkeypatch.context() as broken:
        broken.setattr(panel._submitting._outbox, "sendAll", lambda task, client: 1 / 0)
        panel.submitButton.click()
        session.runner.wait()
    assert bench.scene.parameters.waiting == panel._submitting.waiting[0].id
    bench.editor.setComment(1, "second")
    panel.submitButton.click()
    session.runner.wait()
    assert len(server.versions) == 2 and panel.conflictBox.isHidden()


def damage(folder, kind):
    """Let the map of what is kept on this computer end in the middle."""
    kept = [path.parent for path in folder.glob("outbox/*/submission.json") if kind in path.read_text()]
    assert len(kept) == 1
    (kept[0] / "label.nii.gz").write_bytes((kept[0] / "label.nii.gz").read_bytes()[:60])


@pytest.mark.parametrize("kind", ["draft", "waiting"])
def test_what_is_kept_of_a_case_and_cannot_be_read_is_not_passed_over_unseen(make, session, server, tmp_path, kind):
    submitted(make, session, server)
    session.disconnect()
    bench = bench_with_lesions()
    panel = make(bench)
    bench.scene.parameters.version = 1
    bench.editor.setComment(1, "mine")
    if kind == "waiting":
        panel.submitButton.click()
        session.runner.wait()
    else:
        slicer.app.aboutToQuit.emit()
    damage(tmp_path, kind)
    slicer.mrmlScene.Clear(0)
    bench = Workbench(CaseScene(parameters()))
    panel = make(bench)
    if kind == "draft":
        session.client = server
        dialogs.answer(qt.QMessageBox.Yes, "Bring them back?")
    open_case(bench, version=1)
    session.runner.wait()
    if kind == "draft":
        assert bench.lesions.numbers == [1, 2, 3], "the server's submission instead"
        assert bench.scene.parameters.version == 1 and panel.kept.box.count == 1
    else:
        assert bench.lesions.numbers == [] and "cannot be opened" in panel.messageLabel.text
        bench.editor.addMark(at(bench, 8, 25, 8), 8.0)
        server.error = RefusedError("label.nii.gz cannot be read.", 400)
        connected(session, server)
        session.runner.wait()
        server.error = None
        assert panel.waitingLabel.isHidden() and panel.kept.box.count == 1
        panel.submitButton.click()
        session.runner.wait()
        assert not panel.conflictBox.isHidden() and len(server.versions) == 1


def test_a_conflict_is_settled_with_its_own_server_alone(make, session, server, tmp_path):
    bench, panel = conflicted(make, session, server)
    other = SubmissionServer(tmp_path)
    other.address = "http://127.0.0.1:9000"
    session.disconnect()
    assert not panel.conflictBox.enabled
    other.versions = list(server.versions)
    session.client = other
    panel._update()
    assert panel._submitting.conflict and not panel.conflictBox.enabled and not panel.theirsButton.enabled
    panel._submitting.force()
    panel._submitting.openTheirs()
    session.runner.wait()
    assert len(other.versions) == 1 and bench.lesions.records[1].comment == "mine"
    session.client = server
    panel._update()
    assert panel.conflictBox.enabled and panel.theirsButton.enabled
    panel.forceButton.click()
    session.runner.wait()
    assert len(server.versions) == 2 and panel.conflictBox.isHidden()


def test_theirs_is_opened_only_in_the_case_of_the_conflict(make, session, server):
    bench, panel = conflicted(make, session, server)
    bench.scene.parameters.server = "http://127.0.0.1:9000"
    panel._update()
    assert panel.forceButton.enabled and not panel.theirsButton.enabled


def test_a_submission_is_not_read_from_another_server(make, session, server, tmp_path):
    submitted(make, session, server)
    server.address = "http://127.0.0.1:9000"
    bench, _panel = opening(make, session, 1)
    session.runner.wait()
    assert bench.lesions.numbers == [] and bench.scene.parameters.version == 0


def drafts_in(folder):
    return sorted(path.parent.name for path in folder.glob("outbox/*/submission.json") if "draft" in path.read_text())


def test_changes_are_kept_and_offered_when_the_case_is_opened_again(make, session, tmp_path):
    bench = bench_with_lesions()
    panel = make(bench)
    panel._draftTimer.timeout.emit()
    session.background.wait()
    assert drafts_in(tmp_path) == [], "nothing was changed"
    for comment in ("first", "second"):
        bench.editor.setComment(1, comment)
        panel._draftTimer.timeout.emit()
        session.background.wait()
    kept = drafts_in(tmp_path)
    assert len(kept) == 1 and panel.kept.widget.isHidden() and panel.waitingLabel.isHidden()
    panel._draftTimer.timeout.emit()
    session.background.wait()
    assert drafts_in(tmp_path) == kept, "nothing was changed since"

    slicer.mrmlScene.Clear(0)  # Slicer has died
    bench = Workbench(CaseScene(parameters()))
    panel = make(bench)
    dialogs.answer(qt.QMessageBox.Yes, "were not submitted. Bring them back?")
    open_case(bench)
    session.runner.wait()
    assert bench.lesions.records[1].comment == "second" and bench.scene.isUnsaved
    assert "not submitted yet" in panel.messageLabel.text and panel.kept.widget.isHidden()
    panel.submitButton.click()
    session.runner.wait()
    assert drafts_in(tmp_path) == [], "it is submitted now"


def test_a_copy_that_was_thrown_away_elsewhere_is_written_again(make, session, tmp_path):
    bench = bench_with_lesions()
    panel = make(bench)
    bench.editor.setComment(1, "mine")
    panel._submitting.drafts.keepNow()
    (draft,) = drafts_in(tmp_path)
    shutil.rmtree(tmp_path / "outbox" / draft)
    panel._submitting.drafts.keepNow()
    assert len(drafts_in(tmp_path)) == 1 and drafts_in(tmp_path) != [draft]


def test_changes_that_are_not_wanted_back_stay_until_they_are_thrown_away(make, session, tmp_path):
    bench = bench_with_lesions()
    panel = make(bench)
    bench.editor.setComment(1, "mine")
    slicer.app.aboutToQuit.emit()
    assert len(drafts_in(tmp_path)) == 1, "Slicer ends"
    slicer.mrmlScene.Clear(0)
    bench = Workbench(CaseScene(parameters()))
    panel = make(bench)
    dialogs.answer(qt.QMessageBox.No, "Bring them back?")
    open_case(bench)
    session.runner.wait()
    assert bench.lesions.numbers == [] and "not submitted" in panel.kept.box.itemText(0)
    dialogs.answer(qt.QMessageBox.Yes, "Throw away what was kept")
    panel.kept.discardButton.click()
    assert drafts_in(tmp_path) == []


def test_changes_that_the_user_lets_go_are_not_offered_again(make, session, tmp_path):
    bench = bench_with_lesions()
    panel = make(bench)
    bench.editor.setComment(1, "mine")
    panel._submitting.drafts.keepNow()
    assert len(drafts_in(tmp_path)) == 1
    bench.editor.setComment(1, "more")
    panel._submitting.drafts.keep()
    bench.scene.close()  # after the question
    session.background.wait()
    assert drafts_in(tmp_path) == [], "nor is the copy that was being written"
    open_case(bench)


def test_reloading_the_module_keeps_changes_and_goes_on_with_the_same_copy(tmp_path):
    slicer.mrmlScene.Clear(0)
    work = Workspace(parameters(), Settings(MemoryStore(), tmp_path))
    open_case(work.workbench)
    work.workbench.editor.addMark(at(work.workbench, 8, 25, 8), 8.0)
    work.close()
    assert len(drafts_in(tmp_path)) == 1
    work = Workspace(parameters(), Settings(MemoryStore(), tmp_path))
    work.caseScene.restored.emit()
    assert work.caseScene.isUnsaved and work.submitting.kept == []
    work.workbench.editor.setComment(1, "later")
    work.submitting.drafts.keepNow()
    assert len(drafts_in(tmp_path)) == 1
    work.submitting.submit("ann")
    work.session.runner.wait()
    assert drafts_in(tmp_path) == [] and len(work.submitting.waiting) == 1
    work.close()


def test_changes_that_cannot_be_kept_are_told_and_slicer_ends(make, session, tmp_path):
    (tmp_path / "outbox").write_text("a file where the folder should be")
    bench = bench_with_lesions()
    panel = make(bench)
    bench.editor.setComment(1, "mine")
    slicer.app.aboutToQuit.emit()
    assert "could not be kept" in panel.messageLabel.text and bench.scene.isUnsaved
