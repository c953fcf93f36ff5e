"""The section "Submit": every button; nothing lost without a server, with a conflict, after a restart."""

import time

import pytest
import qt
import slicer
from case_lesions import bench_with_lesions, empty_bench
from case_scene import connected
from panel_tools import picture
from pauses import LONGEST_S, longest_pause
from standin.dialogs import dialogs
from submission_tools import conflicted, make, reopen, server, stroke
from test_lesions_list import at, everything
from test_submission_clock import Time

from livercad.core.annotation import CaseState, Verdict
from livercad.core.taxonomy import LesionType
from LiverCADLib.clientErrors import RefusedError, UnreachableError
from LiverCADLib.polling import Poller
from LiverCADLib.scene.workClock import WorkClock

__all__ = ["make", "server"]

pytestmark = pytest.mark.usefixtures("dialogs")


def test_without_a_case_nothing_can_be_submitted(make):
    bench = empty_bench()
    bench.scene.close()
    panel = make(bench)
    assert not panel.submitButton.enabled and not panel.stateBox.enabled and not panel.commentEdit.enabled
    assert panel.waitingLabel.isHidden() and panel.sendButton.isHidden() and panel.conflictBox.isHidden()


def test_a_case_is_submitted_with_all_that_is_said_of_it(make, session, server):
    bench = bench_with_lesions(clock=WorkClock(time := Time()))
    panel = make(bench)
    connected(session, server)
    panel.annotator.widget.text = " ann "
    panel.stateBox.setCurrentIndex(1)
    panel.commentEdit.setPlainText("motion")
    bench.editor.setVerdict([1, 2, 3], Verdict.ACCEPTED)
    time.now += 65
    assert bench.scene.isUnsaved
    panel.submitButton.click()
    assert not panel.submitButton.enabled, "one at a time"
    session.runner.wait()
    annotation = server.versions[0][0]
    assert (annotation["annotator"], annotation["state"], annotation["comment"]) == ("ann", "complete", "motion")
    assert annotation["seconds"] == 65 and [lesion["number"] for lesion in annotation["lesions"]] == [1, 2, 3]
    assert panel.messageLabel.text == "Submitted: version 1."
    assert bench.scene.parameters.version == 1 and bench.scene.parameters.waiting == ""
    assert not bench.scene.isUnsaved and panel.waitingLabel.isHidden() and session.settings.annotator == "ann"
    assert bench.lesions.records[1].isSubmitted


def test_the_window_never_waits_for_a_slow_server_to_take_a_submission(make, session, server, monkeypatch):
    bench, submit = bench_with_lesions(), server.submit
    panel = make(bench)
    connected(session, server)
    monkeypatch.setattr(server, "submit", lambda *given, **named: (time.sleep(0.3), submit(*given, **named))[1])
    poller = Poller(session.runner)

    def correct_and_submit():
        bench.editor.setComment(1, f"after {len(server.versions)}")
        panel.submitButton.click()

    pause = longest_pause(correct_and_submit, lambda: not session.runner.isBusy)
    poller.close()
    assert server.versions and pause < LONGEST_S


def test_the_next_submission_is_based_on_the_one_before(make, session, server):
    bench = bench_with_lesions()
    panel = make(bench)
    connected(session, server)
    for version in (1, 2, 3):
        bench.editor.setComment(1, str(version))
        panel.submitButton.click()
        session.runner.wait()
        assert bench.scene.parameters.version == version
    assert panel.conflictBox.isHidden()


def test_a_submission_that_is_refused_for_good_keeps_no_later_one_from_being_taken(make, session, server):
    bench = bench_with_lesions()
    panel = make(bench)
    connected(session, server)
    bench.editor.setComment(1, "bad")
    server.error = RefusedError("Lesion 3 is not in the map.", 400)
    panel.submitButton.click()
    session.runner.wait()
    assert "Lesion 3 is not in the map. It is kept on this computer" in panel.messageLabel.text
    assert bench.scene.isUnsaved and panel.waitingLabel.isHidden() and panel.conflictBox.isHidden()
    assert panel.kept.box.count == 1 and panel.kept.openButton.enabled and panel.kept.discardButton.enabled
    server.error = None
    bench.editor.setComment(1, "good")
    panel.submitButton.click()
    session.runner.wait()
    assert [annotation["lesions"][0]["comment"] for annotation, *_ in server.versions] == ["good"]
    assert not bench.scene.isUnsaved and panel.messageLabel.text == "Submitted: version 1."
    dialogs.answer(qt.QMessageBox.Yes, "nowhere any more")
    panel.kept.discardButton.click()
    assert panel.kept.widget.isHidden()


def test_a_forced_submission_that_is_refused_for_good_is_set_aside(make, session, server):
    bench, panel = conflicted(make, session, server)
    server.error = RefusedError("Another grid.", 400)
    panel.forceButton.click()
    session.runner.wait()
    assert panel.conflictBox.isHidden() and panel.waitingLabel.isHidden() and panel.kept.box.count == 1
    assert bench.scene.isUnsaved and bench.scene.parameters.waiting == ""
    assert "Another grid. It is kept" in panel.messageLabel.text


