"""What is drawn around the selected lesion, where the views go, and how new lesions are placed."""

import numpy as np
import pytest
import slicer
from case_lesions import bench_with_lesions, filled
from case_scene import reload_scene
from test_lesions_list import at, paint, told

from livercad.core.annotation import Verdict
from LiverCADLib.scene.marks import MARK, ROOM_MM
from LiverCADLib.scene.placing import LesionPlacing, Way, centerAndDiameter


def marks():
    nodes = slicer.util.getNodesByClass("vtkMRMLMarkupsNode")
    return {node.GetAttribute(MARK): node for node in nodes if node.GetAttribute(MARK)}


def slice_nodes(*names):
    nodes = []
    for name in names:
        node = slicer.vtkMRMLSliceNode()
        node.SetLayoutName(name)
        node.SetName(name)
        nodes.append(slicer.mrmlScene.AddNode(node))
        nodes[-1].SetOrientation({"Red": "Axial", "Green": "Coronal", "Yellow": "Sagittal"}[name])
    return nodes


def test_selecting_a_lesion_moves_every_slice_view_there():
    bench = bench_with_lesions()
    views = slice_nodes("Red", "Green", "Yellow")
    bench.lesions.select(2)
    longest = bench.lesions.measured(2).longest
    for node in views:
        to_ras = slicer.util.arrayFromVTKMatrix(node.GetSliceToRAS())
        middle = np.add(longest.start, longest.end) / 2
        assert np.allclose(to_ras[:3, 3], middle, atol=1e-6), "its diameter is in the middle of the view"


def test_selecting_a_lesion_moves_every_3d_view_there_and_keeps_its_side_and_distance():
    bench = bench_with_lesions()
    camera = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLCameraNode")
    camera.SetPosition(10.0, 520.0, 30.0)
    camera.SetFocalPoint(10.0, 20.0, -30.0)
    before = np.subtract(camera.GetPosition(), camera.GetFocalPoint())
    bench.lesions.select(2)
    longest = bench.lesions.measured(2).longest
    assert np.allclose(camera.GetFocalPoint(), np.add(longest.start, longest.end) / 2)
    assert np.allclose(np.subtract(camera.GetPosition(), camera.GetFocalPoint()), before)


def test_selecting_a_lesion_draws_its_box_and_diameters():
    bench = bench_with_lesions()
    bench.lesions.select(1)
    measured, shown = bench.lesions.measured(1), marks()
    assert set(shown) == {"box", "longest", "perpendicular"}
    center, size = np.zeros(3), np.zeros(3)
    shown["box"].GetCenterWorld(center)
    shown["box"].GetSizeWorld(size)
    assert np.allclose(center, measured.box.center) and np.allclose(size, np.add(measured.box.size, 2 * ROOM_MM))
    for role, line in (("longest", measured.longest), ("perpendicular", measured.perpendicular)):
        ends = slicer.util.arrayFromMarkupsControlPoints(shown[role], world=True)
        assert np.allclose(ends, [line.start, line.end])
        assert shown[role].GetLineLengthWorld() == pytest.approx(line.length_mm)
        assert shown[role].GetLocked()
    assert shown["box"].GetDisplayNode().GetSelectedColor() == pytest.approx(bench.lesions.records[1].color, abs=1e-3)


def test_number_and_length_stand_beside_the_lesion_on_the_right_of_the_views():
    bench = bench_with_lesions()
    for number in (1, 2):
        bench.lesions.select(number)
        node, line = marks()["longest"], bench.lesions.measured(number).longest
        labels = {node.GetNthControlPointLabel(index): end for index, end in enumerate((line.start, line.end))}
        assert labels.keys() == {"", f"lesion {number}: {line.length_mm:.0f} mm"}
        written, other = labels[f"lesion {number}: {line.length_mm:.0f} mm"], labels[""]
        assert written[0] < other[0], "RAS: the patient's left, on the right of the views"
        assert node.GetDisplayNode().GetPointLabelsVisibility()


def test_marks_follow_edits_and_the_selection():
    bench = bench_with_lesions()
    bench.lesions.select(1)
    paint(bench, 1, filled((slice(8, 12), slice(8, 12), slice(4, 6))))
    first = marks()["longest"]
    assert first.GetLineLengthWorld() == pytest.approx(bench.lesions.measured(1).longest.length_mm)
    bench.lesions.select(2)
    assert marks()["longest"] is first
    assert first.GetLineLengthWorld() == pytest.approx(bench.lesions.measured(2).longest.length_mm)
    bench.lesions.select(None)
    assert marks() == {}


def test_rejected_and_deleted_lesions_have_no_marks():
    bench = bench_with_lesions()
    bench.lesions.select(1)
    bench.editor.setVerdict([1], Verdict.REJECTED)
    assert marks() == {}
    bench.lesions.select(2)
    bench.editor.delete([2])
    assert marks() == {}


def test_marks_are_not_saved_and_leave_no_display_nodes_behind(tmp_path):
    bench = bench_with_lesions()
    before = slicer.mrmlScene.GetNumberOfNodes()
    bench.lesions.select(1)
    bench.lesions.select(None)
    assert slicer.mrmlScene.GetNumberOfNodes() == before
    bench.lesions.select(1)
    reload_scene(bench.scene, tmp_path)
    assert marks() == {}
    bench.lesions.select(2)
    assert set(marks()) == {"box", "longest", "perpendicular"}


