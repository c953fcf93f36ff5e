"""Circles that were kept of images that the case no longer has, or has of another size: told, and not lost."""

import qt
from circle_submission import ENDS, MARKED, copies, no_room, restart, submit
from ultrasound_scene import LESIONS, server, ultrasound

__all__ = ["restart", "server", "ultrasound"]

LEFT = "Circles of these images were not brought back, and stay kept on this computer: "


def drawn_on_all(us):
    """Circles on all three images, and a Slicer that dies."""
    for name in ("a", "b", "c"):
        us.pictures.show(name)
        us.editor.add(ENDS, "cyst")
    us.pictures.setNote("mine")
    us.submitting.close()


def test_what_the_case_has_no_place_for_any_more_is_named_and_kept(ultrasound, server, restart, dialogs):
    drawn_on_all(ultrasound)
    _a, b, c = server.images
    server.images = [_a, {**c, "rows": 80, "columns": 100}]
    dialogs.answer(qt.QMessageBox.Yes, "Bring them back?")
    again, panel = restart()
    reasons = "b: it is no longer in the case; c: it has 100 × 80 pixels, and 120 × 90 when they were drawn."
    assert panel.messageLabel.text == LEFT + reasons
    assert [mark.toServer() for mark in again.pictures.picture("a").marks] == [*LESIONS, MARKED]
    assert not again.pictures.picture("c").marks and (again.pictures.picture("c").rows, panel.kept.box.count) == (80, 1)
    submit(panel, again)
    assert [drawn["image"] for _case, drawn in server.submitted] == ["a"] and len(copies(again)) == 1
    again.submitting.close()

    server.images = [_a, b, c]  # its images are back
    again, panel = restart()
    assert not again.pictures.scene.isUnsaved, "what was left is not offered again"
    panel.kept.openButton.click()
    assert panel.messageLabel.text.startswith("What was kept of") and "not brought" not in panel.messageLabel.text
    submit(panel, again)
    told = {drawn["image"]: drawn["circles"] for _case, drawn in server.submitted[1:]}
    assert told == {"b": [*LESIONS[:1], MARKED], "c": [MARKED]} and server.submitted[1][1]["note"] == "mine"
    assert not copies(again) and panel.kept.widget.isHidden()


def test_circles_on_an_image_that_cannot_be_read_now_are_kept(ultrasound, server, restart, dialogs):
    drawn_on_all(ultrasound)
    server.images, server.unusable = server.images[:2], ["c: found nothing there; expected an image. Copy it again."]
    dialogs.answer(qt.QMessageBox.Yes, "Bring them back?")
    again, panel = restart()
    assert panel.messageLabel.text == f"{LEFT}c: it cannot be read, or is no longer in the case."
    [kept] = again.submitting.kept
    assert [mark.toServer() for mark in kept.pictures[0].marks] == [MARKED]


def test_a_copy_that_fits_no_image_changes_nothing_and_stays(ultrasound, server, restart, dialogs):
    drawn_on_all(ultrasound)
    server.images = [server.image("d", None, [])]
    dialogs.answer(qt.QMessageBox.Yes, "Bring them back?")
    again, panel = restart()
    assert panel.messageLabel.text.startswith(LEFT + "a: it is no longer in the case; b: ")
    assert not again.pictures.scene.isUnsaved and panel.noteEdit.text == "" and panel.kept.box.count == 1
    panel.kept.openButton.click()
    assert panel.messageLabel.text.startswith(LEFT) and len(copies(again)) == 1
    [kept] = again.submitting.kept
    assert [picture.name for picture in kept.pictures] == ["a", "b", "c"] and kept.note == "mine"


def test_what_does_not_fit_is_not_parted_from_the_rest_where_it_cannot_be_written(
    ultrasound, server, restart, dialogs, monkeypatch
):
    drawn_on_all(ultrasound)
    [before] = [copy.read_bytes() for copy in copies(ultrasound)]
    server.images = server.images[:2]
    dialogs.answer(qt.QMessageBox.Yes, "Bring them back?")
    with monkeypatch.context() as patched:
        patched.setattr("LiverCADLib.circleDrafts.writeJson", no_room)
        again, panel = restart()
    assert panel.messageLabel.text.startswith("Nothing was brought back.") and "No space" in panel.messageLabel.text
    assert not again.pictures.scene.isUnsaved and [copy.read_bytes() for copy in copies(again)] == [before]
