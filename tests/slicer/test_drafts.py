"""No correction is lost: copies of what was not submitted, kept before Slicer ends and offered again."""

import shutil

import pytest
import qt
import slicer
from case_lesions import bench_with_lesions
from case_scene import parameters
from standin.dialogs import dialogs
from submission_tools import make, open_case
from test_lesions_list import at

from LiverCADLib.scene.caseScene import CaseScene
from LiverCADLib.scene.workbench import Workbench
from LiverCADLib.settings import MemoryStore, Settings
from LiverCADLib.workspace import Workspace

__all__ = ["make"]

pytestmark = pytest.mark.usefixtures("dialogs")


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
    bench.scene.close()
    open_case(bench)  # and no question
    session.runner.wait()
    assert bench.lesions.numbers == [] and panel.kept.box.count == 1
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
