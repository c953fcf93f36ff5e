"""Ultrasound images in the scene: where pixels lie, circles in the views and back, what is saved."""

import numpy as np
import pytest
import qt
import SimpleITK as sitk
import slicer
from case_scene import open_case, parameters
from standin.helpers import screenshot
from ultrasound_scene import (
    CASE,
    COLUMNS,
    LESIONS,
    ROWS,
    SPACING,
    Ultrasound,
    pixels_of,
    png,
    saliency_of,
    server,
    ultrasound,
)

from livercad.core.circle import Circle
from livercad.core.saliency import RAMP, STRONGEST_ALPHA
from LiverCADLib.pictureFiles import greyOf, readGrey
from LiverCADLib.pictures import Mark
from LiverCADLib.scene.pictureNodes import addPicture, pixelsAt, rasOf, whyNoPicture
from LiverCADLib.scene.pixels import laidOver

__all__ = ["server", "ultrasound"]

PLACES = np.array([(0, 0), (40.5, 30.0), (COLUMNS - 1, 0), (0, ROWS - 1)])
"""Columns and rows."""


def ends_of(line):
    return slicer.util.arrayFromMarkupsControlPoints(line, world=True)


def drag(line, end, ras):
    line.SetNthControlPointPositionWorld(end, *map(float, ras))


def test_pixels_go_into_the_scene_and_back_whatever_their_size(scene):
    for spacing in (None, (0.2, 0.3)):
        node = addPicture(pixels_of("a"), spacing, "a")
        down, across = spacing or (1.0, 1.0)
        assert rasOf(node, PLACES) == pytest.approx(np.column_stack([PLACES * (-across, -down), np.zeros(4)]))
        assert pixelsAt(node, rasOf(node, PLACES)) == pytest.approx(PLACES)
        assert np.array_equal(slicer.util.arrayFromVolume(node)[0], pixels_of("a"))
        assert node.GetSpacing() == pytest.approx((across, down, 1.0))


def test_images_lie_as_slicer_itself_lays_a_picture_file(scene, tmp_path):
    picture = sitk.GetImageFromArray(pixels_of("a")[None])  # with the places that ITK gives to a picture file
    sitk.WriteImage(picture, str(tmp_path / "a.nrrd"))  # PNG itself is not read by the libraries without Slicer
    theirs = slicer.util.loadVolume(str(tmp_path / "a.nrrd"), properties={})
    ours = addPicture(pixels_of("a"), None, "a")
    assert np.array_equal(slicer.util.arrayFromVolume(theirs), slicer.util.arrayFromVolume(ours))
    assert rasOf(theirs, PLACES) == pytest.approx(rasOf(ours, PLACES))


def test_the_view_shows_the_image_upright_with_its_circle_and_what_the_model_looked_at(
    main_window, ultrasound, tmp_path
):
    ultrasound.view.setSaliency(saliency_of(Circle((90.0, 60.0), 12.0)))
    red = slicer.app.layoutManager().sliceWidget("Red")
    screenshot(main_window, tmp_path / "window.png", (900, 700))
    ultrasound.view.fit()
    seen = qt.QImage(str(screenshot(red.sliceView(), tmp_path / "red.png")))

    def color(column, row):
        ras = rasOf(ultrasound.pictures.node, [(column, row)])[0]
        x, y, _ = red.sliceView().convertRASToXYZ(ras)
        assert 0 <= x < seen.width() and 0 <= y < seen.height(), "the whole image is in the view"
        pixel = seen.pixelColor(round(x), seen.height() - 1 - round(y))
        return np.array([pixel.red(), pixel.green(), pixel.blue()]), (x, seen.height() - 1 - y)

    (corner, (left, upper)), (_, (right, _)), (_, (_, lower)) = color(3, 2), color(110, 2), color(3, 80)
    assert left < right and upper < lower and corner == pytest.approx(255, abs=3)
    circle, _ = color(40.5, 30.0 - 12.0)
    assert circle[0] > circle[2] + 100, "yellow"
    grey = np.full((1, 1, 3), pixels_of("a")[58, 90], np.uint8)
    assert color(90, 58)[0] == pytest.approx(laidOver(grey, np.ones((1, 1)))[0, 0], abs=30)
    assert RAMP[-1][0] * STRONGEST_ALPHA - 30 < color(90, 58)[0][0]