def test_a_name_is_needed(make, session):
    panel = make(bench_with_lesions())
    panel.annotator.widget.text = "  "
    assert not panel.submitButton.enabled and "Enter your name" in panel.concernLabel.text
    panel.annotator.widget.text = "ann"
    assert panel.submitButton.enabled and panel.concernLabel.isHidden()


def test_what_may_have_been_overlooked_is_said_and_does_not_keep_from_submitting(make):
    bench = bench_with_lesions()
    panel = make(bench)
    panel.stateBox.setCurrentIndex(1)
    assert panel.concernLabel.text == "Neither accepted nor rejected yet: lesions 1, 2, 3."
    assert panel.submitButton.enabled
    bench.editor.setVerdict([1, 2, 3], Verdict.ACCEPTED)
    assert panel.concernLabel.isHidden()


def test_state_and_comment_are_edits_of_the_case(make):
    bench = bench_with_lesions()
    panel = make(bench)
    assert not bench.scene.isUnsaved
    panel.stateBox.setCurrentIndex(2)
    assert bench.scene.isUnsaved and bench.scene.parameters.state is CaseState.NEEDS_REVIEW
    bench.scene.markUnsaved(False)
    panel.commentEdit.setPlainText("x")
    assert bench.scene.isUnsaved and bench.scene.parameters.comment == "x"


def test_the_time_is_shown(make):
    time = Time()
    panel = make(bench_with_lesions(clock=WorkClock(time)))
    time.now += 100
    panel._showTime()
    assert panel.timeLabel.text == "1 min"


def test_without_a_server_it_waits_and_goes_as_soon_as_there_is_one(make, session, server):
    bench = bench_with_lesions()
    panel = make(bench)
    bench.editor.setComment(1, "offline")
    panel.submitButton.click()
    session.runner.wait()
    assert panel.waitingLabel.text == "1 submission waits." and not panel.sendButton.enabled
    assert "Saved on this computer" in panel.messageLabel.text and not bench.scene.isUnsaved
    connected(session, server)
    session.runner.wait()
    assert len(server.versions) == 1 and panel.waitingLabel.isHidden()
    assert bench.scene.parameters.version == 1 and panel.messageLabel.text == "Submitted: version 1."


def test_a_server_that_dies_loses_nothing_and_gets_it_after_a_restart_of_slicer(make, session, server):
    bench = bench_with_lesions()
    panel = make(bench)
    connected(session, server)
    server.error = UnreachableError("No server answers.")
    bench.editor.delete([2])
    panel.submitButton.click()
    session.runner.wait()
    assert "No server answers." in panel.messageLabel.text and "waits" in panel.messageLabel.text
    panel.submitButton.click()
    session.runner.wait()
    assert panel.waitingLabel.text == "2 submissions wait."

    session.client = None
    bench, panel = reopen(session, make)
    assert bench.lesions.numbers == [1, 3] and bench.lesions.records[2].verdict is Verdict.REJECTED
    assert "does not have yet" in panel.messageLabel.text and panel.waitingLabel.text == "2 submissions wait."
    bench.editor.setType([1], LesionType.HCC)
    server.error = None
    session.client = server
    panel.submitButton.click()
    session.runner.wait()
    assert len(server.versions) == 3 and panel.waitingLabel.isHidden()
    assert server.versions[-1][0]["lesions"][0]["type"] == "hcc" and bench.scene.parameters.version == 3


def test_what_waits_is_sent_by_the_button(make, session, server):
    panel = make(bench_with_lesions())
    panel.submitButton.click()
    session.runner.wait()
    server.error = UnreachableError("No server answers.")
    connected(session, server)
    session.runner.wait()
    assert panel.sendButton.enabled and not panel.sendButton.isHidden()
    server.error = None
    panel.sendButton.click()
    session.runner.wait()
    assert len(server.versions) == 1 and panel.sendButton.isHidden()


EDITS = {
    "lesion": lambda bench, panel: bench.editor.setComment(1, "meanwhile"),
    "comment": lambda bench, panel: panel.commentEdit.setPlainText("meanwhile"),
    "state": lambda bench, panel: panel.stateBox.setCurrentIndex(2),
    "stroke": lambda bench, panel: stroke(bench),
}


@pytest.mark.parametrize("wasUnsaved", [False, True])
@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_edits_during_the_submission_are_still_unsaved_after_it(make, session, server, edit, wasUnsaved):
    bench = bench_with_lesions(later=lambda function: None)  # the moment after a stroke never comes
    panel = make(bench)
    connected(session, server)
    if wasUnsaved:
        bench.editor.setComment(1, "before")
    panel.submitButton.click()
    edit(bench, panel)
    session.runner.wait()
    assert len(server.versions) == 1 and bench.scene.isUnsaved
    panel.submitButton.click()
    session.runner.wait()
    assert server.versions[0] != server.versions[1]
    assert not bench.scene.isUnsaved


