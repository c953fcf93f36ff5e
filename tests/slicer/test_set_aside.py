"""No correction is lost: what was set aside or is damaged, and conflicts with other annotators and other servers."""

import pytest
import qt
import slicer
from case_lesions import bench_with_lesions
from case_scene import connected, parameters
from panel_tools import picture
from standin.dialogs import dialogs
from submission_tools import SubmissionServer, conflicted, make, open_case, opening, reopen, server, submitted
from test_lesions_list import at

from LiverCADLib.clientErrors import RefusedError, UnreachableError
from LiverCADLib.scene.caseScene import CaseScene
from LiverCADLib.scene.workbench import Workbench

__all__ = ["make", "server"]

pytestmark = pytest.mark.usefixtures("dialogs")


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
