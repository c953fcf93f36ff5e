"""What is done to circles is taken back and done again, step by step."""

import numpy as np
import pytest
import slicer
from ultrasound_panels import panels
from ultrasound_scene import CASE, LESIONS, server, ultrasound

from LiverCADLib.scene.pictureNodes import pixelsAt, rasOf
from LiverCADLib.scene.undoSteps import MOST

__all__ = ["panels", "server", "ultrasound"]

ENDS = np.array([(10.0, 20.0), (40.0, 60.0)])


def drag(us, number, *places):
    """Take hold of an end of a circle's line and drag it from place to place."""
    line = us.marks.lines[number]
    line.InvokeEvent(line.PointStartInteractionEvent)
    for ras in rasOf(us.pictures.node, places):
        line.SetNthControlPointPositionWorld(1, *ras.tolist())


def told(us):
    """What the annotator sees of every image, and which lesion is selected."""
    marked = [(each.name, each.marks, each.className) for each in us.pictures.pictures]
    return marked, us.pictures.shown.name, us.pictures.selection


def test_every_change_is_taken_back_and_done_again(ultrasound, panels):
    editor, changes = ultrasound.editor, []
    states = [told(ultrasound)]
    for change in (
        lambda: editor.add(ENDS, "cyst"),
        lambda: drag(ultrasound, 3, (60.0, 60.0), (70.0, 62.0)),
        lambda: drag(ultrasound, 3, (75.0, 62.0)),
        lambda: editor.setClass(3, "hcc"),
        lambda: editor.delete(3),
    ):
        change()
        states.append(told(ultrasound))
        changes.append(panels.circles.undoButton.toolTip)
    assert changes == [
        "Undo adding circle 3 on a",
        "Undo moving circle 3 on a",
        "Undo moving circle 3 on a",
        "Undo the class of circle 3 on a",
        "Undo deleting circle 3 on a",
    ], "a drag is one step, however many moves it has"
    for before in states[-2::-1]:
        panels.circles.undoButton.click()
        assert told(ultrasound) == before
        ends = slicer.util.arrayFromMarkupsControlPoints(ultrasound.marks.lines[1], world=True)
        assert pixelsAt(ultrasound.pictures.node, ends).mean(axis=0) == pytest.approx(LESIONS[0]["center"])
    assert not panels.circles.undoButton.enabled and panels.circles.table.rowCount == len(LESIONS)
    for after in states[1:]:
        assert panels.circles.redoButton.enabled
        panels.circles.redoButton.click()
        assert told(ultrasound) == after
    assert not panels.circles.redoButton.enabled


def test_a_step_on_another_image_is_taken_back_where_it_was_done(ultrasound):
    ultrasound.pictures.show("c")
    ultrasound.editor.setImageClass("fatty")
    ultrasound.pictures.show("b")
    ultrasound.editor.delete(1)
    ultrasound.pictures.show("a")
    ultrasound.editor.undo()
    assert ultrasound.pictures.shown.name == "b" and len(ultrasound.pictures.shown.marks) == 1
    ultrasound.editor.undo()
    assert ultrasound.pictures.shown.name == "c" and ultrasound.pictures.shown.className == "normal"


def test_a_new_change_leaves_nothing_to_do_again_and_a_number_is_never_given_twice(ultrasound):
    assert ultrasound.editor.add(ENDS) == 3
    ultrasound.editor.undo()
    assert ultrasound.editor.redoText and ultrasound.editor.add(ENDS) == 4
    assert not ultrasound.editor.redoText


def test_an_end_that_is_clicked_and_not_moved_is_no_change(ultrasound):
    end = ultrasound.pictures.shown.mark(1).ends[1]
    drag(ultrasound, 1, end)
    assert not ultrasound.editor.undoText and not ultrasound.pictures.scene.isUnsaved


def test_what_is_taken_back_after_it_was_submitted_is_to_be_submitted_again(ultrasound, server):
    ultrasound.editor.add(ENDS, "cyst")
    ultrasound.submitting.submit("ann")
    ultrasound.wait()
    assert not ultrasound.pictures.scene.isUnsaved
    ultrasound.editor.undo()
    assert ultrasound.pictures.scene.isUnsaved and ultrasound.pictures.shown.isChanged
    ultrasound.submitting.submit("ann")
    ultrasound.wait()
    [_first, (_case, second)] = server.submitted
    assert second["circles"] == LESIONS and second["based_on"] == 1


def test_steps_are_of_the_open_case_alone_and_not_without_end(ultrasound):
    for number in range(MOST + 3):
        ultrasound.editor.setClass(1, str(number))
    for _step in range(MOST + 3):
        ultrasound.editor.undo()
    assert ultrasound.pictures.shown.mark(1).className == "2"
    ultrasound.open()
    assert ultrasound.pictures.scene.case == CASE
    assert not ultrasound.editor.undoText and not ultrasound.editor.redoText
    ultrasound.editor.setClass(1, "cyst")
    ultrasound.pictures.restore(ultrasound.pictures.pictures, "kept")
    assert not ultrasound.editor.undoText
