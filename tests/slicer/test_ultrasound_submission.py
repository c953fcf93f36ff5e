"""Circles of the images that were changed are submitted, and nobody else's are overwritten."""

from circle_submission import ENDS, MARKED, copies, no_room, panel, submit
from ultrasound_scene import CASE, server, ultrasound

__all__ = ["panel", "server", "ultrasound"]

THEIRS = {"center": [60.0, 40.0], "diameter": 20.0, "class": "hcc"}


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
    assert panel.conflictBox.isHidden()
    submit(panel, ultrasound)
    assert not server.submitted and ultrasound.pictures.scene.isUnsaved and not panel.conflictBox.isHidden()
    told = "Somebody else has submitted circles of a since you opened it. The circles are kept on this computer."
    assert panel.messageLabel.text == told
    named = f"{CASE}: image 'a': found version 3 by bob; expected version 0, on which this is based."
    assert panel.conflictLabel.text == named
    panel.forceButton.click()
    ultrasound.wait()
    assert "based_on" not in server.submitted[0][1] and panel.conflictBox.isHidden()
    assert ultrasound.pictures.shown.version == 4 and not ultrasound.pictures.scene.isUnsaved


def drawn_by_bob(server, index):
    """Somebody else has drawn one circle on an image."""
    theirs = {"lesions": [THEIRS], "version": 3, "annotator": "bob"}
    server.images[index] = {**server.images[index], **theirs}
    server.versions[server.images[index]["name"]] = 3


def test_theirs_are_opened_and_ours_are_set_aside(panel, ultrasound, server):
    for name in ("a", "b", "c"):
        ultrasound.pictures.show(name)
        ultrasound.editor.add(ENDS, "cyst")
    panel.noteEdit.text = "mine"
    drawn_by_bob(server, 1)
    drawn_by_bob(server, 2)
    submit(panel, ultrasound)  # a is taken
    ultrasound.pictures.show("a")
    ultrasound.editor.setClass(1, "cyst")
    panel.theirsButton.click()
    ultrasound.editor.setClass(2, "abscess")  # meanwhile
    ultrasound.wait()
    told = "b: version 3 by bob is open. c: version 3 by bob is open. Yours is set aside on this computer."
    assert panel.messageLabel.text == told and panel.conflictBox.isHidden()
    for name in ("b", "c"):
        assert [mark.toServer() for mark in ultrasound.pictures.picture(name).marks] == [THEIRS]
    assert panel.reasonLabel.text == "Changed: a" and ultrasound.pictures.picture("a").mark(2).className == "abscess"
    [kept] = ultrasound.submitting.kept
    assert {each.name: each.marks[-1].toServer() for each in kept.pictures} == {"b": MARKED, "c": MARKED}
    assert kept.note == "mine" and panel.kept.box.count == 1 and len(copies(ultrasound)) == 2
    ultrasound.pictures.show("b")
    ultrasound.editor.setClass(1, "cyst")
    submit(panel, ultrasound)
    sent = [(drawn["image"], drawn["based_on"]) for _case, drawn in server.submitted]
    assert sent == [("a", 0), ("a", 1), ("b", 3)] and not ultrasound.pictures.scene.isUnsaved
    panel.kept.openButton.click()
    submit(panel, ultrasound)
    assert not panel.conflictBox.isHidden(), "what was set aside is still older than theirs"


def test_theirs_are_not_opened_where_ours_would_be_lost(panel, ultrasound, server, monkeypatch):
    ultrasound.editor.add(ENDS, "cyst")
    drawn_by_bob(server, 0)
    submit(panel, ultrasound)
    with monkeypatch.context() as patched:
        patched.setattr("LiverCADLib.circleDrafts.writeJson", no_room)
        panel.theirsButton.click()
        ultrasound.wait()
    assert panel.messageLabel.text.startswith("Theirs was not opened.") and "No space" in panel.messageLabel.text
    assert ultrasound.pictures.shown.marks[-1].toServer() == MARKED and not panel.conflictBox.isHidden()
    server.images[0] = {**server.images[0], "rows": 80}
    panel.theirsButton.click()
    ultrasound.wait()
    assert panel.messageLabel.text.startswith("Theirs cannot be opened here: a: it has 120 × 90 pixels")
    assert ultrasound.pictures.shown.marks[-1].toServer() == MARKED and len(copies(ultrasound)) == 1
    ultrasound.session.client = None
    ultrasound.session.disconnected.emit()
    assert not panel.theirsButton.enabled and not panel.forceButton.enabled


def test_what_is_told_of_a_submission_goes_with_the_next_change(panel, ultrasound):
    ultrasound.editor.add(ENDS, "cyst")
    submit(panel, ultrasound)
    assert panel.messageLabel.text == "The circles of 1 image are submitted."
    ultrasound.editor.setClass(1, "cyst")
    assert panel.reasonLabel.text == "Changed: a" and panel.messageLabel.isHidden()


def test_the_class_of_a_lesion_that_was_none_goes_with_its_circle(panel, ultrasound, server):
    server.images[1]["class"] = "hcc"  # as the server tells of an image whose lesions have one class
    ultrasound.open()
    ultrasound.pictures.show("b")
    ultrasound.editor.delete(1)
    submit(panel, ultrasound)
    [(_case, drawn)] = server.submitted
    assert drawn["image"] == "b" and drawn["circles"] == [] and "class" not in drawn


def test_an_image_without_a_lesion_has_a_class_of_its_own(panel, ultrasound, server):
    ultrasound.pictures.show("c")
    assert ultrasound.pictures.shown.className == "normal"
    ultrasound.editor.setImageClass("fatty")
    submit(panel, ultrasound)
    assert server.submitted[0][1]["class"] == "fatty" and server.submitted[0][1]["circles"] == []
    ultrasound.editor.add(ENDS)
    submit(panel, ultrasound)
    assert "class" not in server.submitted[1][1], "its lesion has one"