def test_closing_the_case_takes_the_marks_along():
    bench = bench_with_lesions()
    bench.lesions.select(1)
    bench.scene.close()
    assert marks() == {}


@pytest.mark.parametrize(
    ("way", "points", "center", "diameter"),
    [
        (Way.CLICK, [(1, 2, 3)], (1, 2, 3), None),
        (Way.LINE, [(0, 0, 0), (6, 8, 0)], (3, 4, 0), 10),
        (Way.CIRCLE, [(0, 0, 0), (6, 8, 0)], (0, 0, 0), 20),
    ],
)
def test_clicks_say_centre_and_diameter(way, points, center, diameter):
    assert centerAndDiameter(way, np.array(points, float)) == (center, diameter)


def click(*points):
    """What a view does in place mode: it sets the points of the active list."""
    selection = slicer.app.applicationLogic().GetSelectionNode()
    node = slicer.mrmlScene.GetNodeByID(selection.GetActivePlaceNodeID())
    for point in points:
        node.AddControlPointWorld(*point)
        node.InvokeCustomModifiedEvent(slicer.vtkMRMLMarkupsNode.PointPositionDefinedEvent)
        assert node.GetScene() is not None, "the view uses the node after the event; gone, it would crash Slicer"


class Later:
    """Keeps what is to be done later, until it is."""

    def __init__(self):
        self.kept = []

    def __call__(self, function):
        self.kept.append(function)

    def come(self):
        kept, self.kept = self.kept, []
        for function in kept:
            function()


@pytest.fixture
def later():
    return Later()


@pytest.mark.parametrize("way", Way)
def test_placing_waits_for_its_clicks_and_tidies_up(way, later):
    bench = bench_with_lesions()
    placing = LesionPlacing(later)
    placed, waiting, before = told(placing.placed), told(placing.waitingChanged), slicer.mrmlScene.GetNumberOfNodes()
    placing.start(way)
    interaction = slicer.app.applicationLogic().GetInteractionNode()
    assert placing.way is way and interaction.GetCurrentInteractionMode() == interaction.Place
    points = [at(bench, 8, 25, 8), at(bench, 14, 25, 8)][: 1 if way is Way.CLICK else 2]
    click(*points)
    later.come()
    assert placed == [centerAndDiameter(way, np.array(points))]
    assert waiting == [(way,), (None,)] and interaction.GetCurrentInteractionMode() != interaction.Place
    assert slicer.mrmlScene.GetNumberOfNodes() == before


def test_one_click_of_two_places_nothing(later):
    bench_with_lesions()
    placing = LesionPlacing(later)
    placed = told(placing.placed)
    placing.start(Way.LINE)
    click((1.0, 2.0, 3.0))
    later.come()
    assert placed == [] and placing.way is Way.LINE
    placing.cancel()
    assert placed == [] and placing.way is None
    placing.cancel()


@pytest.mark.parametrize("way", Way)
def test_who_leaves_off_placing_leaves_nothing_behind(way, later):
    """Esc and the right button take Slicer out of place mode."""
    bench_with_lesions()
    placing, before = LesionPlacing(later), slicer.mrmlScene.GetNumberOfNodes()
    placed, waiting = told(placing.placed), told(placing.waitingChanged)
    placing.start(way)
    if way is not Way.CLICK:
        click((1.0, 2.0, 3.0))
    slicer.app.applicationLogic().GetInteractionNode().SwitchToViewTransformMode()
    later.come()
    assert placing.way is None and waiting == [(way,), (None,)] and placed == []
    assert slicer.mrmlScene.GetNumberOfNodes() == before


def test_the_last_click_counts_also_where_slicer_ends_place_mode_with_it(later):
    bench_with_lesions()
    placing = LesionPlacing(later)
    placed = told(placing.placed)
    placing.start(Way.CLICK)
    click((1.0, 2.0, 3.0))
    slicer.app.applicationLogic().GetInteractionNode().SwitchToViewTransformMode()
    later.come()
    assert placed == [((1.0, 2.0, 3.0), None)]


def test_a_circle_is_seen_while_the_mouse_draws_it(later):
    bench_with_lesions()
    placing = LesionPlacing(later)
    placing.start(Way.CIRCLE)
    ball = slicer.util.getNodesByClass("vtkMRMLModelNode")[-1]
    click((10.0, 20.0, 30.0))
    assert not ball.GetDisplayNode().GetVisibility()
    line = slicer.mrmlScene.GetNodeByID(slicer.app.applicationLogic().GetSelectionNode().GetActivePlaceNodeID())
    line.AddControlPointWorld(13.0, 24.0, 30.0)
    line.SetNthControlPointPositionWorld(1, 10.0, 28.0, 30.0)
    bounds = [0.0] * 6
    ball.GetRASBounds(bounds)
    assert ball.GetDisplayNode().GetVisibility() and ball.GetDisplayNode().GetVisibility2D()
    assert np.allclose(bounds, (2, 18, 12, 28, 22, 38), atol=0.1)
    assert not line.GetDisplayNode().GetPropertiesLabelVisibility()
    placing.cancel()
    assert ball.GetScene() is None


def test_starting_again_gives_the_first_up(later):
    bench_with_lesions()
    placing, before = LesionPlacing(later), slicer.mrmlScene.GetNumberOfNodes()
    placing.start(Way.LINE)
    placing.start(Way.CLICK)
    click((1.0, 2.0, 3.0))
    later.come()
    assert slicer.mrmlScene.GetNumberOfNodes() == before
