"""Crops of the selected lesion: what is cut out, how it is shown, and what is drawn of it in the views."""

from dataclasses import replace

import numpy as np
import pytest
import slicer
import vtk
from case_scene import parameters
from crop_scene import HU, SPOTS, found, volume_of
from vtk.util.numpy_support import vtk_to_numpy

from livercad.core.crops import PIXELS, PLANE_SHARE, PLANES, SMALLEST_SIDE_MM, crops_of, side_mm
from livercad.core.phases import ENHANCED_WINDOW, UNENHANCED_WINDOW, Phase, Window
from livercad.core.roi import axial_squares
from livercad.core.volume import Volume
from LiverCADLib.scene.cropRegion import CropRegion
from LiverCADLib.scene.pixels import greyOf, laidOver, pngOf
from LiverCADLib.scene.seen import Seen
from LiverCADLib.scene.volumes import addVolumeNode


def network_crops(number):
    """What the server's classifier cuts out of its own volumes."""
    what = found(number)
    all_planes, _ = crops_of({phase: volume_of(phase) for phase in HU}, what.center, what.diameter_mm)
    return {phase: all_planes[list(Phase).index(phase)] for phase in HU}


def seen_of(number, saliency):
    what = found(number)
    return Seen(network_crops(number), dict.fromkeys(HU, saliency), side_mm(what.diameter_mm), what.center)


@pytest.fixture
def counted(crops):
    """Counts how often pictures would be drawn anew."""
    heard = []
    crops.changed.connect(lambda: heard.append(1))
    return heard