def test_circles_of_the_table_are_drawn_at_once(ultrasound):
    assert list(ultrasound.marks.lines) == [1, 2] and ultrasound.pictures.selection == 1
    node = ultrasound.pictures.node
    for number, lesion in enumerate(LESIONS, start=1):
        ends = pixelsAt(node, ends_of(ultrasound.marks.lines[number]))
        assert ends.mean(axis=0) == pytest.approx(lesion["center"])
        assert np.linalg.norm(ends[1] - ends[0]) == pytest.approx(lesion["diameter"])
        around = pixelsAt(node, ends_of(ultrasound.marks.circles[number]))
        assert np.linalg.norm(around - lesion["center"], axis=1) == pytest.approx(lesion["diameter"] / 2)
    assert not ultrasound.pictures.scene.isUnsaved
    ultrasound.pictures.show("c")
    assert not ultrasound.marks.lines and ultrasound.marks.square is None


def test_a_dragged_end_or_line_moves_the_circle(ultrasound):
    line, node = ultrasound.marks.lines[1], ultrasound.pictures.node
    drag(line, 1, rasOf(node, [(28.5, 62.0)])[0])
    mark = ultrasound.pictures.shown.mark(1)
    assert mark.circle.center == pytest.approx((28.5, 46.0)) and mark.circle.diameter == pytest.approx(32.0)
    assert mark.ends == pytest.approx(np.array([(28.5, 30.0), (28.5, 62.0)])) and mark.className == "hcc"
    around = pixelsAt(node, ends_of(ultrasound.marks.circles[1]))
    assert np.linalg.norm(around - (28.5, 46.0), axis=1) == pytest.approx(16.0)
    assert ultrasound.pictures.scene.isUnsaved and ultrasound.pictures.shown.isChanged
    assert not ultrasound.pictures.picture("b").isChanged
    for end in range(2):
        drag(line, end, ends_of(line)[end] + (-5.0, 0.0, 0.0))
    assert ultrasound.pictures.shown.mark(1).circle.center == pytest.approx((48.5, 46.0))
    drag(line, 0, ends_of(line)[1])
    assert ultrasound.pictures.shown.mark(1).circle.diameter > 0, "no circle of no size"


def test_numbers_stay_with_their_lesions(ultrasound):
    pictures = ultrasound.pictures
    ultrasound.editor.delete(1)
    assert ultrasound.editor.add(np.array([(10.0, 10.0), (20.0, 10.0)])) == 3
    ultrasound.editor.delete(3)
    assert ultrasound.editor.add(np.array([(10.0, 10.0), (20.0, 10.0)])) == 4
    assert [mark.number for mark in pictures.shown.marks] == [2, 4] and list(ultrasound.marks.lines) == [2, 4]
    pictures.selectNext()
    assert pictures.selection == 2


def test_the_square_of_a_ratio_is_drawn_around_the_selected_circle(ultrasound):
    pictures = ultrasound.pictures
    pictures.select(2)
    for ratio in (0.1, 1.0):
        pictures.scene.parameters.pictureRatio = ratio
        pictures.refresh()
        corners = pixelsAt(pictures.node, ends_of(ultrasound.marks.square))
        side = max(12.0 / ratio, 64.0)
        assert np.ptp(corners, axis=0) == pytest.approx((side, side)) and corners.mean(axis=0) == pytest.approx(
            (90, 60)
        )
    pictures.scene.parameters.pictureRatio = 0.0
    pictures.refresh()
    assert ultrasound.marks.square is None


def test_the_layout_and_the_scene_are_as_before_when_the_case_is_closed(case_scene, session, server):
    layout = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLLayoutNode")
    layout.SetViewArrangement(layout.SlicerLayoutFourUpView)
    made = Ultrasound(case_scene, session, server)
    before = slicer.mrmlScene.GetNumberOfNodes()
    made.open()
    made.view.setSaliency(saliency_of(None))
    assert layout.GetViewArrangement() == layout.SlicerLayoutOneUpRedSliceView
    case_scene.close()
    assert layout.GetViewArrangement() == layout.SlicerLayoutFourUpView
    assert slicer.mrmlScene.GetNumberOfNodes() == before and not made.pictures.isOpen
    made.close()


