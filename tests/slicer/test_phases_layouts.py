"""The phases side by side: which views there are, what they show, and the way back."""

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
import slicer
from case_scene import open_case, parameters, reload_scene

from livercad.core.phases import Phase
from LiverCADLib.panels.segmentPanel import SegmentPanel
from LiverCADLib.scene.layouts import compositeNode, layoutNode, layoutNumber, layoutXml, sliceNode, viewName
from LiverCADLib.scene.workbench import Workbench

FOUR_UP = 3


@pytest.fixture
def views():
    """The views that the application would make, without drawing them."""
    logics = []

    def make(*names):
        for name in names:
            logic = slicer.vtkMRMLSliceLogic()
            logic.SetMRMLApplicationLogic(slicer.app.applicationLogic())
            logic.SetMRMLScene(slicer.mrmlScene)
            logic.AddSliceNode(name).SetDimensions(300, 200, 1)
            logics.append(logic)

    yield make
    for logic in logics:
        logic.SetMRMLScene(None)


def background(name):
    return slicer.mrmlScene.GetNodeByID(compositeNode(name).GetBackgroundVolumeID())


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_a_layout_has_one_axial_view_for_each_phase_with_its_letter(count):
    shown = tuple(Phase)[:count]
    views = ElementTree.fromstring(layoutXml(shown)).findall("item/layout/item/view")
    ofPhases, others = views[:count], views[count:]
    assert [view.get("singletontag") for view in ofPhases] == [viewName(phase) for phase in shown]
    assert {view.get("class") for view in ofPhases} == {"vtkMRMLSliceNode"}
    labels = [view.findtext("property[@name='viewlabel']") for view in ofPhases]
    assert labels == ["U", "A", "P", "D"][:count]
    assert {view.findtext("property[@name='orientation']") for view in ofPhases} == {"Axial"}
    assert [view.get("singletontag") for view in others] == ["Green", "Yellow", "1"], "Slicer's own, as it names them"


def test_every_combination_of_phases_has_a_layout_of_its_own(side_by_side):
    numbers = {layoutNumber(phases) for phases in ((Phase.PORTAL,), tuple(Phase), tuple(Phase)[:3], tuple(Phase)[1:])}
    assert len(numbers) == 4
    assert all(layoutNode().IsLayoutDescription(number) for number in numbers)
    assert min(numbers) > 100


def test_each_view_shows_its_phase_and_all_are_linked(case_scene, phases, side_by_side, client, views):
    views(*map(viewName, Phase))
    open_case(case_scene, client)
    side_by_side.setOn(True)
    assert layoutNode().GetViewArrangement() == layoutNumber((Phase.UNENHANCED, Phase.ARTERIAL, Phase.PORTAL))
    for phase in (Phase.UNENHANCED, Phase.ARTERIAL, Phase.PORTAL):
        assert background(viewName(phase)) is phases.volume(phase)
        assert compositeNode(viewName(phase)).GetLinkedControl()
        assert compositeNode(viewName(phase)).GetHotLinkedControl()


def test_each_view_goes_on_showing_its_phase_beside_the_segment_editor(
    case_scene, phases, side_by_side, session, client, views, tmp_path
):
    views(*map(viewName, Phase))
    panel = SegmentPanel(Workbench(case_scene), session)
    open_case(case_scene, client)
    side_by_side.setOn(True)
    for step in (lambda: open_case(case_scene, client, "case-2"), lambda: reload_scene(case_scene, tmp_path)):
        step()
        assert panel.editor.sourceVolumeNode() is case_scene.reference
        for phase, volume in phases.volumes().items():
            assert background(viewName(phase)) is volume, phase


def test_all_views_show_the_same_place_at_the_same_scale(case_scene, phases, side_by_side, client, views):
    views(*map(viewName, Phase))
    open_case(case_scene, client)
    side_by_side.setOn(True)
    shown = [sliceNode(viewName(phase)) for phase in phases.volumes()]
    for node in shown:  # where another test has made real views, they have sizes of their own
        node.SetDimensions(300, 200, 1)
    side_by_side.fit()
    matrices = [slicer.util.arrayFromVTKMatrix(node.GetSliceToRAS()) for node in shown]
    assert np.allclose(matrices, matrices[0])
    assert len({node.GetFieldOfView() for node in shown}) == 1
    width, height, _depth = shown[0].GetFieldOfView()
    assert np.isclose(width / height, 300 / 200)
    bounds = [0.0] * 6
    case_scene.reference.GetRASBounds(bounds)
    center = np.add(bounds[::2], bounds[1::2]) / 2
    assert np.allclose(matrices[0][:3, 3], center, atol=3), "the middle of the reference"
    assert width > 40 and height > 35, "the whole of it"


