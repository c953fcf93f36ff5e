"""Circles that the server would not take, such as one whose centre is not on the image."""

import numpy as np
import slicer
from test_ultrasound_panels import classify, panels, place, table
from ultrasound_scene import CASE, LESIONS, ROWS, server, ultrasound

from LiverCADLib.scene.pictureNodes import pixelsAt, rasOf
from LiverCADLib.scene.placing import Way

__all__ = ["panels", "server", "ultrasound"]

BEYOND = {"center": [-5.0, 40.0], "diameter": 20.0, "class": "cyst"}
"""As a table may have it."""


def line(ultrasound, number):
    """Where the line of a circle is drawn, in pixels."""
    points = slicer.util.arrayFromMarkupsControlPoints(ultrasound.marks.lines[number], world=True)
    return pixelsAt(ultrasound.pictures.node, points)


def drag(ultrasound, number, end, place_):
    """Drag an end of a circle's line to a place on the image, or beside it."""
    ras = rasOf(ultrasound.pictures.node, [place_])[0].tolist()
    ultrasound.marks.lines[number].SetNthControlPointPositionWorld(end, *ras)


def test_none_is_added_and_the_reason_is_said(panels, ultrasound):
    for ends, reason in (
        (((10.0, ROWS + 5.0), (30.0, ROWS + 5.0)), "its centre is not on the image"),
        (((10.0, 20.0), (10.0, 20.5)), "its diameter is less than a pixel"),
        (((-60.0, 45.0), (170.0, 45.0)), "more than the image's diagonal"),
    ):
        place(panels, ultrasound, Way.LINE, *ends)
        assert len(table(panels.circles)) == len(LESIONS) and reason in panels.circles.messageLabel.text
    place(panels, ultrasound, Way.LINE, (-4.0, 20.0), (8.0, 20.0))
    assert len(table(panels.circles)) == len(LESIONS) + 1, "it may reach beyond the image"
    assert panels.circles.messageLabel.isHidden()


def test_one_that_is_dragged_off_the_image_stays_and_so_does_its_line(ultrasound):
    before = ultrasound.pictures.shown.mark(1)
    drag(ultrasound, 1, 0, (-90.0, 30.0))
    assert ultrasound.pictures.shown.mark(1) == before and not ultrasound.pictures.scene.isUnsaved
    np.testing.assert_allclose(line(ultrasound, 1), before.ends, atol=1e-6)
    drag(ultrasound, 1, 0, (20.0, 30.0))
    assert ultrasound.pictures.shown.mark(1).circle.center[0] < before.circle.center[0]


def test_one_of_the_table_is_not_asked_about_or_submitted_until_it_is_moved(panels, ultrasound, server):
    server.images[0]["lesions"] = [LESIONS[0], BEYOND]
    ultrasound.open(CASE)
    classify(panels, ultrasound)
    assert [params["circles"][0]["center"] for _model, _case, params in server.asked] == [LESIONS[0]["center"]]
    assert table(panels.circles)[0][3] == "Benign 76%" and table(panels.circles)[1][3] == ""
    told = "Not asked about: lesion 2 on a, for its centre is not on the image."
    assert panels.opinions.messageLabel.text == told
    ultrasound.editor.setClass(1, "fnh")
    assert not panels.submit.submitButton.enabled
    assert "lesion 2 on a, for its centre is not on the image. Move or delete them." in panels.submit.reasonLabel.text
    drag(ultrasound, 2, 1, (15.0, 40.0))
    assert panels.submit.submitButton.enabled and ultrasound.pictures.shown.mark(2).circle.center == (0.0, 40.0)
