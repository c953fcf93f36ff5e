"""Circles that were not submitted are kept on this computer and come back."""

import json
from pathlib import Path

import qt
import slicer
from case_scene import parameters
from circle_submission import ENDS, MARKED, copies, no_room, panel, restart, submit
from ultrasound_scene import CASE, LESIONS, server, ultrasound

from LiverCADLib.clientErrors import UnreachableError

__all__ = ["panel", "restart", "server", "ultrasound"]


def test_circles_outlive_a_server_that_is_down_and_a_slicer_that_dies(panel, ultrasound, server, restart, dialogs):
    ultrasound.editor.add(ENDS, "cyst")
    ultrasound.pictures.setNote("mine")
    server.error = UnreachableError("Nobody answers.")
    submit(panel, ultrasound)
    assert len(copies(ultrasound)) == 1 and "kept on this computer" in panel.messageLabel.text
    assert CASE not in copies(ultrasound)[0].name, "names of files tell no patient"
    server.error = None
    ultrasound.submitting.drafts.close()

    dialogs.answer(qt.QMessageBox.Yes, "were not submitted. Bring them back?")
    again, panel = restart()
    assert [mark.toServer() for mark in again.pictures.shown.marks] == [*LESIONS, MARKED]
    assert panel.noteEdit.text == "mine" and again.pictures.scene.isUnsaved and len(copies(again)) == 1
    submit(panel, again)
    [(_case, drawn)] = server.submitted
    assert drawn["circles"] == [*LESIONS, MARKED] and drawn["note"] == "mine" and not copies(again)


def test_copies_are_written_by_the_clock_and_before_slicer_ends(panel, ultrasound):
    panel._draftTimer.timeout.emit()
    assert not copies(ultrasound), "nothing was changed"
    for number, way in enumerate((panel._draftTimer.timeout.emit, slicer.app.aboutToQuit.emit), start=1):
        ultrasound.editor.add(ENDS + number)
        way()
        [copy] = copies(ultrasound)
        [picture] = json.loads(copy.read_text())["pictures"]
        assert len(picture["marks"]) == len(LESIONS) + number
    assert copy.stat().st_mode & 0o077 == 0 or copy.parent.stat().st_mode & 0o077 == 0, "nobody else reads it"


def test_a_copy_goes_when_the_case_is_closed_and_stays_when_slicer_dies(ultrasound, restart, dialogs):
    ultrasound.editor.add(ENDS)
    ultrasound.submitting.drafts.keep()
    ultrasound.pictures.scene.close()
    assert not copies(ultrasound)
    ultrasound.open()
    ultrasound.editor.add(ENDS)
    ultrasound.submitting.close()
    dialogs.answer(qt.QMessageBox.No, "Bring them back?")
    again, _panel = restart()
    assert len(again.pictures.shown.marks) == len(LESIONS) and len(copies(again)) == 1, "a no throws nothing away"


def test_a_no_that_cannot_be_kept_opens_the_case_all_the_same(ultrasound, restart, dialogs, monkeypatch):
    def fail(*_):
        raise OSError("no space left on device")

    ultrasound.editor.add(ENDS)
    ultrasound.submitting.close()
    dialogs.answer(qt.QMessageBox.No, "Bring them back?")
    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", fail)
        again, _panel = restart()
    assert len(again.pictures.shown.marks) == len(LESIONS) and len(copies(again)) == 1


def test_a_copy_that_was_declined_is_not_offered_again_but_opened_on_demand(ultrasound, server, restart, dialogs):
    ultrasound.editor.add(ENDS, "cyst")
    ultrasound.pictures.setNote("mine")
    ultrasound.submitting.close()
    dialogs.answer(qt.QMessageBox.No, "Bring them back?")
    restart()[0].submitting.close()
    again, panel = restart()
    again.editor.add(ENDS + 5)
    again.submitting.drafts.keep()
    assert len(copies(again)) == 2, "what is done now does not take the place of what was declined"
    assert not panel.kept.widget.isHidden() and panel.kept.box.count == 1
    assert CASE in panel.kept.box.itemText(0) and "not submitted" in panel.kept.box.itemText(0)
    assert not any(CASE in copy.name for copy in copies(again))
    dialogs.answer(qt.QMessageBox.Yes, "have not been submitted and will be lost")
    panel.kept.openButton.click()
    assert [mark.toServer() for mark in again.pictures.shown.marks] == [*LESIONS, MARKED]
    assert panel.noteEdit.text == "mine" and panel.kept.widget.isHidden() and len(copies(again)) == 1
    submit(panel, again)
    assert server.submitted[0][1]["circles"] == [*LESIONS, MARKED] and not copies(again)


def test_a_copy_that_was_declined_is_thrown_away_on_demand(ultrasound, restart, dialogs):
    ultrasound.editor.add(ENDS)
    ultrasound.submitting.close()
    dialogs.answer(qt.QMessageBox.No, "Bring them back?")
    again, panel = restart()
    dialogs.answer(qt.QMessageBox.Yes, "Throw away what was kept")
    panel.kept.discardButton.click()
    assert panel.kept.widget.isHidden() and not copies(again)


def test_a_copy_that_was_declined_after_the_scene_was_closed_outlives_the_case(panel, ultrasound, dialogs):
    ultrasound.editor.add(ENDS)
    ultrasound.submitting.drafts.keep()
    slicer.mrmlScene.Clear(0)
    ultrasound.pictures.scene.setParameters(parameters())
    dialogs.answer(qt.QMessageBox.No, "Bring them back?")
    ultrasound.open()
    ultrasound.pictures.scene.close()
    assert len(copies(ultrasound)) == 1


def test_what_a_slicer_at_work_keeps_is_offered_to_no_other(panel, ultrasound, restart):
    ultrasound.editor.add(ENDS)
    ultrasound.submitting.drafts.keep()
    again, _panel = restart()
    assert len(again.pictures.shown.marks) == len(LESIONS)


def test_a_note_alone_comes_back(ultrasound, restart, dialogs):
    ultrasound.pictures.setNote("mine")
    ultrasound.submitting.close()
    dialogs.answer(qt.QMessageBox.Yes, "Bring them back?")
    again, panel = restart()
    assert panel.noteEdit.text == "mine" and again.pictures.scene.isUnsaved and len(copies(again)) == 1


def test_a_disk_that_is_full_is_said_and_nothing_else_happens(panel, ultrasound, monkeypatch):
    monkeypatch.setattr("LiverCADLib.circleDrafts.writeJson", no_room)
    ultrasound.editor.add(ENDS)
    ultrasound.submitting.drafts.keep()
    assert (
        "could not be kept on this computer" in panel.messageLabel.text and "No space left" in panel.messageLabel.text
    )