def test_views_follow_when_a_volume_becomes_another_phase(case_scene, phases, side_by_side, client, views):
    views(*map(viewName, Phase))
    open_case(case_scene, client)
    side_by_side.setOn(True)
    phases.assign(Phase.DELAYED, phases.volume(Phase.ARTERIAL))
    assert background(viewName(Phase.DELAYED)) is phases.volume(Phase.DELAYED)
    assert layoutNode().GetViewArrangement() == layoutNumber((Phase.UNENHANCED, Phase.PORTAL, Phase.DELAYED))


def test_the_place_stays_when_a_phase_is_changed_and_its_view_is_there_already(
    case_scene, phases, side_by_side, client, views
):
    views(*map(viewName, Phase))
    open_case(case_scene, client)
    side_by_side.setOn(True)
    view = sliceNode(viewName(Phase.PORTAL))
    view.JumpSliceByCentering(1, 2, 3)
    before = slicer.util.arrayFromVTKMatrix(view.GetSliceToRAS())
    phases.assign(Phase.ARTERIAL, phases.volume(Phase.PORTAL))
    assert np.array_equal(slicer.util.arrayFromVTKMatrix(view.GetSliceToRAS()), before)


def test_switching_off_brings_the_users_layout_back(case_scene, side_by_side, client):
    layoutNode().SetViewArrangement(FOUR_UP)
    open_case(case_scene, client)
    side_by_side.setOn(True)
    side_by_side.setOn(True)
    side_by_side.setOn(False)
    assert layoutNode().GetViewArrangement() == FOUR_UP
    assert not side_by_side.isOn


def test_the_users_views_show_the_reference_of_a_case_that_is_opened(case_scene, side_by_side, client, views):
    views("Red", "Green")
    open_case(case_scene, client)
    assert background("Red") is case_scene.reference is background("Green")


def test_the_layout_comes_back_with_a_saved_scene(case_scene, phases, side_by_side, client, tmp_path):
    layoutNode().SetViewArrangement(FOUR_UP)
    open_case(case_scene, client)
    side_by_side.setOn(True)
    number = layoutNode().GetViewArrangement()
    reload_scene(case_scene, tmp_path)
    assert layoutNode().GetViewArrangement() == number
    side_by_side.setOn(False)
    assert layoutNode().GetViewArrangement() == FOUR_UP


def test_closing_the_scene_brings_slicers_usual_layout_back(main_window, case_scene, side_by_side, client):
    open_case(case_scene, client)
    side_by_side.setOn(True)
    slicer.mrmlScene.Clear(0)
    case_scene.setParameters(parameters())
    assert layoutNode().GetViewArrangement() == FOUR_UP and not side_by_side.isOn


def test_it_can_be_switched_off_where_the_modules_layout_was_shown_before(case_scene, side_by_side, client):
    open_case(case_scene, client)
    layoutNode().SetViewArrangement(layoutNumber((Phase.PORTAL,)))
    side_by_side.setOn(True)
    side_by_side.setOn(False)
    assert layoutNode().GetViewArrangement() == FOUR_UP


def test_slicers_own_layout_lays_the_views_out_and_each_draws_its_phase(
    main_window, case_scene, phases, side_by_side, client
):
    layouts = slicer.app.layoutManager()
    open_case(case_scene, client)
    side_by_side.setOn(True)
    slicer.app.processEvents()
    shown = [layouts.sliceWidget(viewName(phase)) for phase in phases.volumes()]
    assert all(widget.visible for widget in shown)
    lefts = [widget.mapToGlobal(widget.rect.topLeft()).x() for widget in shown]
    assert lefts == sorted(set(lefts)), "side by side"
    side_by_side.fit()
    for phase, widget in zip(phases.volumes(), shown, strict=True):
        assert widget.sliceLogic().GetBackgroundLayer().GetVolumeNode() is phases.volume(phase)
        assert widget.mrmlSliceNode().GetDimensions()[0] > 100
    side_by_side.setOn(False)
    slicer.app.processEvents()
    assert not any(widget.visible for widget in shown)