@pytest.mark.parametrize("number", SPOTS)
def test_at_the_classifiers_ratio_crops_are_pixel_for_pixel_what_the_classifier_sees(crops, number):
    crops.lesions.select(number)
    assert crops.isAsTheNetworkSees
    seen = network_crops(number)
    assert [crop.phase for crop in crops.crops()] == list(HU)
    for crop in crops.crops():
        assert crop.isRegistered
        np.testing.assert_allclose(crop.hu, seen[crop.phase][PLANES // 2], atol=1e-3)


def test_a_smaller_ratio_shows_more_and_the_smallest_square_holds(crops):
    crops.setRatio(0.3)
    assert crops.sideMm == pytest.approx(crops.lesion.diameterMm / 0.3)
    wide = {crop.phase: crop.hu for crop in crops.crops()}[Phase.PORTAL]
    square = axial_squares(volume_of(Phase.PORTAL), found(1).center, found(1).diameter_mm / 0.3, PIXELS)
    np.testing.assert_allclose(wide, square[0], atol=1e-3)
    crops.setRatio(5.0)
    assert crops.ratio == 1.1
    crops.lesions.select(2)
    assert crops.sideMm == SMALLEST_SIDE_MM


def test_a_phase_that_is_not_registered_is_shown_as_it_was_taken_and_says_so(crops, phases):
    phases.forgetRegistrations()
    assert {crop.phase: crop.isRegistered for crop in crops.crops()} == {
        Phase.UNENHANCED: False,
        Phase.ARTERIAL: False,
        Phase.PORTAL: True,
    }


def test_a_volume_alone_needs_no_registration(crops, phases):
    for phase in (Phase.UNENHANCED, Phase.ARTERIAL):
        phases.assign(phase, None)
    assert [(crop.phase, crop.isRegistered) for crop in crops.crops()] == [(Phase.PORTAL, True)]


def test_a_phase_that_does_not_reach_the_lesion_is_left_out(crops, phases):
    portal = volume_of(Phase.PORTAL)
    moved = portal.affine.copy()
    moved[:3, 3] += 500.0
    phases.assign(Phase.DELAYED, addVolumeNode(Volume(portal.array, moved), "elsewhere"))
    assert [crop.phase for crop in crops.crops()] == list(HU)


def test_a_volume_without_voxels_is_left_out(crops, phases):
    phases.assign(Phase.DELAYED, slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "empty"))
    assert [crop.phase for crop in crops.crops()] == list(HU)


def test_without_a_lesion_there_is_nothing_to_show(crops):
    crops.lesions.select(None)
    assert (crops.lesion, crops.sideMm, crops.crops(), crops.pictures(), crops.curve()) == (None, None, (), {}, None)
    assert not crops.isToBeAsked


def test_every_phase_has_its_usual_window_until_it_is_given_another(crops, counted):
    assert crops.window(Phase.UNENHANCED) == UNENHANCED_WINDOW
    assert crops.window(Phase.PORTAL) == ENHANCED_WINDOW
    crops.setWindow(Phase.PORTAL, Window(100.0, 150.0))
    assert crops.window(Phase.PORTAL) == Window(100.0, 150.0)
    assert crops.window(Phase.ARTERIAL) == ENHANCED_WINDOW
    assert len(counted) == 1
    portal = {crop.phase: crop for crop in crops.crops()}[Phase.PORTAL]
    assert np.array_equal(crops.pictures()[Phase.PORTAL], greyOf(portal.hu, Window(100.0, 150.0)))


def test_linked_windows_are_those_of_the_first_enhanced_phase_and_change_together(crops):
    crops.setWindow(Phase.ARTERIAL, Window(80.0, 200.0))
    crops.setWindowsLinked(True)
    assert {crops.window(phase) for phase in Phase} == {Window(80.0, 200.0)}
    crops.setWindow(Phase.UNENHANCED, Window(10.0, 60.0))
    assert {crops.window(phase) for phase in Phase} == {Window(10.0, 60.0)}
    crops.resetWindows()
    assert not crops.areWindowsLinked
    assert crops.window(Phase.UNENHANCED) == UNENHANCED_WINDOW


def test_how_crops_are_shown_is_kept_with_the_scene(crops, case_scene, phases):
    crops.setRatio(0.45)
    crops.setWindow(Phase.PORTAL, Window(70.0, 180.0))
    crops.setShowsRegion(False)
    again = parameters()
    assert (again.cropRatio, again.cropRegion) == (0.45, False)
    case_scene.setParameters(again)
    assert crops.ratio == 0.45
    assert crops.window(Phase.PORTAL) == Window(70.0, 180.0)


def test_setting_what_is_set_already_draws_nothing_anew(crops, counted):
    crops.setRatio(crops.ratio)
    crops.setShowsSaliency(False)
    crops.setWindow(Phase.PORTAL, crops.window(Phase.PORTAL))
    assert not counted


def test_saliency_is_asked_for_only_where_it_is_wanted_and_the_server_classified(crops):
    assert not crops.isToBeAsked
    crops.setShowsSaliency(True)
    assert crops.isToBeAsked
    crops.lesions.select(2)
    assert not crops.isToBeAsked


def test_saliency_lies_over_its_place_and_goes_when_the_server_has_analysed_anew(crops):
    saliency = np.zeros((PIXELS, PIXELS), np.float32)
    saliency[10:20, 30:40] = 1.0
    crops.setShowsSaliency(True)
    plain = crops.pictures()[Phase.PORTAL].astype(int)
    crops.addSeen(1, crops.lesion.found, seen_of(1, saliency))
    assert not crops.isToBeAsked
    shown = crops.pictures()[Phase.PORTAL].astype(int)
    differs = np.abs(shown - plain).max(axis=-1) > 0
    assert differs[11:19, 31:39].mean() > 0.95
    assert not differs[saliency == 0].any()
    record = crops.lesions.records[1]
    crops.lesions.update({1: type(record)(1, record.origin, record.center, record.diameterMm, found=found(1))})
    assert crops.seen is None
    assert crops.isToBeAsked


def test_saliency_is_exact_in_the_classifiers_square_and_stays_at_its_place_in_others():
    saliency = np.random.default_rng(0).random((PIXELS, PIXELS)).astype(np.float32)
    seen = seen_of(1, saliency)
    np.testing.assert_allclose(seen.saliencyAt(Phase.PORTAL, seen.center, seen.sideMm), saliency, atol=1e-5)
    twice = seen.saliencyAt(Phase.PORTAL, seen.center, 2 * seen.sideMm)
    quarter = PIXELS // 4
    inner = twice[quarter:-quarter, quarter:-quarter]
    np.testing.assert_allclose(inner, saliency.reshape(PIXELS // 2, 2, PIXELS // 2, 2).mean(axis=(1, 3)), atol=1e-5)
    assert not twice[: quarter - 1].any()
    assert not seen.saliencyAt(Phase.DELAYED, seen.center, seen.sideMm).any()


def test_what_the_server_says_it_saw_is_read_and_equals_our_own_crops(crops):
    """The arrays of the route `views`, as the server makes them of its own volumes."""
    planes = network_crops(1)
    answer = {
        "phases": np.array([str(phase) for phase in HU] + ["later"]),
        "crops": np.stack([*planes.values(), planes[Phase.PORTAL]]),
        "saliency": np.zeros((len(HU) + 1, PIXELS, PIXELS), np.float32),
        "side_mm": np.array(found(1).diameter_mm / 0.6),
        "center": np.array(found(1).center),
    }
    seen = Seen.fromServer(answer)
    assert list(seen.crops) == list(HU)
    assert seen.sideMm == pytest.approx(crops.sideMm)
    for crop in crops.crops():
        np.testing.assert_allclose(crop.hu, seen.crops[crop.phase][PLANES // 2], atol=1e-3)


def test_the_curve_is_that_of_the_report_and_an_edit_is_told(crops):
    curve = crops.curve()
    assert [phase for _, phase in curve.phases] == list(HU)
    assert {line.name for line in curve.lines} == {"lesion", "liver"}
    record = crops.lesions.records[1]
    as_measured = crops.lesions.measured(1).fingerprint
    crops.lesions.update({1: replace(record, foundIn=as_measured)})
    assert not crops.isOutdated
    crops.lesions.update({1: replace(record, foundIn="other voxels")})
    assert crops.isOutdated


def test_grey_runs_from_black_to_white_over_the_window():
    grey = greyOf(np.array([[-1024.0, 0.0, 50.0, 100.0, 3000.0]]), Window(50.0, 100.0))
    assert grey[0, :, 0].tolist() == [0, 0, 128, 255, 255]
    assert np.array_equal(grey[..., 0], grey[..., 2])


def test_a_picture_without_saliency_is_left_as_it_is():
    picture = np.random.default_rng(1).integers(0, 256, (5, 6, 3)).astype(np.uint8)
    assert np.array_equal(laidOver(picture, np.zeros((5, 6))), picture)
    assert not np.array_equal(laidOver(picture, np.ones((5, 6))), picture)


def test_a_png_gives_its_pixels_back():
    picture = np.random.default_rng(1).integers(0, 256, (5, 7, 3)).astype(np.uint8)
    png = pngOf(picture)
    reader = vtk.vtkPNGReader()
    reader.SetMemoryBuffer(png)
    reader.SetMemoryBufferLength(len(png))
    reader.Update()
    back = vtk_to_numpy(reader.GetOutput().GetPointData().GetScalars()).reshape(5, 7, 3)[::-1]
    assert np.array_equal(back, picture)


def test_the_region_is_the_square_as_thick_as_the_planes_lie_apart_and_follows_the_slider(crops):
    region = CropRegion(crops)
    assert region.node.GetCenter() == pytest.approx(crops.lesion.center)
    thickness = 2 * PLANE_SHARE * crops.lesion.diameterMm
    assert region.node.GetSize() == pytest.approx((crops.sideMm, crops.sideMm, thickness))
    crops.setRatio(0.25)
    assert region.node.GetSize()[0] == pytest.approx(crops.lesion.diameterMm / 0.25)
    crops.lesions.select(2)
    assert region.node.GetCenter() == pytest.approx(crops.lesions.records[2].center)


def test_the_region_is_drawn_only_when_wanted_and_a_lesion_is_selected(crops):
    before = slicer.mrmlScene.GetNumberOfNodes()
    region = CropRegion(crops)
    assert region.node.GetDisplayNode().GetVisibility()
    crops.setShowsRegion(False)
    assert region.node is None and slicer.mrmlScene.GetNumberOfNodes() == before
    crops.setShowsRegion(True)
    assert region.node is not None
    crops.lesions.select(None)
    assert region.node is None and slicer.mrmlScene.GetNumberOfNodes() == before


def test_the_region_is_no_markup_of_the_user_and_is_not_saved(crops):
    region = CropRegion(crops)
    assert region.node.GetHideFromEditors()
    assert region.node.GetLocked()
    assert not region.node.GetSaveWithScene()
    assert not region.node.GetDisplayNode().GetSaveWithScene()
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    assert not hierarchy.GetItemByDataNode(region.node)
    region.close()
    assert region.node is None


def test_the_region_comes_again_after_the_scene_was_closed(crops):
    region = CropRegion(crops)
    slicer.mrmlScene.RemoveNode(region.node)
    assert region.node is None
    crops.setRatio(0.5)
    assert region.node is not None