def test_a_submission_that_cannot_be_made_is_told_and_stays_unsaved(make, session, server):
    bench = bench_with_lesions()
    panel = make(bench)
    connected(session, server)
    bench.segmentation.setLesion(3, bench.segmentation.lesion(1))
    bench.lesions.follow()
    panel.submitButton.click()
    session.runner.wait()
    assert "wholly in others" in panel.messageLabel.text and bench.scene.isUnsaved
    assert server.versions == [] and panel.waitingLabel.isHidden() and panel.submitButton.enabled


def test_a_conflict_is_solved_by_submitting_mine_as_the_newest(make, session, server):
    bench, panel = conflicted(make, session, server)
    panel.forceButton.click()
    session.runner.wait()
    assert [annotation["annotator"] for annotation, *_ in server.versions] == ["bob", "ann"]
    assert panel.conflictBox.isHidden() and panel.waitingLabel.isHidden() and bench.scene.parameters.version == 2


def test_a_conflict_is_solved_by_opening_theirs_and_mine_is_set_aside(make, session, server):
    bench, panel = conflicted(make, session, server)
    panel.theirsButton.click()
    session.runner.wait()
    assert bench.lesions.records[3].verdict is Verdict.REJECTED and bench.lesions.records[1].comment == ""
    assert panel.conflictBox.isHidden() and panel.waitingLabel.isHidden() and panel.kept.box.count == 1
    assert bench.scene.parameters.version == 1 and "Version 1 by bob is open." in panel.messageLabel.text


def test_edits_after_a_conflict_are_asked_about_before_theirs_is_opened(make, session, server):
    bench, panel = conflicted(make, session, server)
    bench.editor.setComment(1, "more")
    dialogs.answer(qt.QMessageBox.No, "Open the other version")
    panel.theirsButton.click()
    assert bench.lesions.records[1].comment == "more" and not panel.conflictBox.isHidden()


def test_a_conflict_is_solved_by_throwing_mine_away_after_a_question(make, session, server):
    bench, panel = conflicted(make, session, server)
    dialogs.answer(qt.QMessageBox.No, "Throw your submission away")
    panel.dropButton.click()
    assert panel.waitingLabel.text == "1 submission waits."
    dialogs.answer(qt.QMessageBox.Yes, "Throw your submission away")
    panel.dropButton.click()
    assert panel.conflictBox.isHidden() and panel.waitingLabel.isHidden()
    assert bench.lesions.records[1].comment == "mine" and bench.scene.isUnsaved, "the scene stays as it is"


def test_a_submitted_case_opens_as_it_was_submitted(make, session, server):
    bench = bench_with_lesions()
    panel = make(bench)
    connected(session, server)
    bench.editor.addMark(at(bench, 8, 25, 8), 12.0)
    bench.editor.setType([1], LesionType.FNH)
    bench.editor.setVerdict([2], Verdict.REJECTED)
    panel.stateBox.setCurrentIndex(2)
    panel.commentEdit.setPlainText("look at 4")
    panel.submitButton.click()
    session.runner.wait()
    records, masks = everything(bench)
    bench, panel = reopen(session, make, version=1)
    assert panel.stateBox.currentIndex == 2 and panel.commentEdit.plainText == "look at 4"
    again, its_masks = everything(bench)
    assert its_masks == masks
    assert {n: (r.type, r.verdict, r.origin) for n, r in again.items()} == {
        n: (r.type, r.verdict, r.origin) for n, r in records.items()
    }
    assert not bench.scene.isUnsaved and panel.messageLabel.text == "Version 1 by ann is open."


def test_nothing_is_sent_to_another_computer_without_consent(make, session, server):
    server.isLocal = False
    server.address = "https://liver.example.org"
    bench = bench_with_lesions()
    bench.scene.parameters.server = server.address
    panel = make(bench)
    connected(session, server)
    dialogs.answer(qt.QMessageBox.No, "liver.example.org")
    panel.submitButton.click()
    session.runner.wait()
    assert server.versions == [] and panel.waitingLabel.text == "1 submission waits.", "saved, and not sent"
    assert "Saved on this computer, and not sent" in panel.messageLabel.text and not bench.scene.isUnsaved
    connected(session, server)
    session.runner.wait()
    assert server.versions == [], "nothing is sent by itself either"
    dialogs.answer(qt.QMessageBox.Yes, "liver.example.org")
    panel.submitButton.click()
    session.runner.wait()
    assert len(server.versions) == 2 and panel.waitingLabel.isHidden()
    panel.submitButton.click()
    session.runner.wait()
    assert len(server.versions) == 3, "asked once"


def test_nobody_is_asked_about_a_server_that_the_case_is_not_of(make, session, server):
    server.isLocal, server.address = False, "https://liver.example.org"
    bench = bench_with_lesions()
    panel = make(bench)
    connected(session, server)
    bench.editor.setComment(1, "x")
    panel.submitButton.click()
    session.runner.wait()
    assert server.versions == [] and panel.waitingLabel.text == "1 submission waits." and not bench.scene.isUnsaved
    assert "Saved on this computer" in panel.messageLabel.text


def test_what_it_looks_like(make, session, server):
    bench, panel = conflicted(make, session, server)
    panel.files.widget.collapsed = False
    panel.stateBox.setCurrentIndex(1)
    picture(panel.widget, "submit_panel")
    assert slicer.mrmlScene and bench
