"""Lesions marked and circles dragged by a mouse in a view, as Slicer's own displayable managers take its events."""

import numpy as np
import pytest
import slicer
from standin.helpers import process_events
from standin.mouse import Mouse
from ultrasound_panels import panels
from ultrasound_scene import SPACING, server, ultrasound

from LiverCADLib.scene.pictureNodes import rasOf
from LiverCADLib.scene.pictureView import VIEW
from LiverCADLib.scene.placing import LesionPlacing, Way, centerAndDiameter

__all__ = ["panels", "server", "ultrasound"]

TOLERANCE = 0.3
"""Of a place in pixels of the image or in mm: the views of the tests are coarse, the mouse stands on whole pixels."""


@pytest.fixture
def mouse(main_window, ultrasound):
    """A mouse in the view, which has got its size."""
    main_window.resize(900, 700)
    process_events()
    ultrasound.view.fit()
    mouse = Mouse(slicer.app.layoutManager().sliceWidget(VIEW))
    yield mouse
    mouse.close()


def ras(ultrasound, *places):
    return [each.tolist() for each in rasOf(ultrasound.pictures.node, places)]


def markups():
    return {node.GetName() for node in slicer.util.getNodesByClass("vtkMRMLMarkupsNode")}


@pytest.mark.parametrize("way", Way)
def test_clicks_in_a_view_are_the_marks_and_no_other_markup_is_left(mouse, ultrasound, way):
    points = ras(ultrasound, (30.0, 40.0), (50.0, 55.0))[: 1 if way is Way.CLICK else 2]
    kept, placed, before = [], [], markups()
    placing = LesionPlacing(kept.append)
    placing.placed.connect(lambda *told: placed.append(told))
    placing.start(way)
    for point in points:
        assert placed == [] and markups() - before == {"new lesion"}
        mouse.click(point)
        while kept:
            kept.pop()()
    [(center, diameter)] = placed
    wanted = centerAndDiameter(way, np.array(points))
    assert center == pytest.approx(wanted[0], abs=TOLERANCE) and diameter == pytest.approx(wanted[1], abs=TOLERANCE)
    assert markups() == before and placing.way is None


def test_a_length_in_mm_is_told_of_a_line_on_volumes_only(panels):
    def tells():
        node_id = slicer.app.applicationLogic().GetSelectionNode().GetActivePlaceNodeID()
        return bool(slicer.mrmlScene.GetNodeByID(node_id).GetDisplayNode().GetPropertiesLabelVisibility())

    panels.circles.placeButtons[Way.LINE].click()
    assert not tells()
    panels.circles.placeButtons[Way.LINE].click()
    placing = LesionPlacing(lambda function: None)
    placing.start(Way.LINE)
    assert tells()
    placing.cancel()


def test_an_end_of_a_circle_is_dragged_and_the_middle_button_moves_it_as_a_whole(mouse, ultrasound):
    coarse = TOLERANCE / min(SPACING)
    first, second = ultrasound.pictures.shown.mark(2).ends
    mouse.drag(ras(ultrasound, second, np.add(second, (8.0, 6.0))))
    moved = ultrasound.pictures.shown.mark(2)
    assert ultrasound.pictures.selection == 2, "what is dragged is selected"
    np.testing.assert_allclose(moved.ends, [first, np.add(second, (8.0, 6.0))], atol=coarse)
    mouse.drag(ras(ultrasound, moved.circle.center, np.add(moved.circle.center, (-10.0, 5.0))), "Middle")
    np.testing.assert_allclose(ultrasound.pictures.shown.mark(2).ends, np.add(moved.ends, (-10.0, 5.0)), atol=coarse)
    assert ultrasound.pictures.shown.mark(2).circle.diameter == pytest.approx(moved.circle.diameter, abs=1e-3)
