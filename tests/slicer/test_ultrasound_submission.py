"""Circles are submitted, and what was not is not lost."""

import json
from pathlib import Path

import numpy as np
import pytest
import qt
import slicer
from case_scene import parameters
from ultrasound_scene import CASE, LESIONS, Ultrasound, server, ultrasound

from LiverCADLib.clientErrors import UnreachableError
from LiverCADLib.jobs import JobRunner
from LiverCADLib.panels.circleSubmitPanel import CircleSubmitPanel
from LiverCADLib.scene.caseScene import CaseScene
from LiverCADLib.session import Session

__all__ = ["server", "ultrasound"]

ENDS = np.array([(10.0, 20.0), (40.0, 60.0)])
MARKED = {"center": [25.0, 40.0], "diameter": 50.0, "class": "cyst"}


@pytest.fixture
def panel(ultrasound):
    panel = CircleSubmitPanel(ultrasound.pictures, ultrasound.submitting, ultrasound.session)
    yield panel
    panel.close()
    panel.widget.delete()


@pytest.fixture
def restart(case_scene, session, server):
    """What opens the case in a Slicer that was started anew, with the section to submit in it."""
    made = []

    def start_again():
        slicer.mrmlScene.Clear(0)
        again = Session(session.settings, JobRunner())
        again.client = server
        us = Ultrasound(CaseScene(parameters()), again, server)
        made.append((us, CircleSubmitPanel(us.pictures, us.submitting, again)))
        us.open()
        return made[-1]

    yield start_again
    for us, panel in made:
        panel.close()
        us.close()


def copies(us):
    return sorted(us.session.settings.circlesFolder.glob("*.json"))


def submit(panel, us):
    panel.submitButton.click()
    us.wait()


def test_the_circles_of_the_images_that_were_changed_are_submitted(panel, ultrasound, server):
    ultrasound.pictures.show("c")
    ultrasound.editor.add(ENDS, "cyst")
    ultrasound.pictures.show("b")
    ultrasound.editor.delete(1)
    panel.noteEdit.text = "seen twice"
    assert panel.reasonLabel.text == "Changed: b, c"
    submit(panel, ultrasound)
    said = {"annotator": "ann", "note": "seen twice", "based_on": 0}
    assert server.submitted == [
        (CASE, {"image": "b", "circles": [], **said}),
        (CASE, {"image": "c", "circles": [MARKED], **said}),
    ]
    assert panel.messageLabel.text == "The circles of 2 images are submitted."
    assert not ultrasound.pictures.scene.isUnsaved and not panel.submitButton.enabled and not copies(ultrasound)
    assert not any(picture.isChanged for picture in ultrasound.pictures.pictures)


def test_a_name_is_wanted(panel, ultrasound):
    ultrasound.editor.add(ENDS)
    panel.annotator.widget.text = " "
    assert not panel.submitButton.enabled and panel.reasonLabel.text == "Enter your name to submit."
    panel.annotator.widget.text = "bob"
    panel.annotator.widget.editingFinished.emit()
    assert panel.submitButton.enabled and ultrasound.session.settings.annotator == "bob"


def test_what_was_changed_while_it_was_sent_is_still_to_be_submitted(panel, ultrasound, server):
    ultrasound.editor.add(ENDS, "cyst")
    panel.submitButton.click()
    ultrasound.editor.move(3, ENDS + 1)
    ultrasound.wait()
    assert ultrasound.pictures.scene.isUnsaved and ultrasound.pictures.shown.isChanged
    submit(panel, ultrasound)
    sent = [drawn for _case, drawn in server.submitted]
    assert [drawn["circles"][-1]["center"] for drawn in sent] == [[25, 40], [26, 41]]
    assert [drawn["based_on"] for drawn in sent] == [0, 1], "the second one follows the first"
    assert not ultrasound.pictures.scene.isUnsaved


def test_where_one_image_is_refused_the_others_are_known_to_be_there(panel, ultrasound, server):
    for name in ("a", "b", "c"):
        ultrasound.pictures.show(name)
        ultrasound.editor.add(ENDS, "cyst")
    server.fails_at = "b"
    submit(panel, ultrasound)
    assert panel.messageLabel.text == "There is no such image. The circles are kept on this computer."
    assert panel.reasonLabel.text == "Changed: b, c" and ultrasound.pictures.scene.isUnsaved and copies(ultrasound)
    server.fails_at = ""
    submit(panel, ultrasound)
    assert [drawn["image"] for _case, drawn in server.submitted] == ["a", "b", "c"]


def test_circles_that_somebody_else_has_submitted_meanwhile_are_not_overwritten_unasked(panel, ultrasound, server):
    server.versions["a"] = 3
    ultrasound.editor.add(ENDS, "cyst")
    assert panel.forceButton.isHidden()
    submit(panel, ultrasound)
    assert not server.submitted and ultrasound.pictures.scene.isUnsaved and not panel.forceButton.isHidden()
    assert panel.messageLabel.text.startswith("There are newer circles of this image.")
    panel.forceButton.click()
    ultrasound.wait()
    assert "based_on" not in server.submitted[0][1] and panel.forceButton.isHidden()
    assert ultrasound.pictures.shown.version == 4 and not ultrasound.pictures.scene.isUnsaved


def test_an_image_without_a_lesion_has_a_class_of_its_own(panel, ultrasound, server):
    ultrasound.pictures.show("c")
    assert ultrasound.pictures.shown.className == "normal"
    ultrasound.editor.setImageClass("fatty")
    submit(panel, ultrasound)
    assert server.submitted[0][1]["class"] == "fatty" and server.submitted[0][1]["circles"] == []
    ultrasound.editor.add(ENDS)
    submit(panel, ultrasound)
    assert "class" not in server.submitted[1][1], "its lesion has one"


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


def test_a_disk_that_is_full_is_said_and_nothing_else_happens(panel, ultrasound, monkeypatch):
    def fail(path, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("LiverCADLib.circleDrafts.writeJson", fail)
    ultrasound.editor.add(ENDS)
    ultrasound.submitting.drafts.keep()
    assert (
        "could not be kept on this computer" in panel.messageLabel.text and "No space left" in panel.messageLabel.text
    )