def test_a_ct_case_takes_the_place_of_an_ultrasound_case_and_back(ultrasound, client):
    scene = ultrasound.pictures.scene
    assert scene.isUltrasound
    open_case(scene, client)
    assert not scene.isUltrasound and not ultrasound.pictures.isOpen and not ultrasound.marks.lines
    assert scene.reference is not None
    ultrasound.open()
    assert scene.isUltrasound and scene.reference is None and scene.images == ()
    assert len(slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")) == 3


def test_everything_comes_back_with_the_scene(ultrasound, tmp_path):
    pictures = ultrasound.pictures
    pictures.show("b")
    ultrasound.editor.add(np.array([(10.0, 10.0), (20.0, 34.0)]), "cyst")
    before = pictures.pictures
    path = str(tmp_path / "scene.mrb")
    assert slicer.util.saveScene(path, properties={})
    slicer.mrmlScene.Clear(0)
    pictures.scene.setParameters(parameters())
    assert not pictures.isOpen and not ultrasound.marks.lines
    slicer.util.loadScene(path, properties={})
    pictures.scene.setParameters(parameters())
    assert pictures.pictures == before and pictures.shown.name == "b" and pictures.scene.case == CASE
    assert np.array_equal(pictures.pixels("c"), pixels_of("c")) and list(ultrasound.marks.lines) == [1, 2]
    assert pixelsAt(pictures.node, ends_of(ultrasound.marks.lines[2])) == pytest.approx(pictures.shown.mark(2).ends)
    assert len(slicer.util.getNodesByClass("vtkMRMLMarkupsNode")) == 5, "lines, circles, square: none was saved twice"


def test_a_colour_picture_of_the_users_is_taken_as_it_lies_and_stays(ultrasound, tmp_path):
    color = np.random.default_rng(1).integers(0, 256, (ROWS, COLUMNS, 3)).astype(np.uint8)
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLVectorVolumeNode", "mine")
    slicer.util.updateVolumeFromArray(node, color[None])
    turned = np.array([[0, -0.5, 0, 7], [0, 0, 1, 8], [-0.5, 0, 0, 9], [0, 0, 0, 1.0]])
    node.SetIJKToRASMatrix(slicer.util.vtkMatrixFromArray(turned))
    ultrasound.pictures.adopt(node)
    shown = ultrasound.pictures.shown
    assert (shown.name, shown.rows, shown.columns, shown.spacingMm) == ("mine", ROWS, COLUMNS, (0.5, 0.5))
    assert np.abs(ultrasound.pictures.pixels("mine") - color @ [0.299, 0.587, 0.114]).max() <= 0.5
    ultrasound.editor.add(np.array([(10.0, 10.0), (30.0, 10.0)]))
    assert pixelsAt(node, ends_of(ultrasound.marks.lines[1])) == pytest.approx(np.array([(10, 10), (30, 10)]))
    ultrasound.pictures.scene.close()
    assert node.GetScene() is slicer.mrmlScene and not node.GetAttribute("LiverCAD.image")


def test_only_images_of_one_slice_are_taken(scene):
    volume = slicer.util.addVolumeFromArray(np.zeros((2, 4, 4), np.uint8), name="volume")
    assert "more than one slice" in whyNoPicture(volume)
    picture = addPicture(pixels_of("a"), None, "a")
    assert whyNoPicture(picture) == ""
    picture.SetAndObserveTransformNodeID(slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode").GetID())
    assert "Harden" in whyNoPicture(picture)


def test_pictures_become_grey_as_on_the_server(tmp_path):
    (tmp_path / "a.png").write_bytes(png(pixels_of("a")))
    assert np.array_equal(readGrey(tmp_path / "a.png"), pixels_of("a"))
    deep = np.array([[0, 1000], [4000, 2000]], np.uint16)
    assert greyOf(deep).tolist() == [[0, 64], [255, 128]]
    assert greyOf(np.array([[0, 100]], np.uint16)).tolist() == [[0, 100]], "too dark to be stretched"
    see_through = np.array([[[200, 200, 200, 255], [200, 200, 200, 0]]], np.uint8)
    assert greyOf(see_through).tolist() == [[200, 0]]


def test_a_mark_knows_the_ends_that_it_was_made_of():
    ends = np.array([(3.0, 4.0), (-5.0, 10.0)])
    mark = Mark.fromEnds(1, ends)
    assert mark.circle == Circle((-1.0, 7.0), 10.0) and mark.ends == pytest.approx(ends)
    with pytest.raises(ValueError):
        Mark.fromEnds(1, ends[[0, 0]])


def test_the_size_of_pixels_is_the_servers(ultrasound):
    assert ultrasound.pictures.shown.spacingMm == SPACING
    assert ultrasound.pictures.node.GetSpacing()[:2] == pytest.approx(SPACING)
