"""Slicer's displayable managers draw volumes, segments and markups in the stand-in's views, without a display."""

import numpy as np
import pytest
import qt
import slicer
from standin.helpers import process_events, screenshot

AFFINE = np.diag([-2.0, -2.0, 3.0, 1.0])
AFFINE[:3, 3] = (64, 64, -48)
BOX = """<layout type="vertical" split="true">
<item><view class="vtkMRMLSliceNode" singletontag="First">
<property name="orientation" action="default">Coronal</property>
<property name="viewlabel" action="default">F</property></view></item>
<item><view class="vtkMRMLSliceNode" singletontag="Red"/></item></layout>"""


@pytest.fixture
def layouts(main_window):
    return slicer.app.layoutManager()


@pytest.fixture
def red(layouts):
    layouts.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutOneUpRedSliceView)
    return layouts.sliceWidget("Red")


@pytest.fixture
def volume(scene, red):
    """A block of 100 HU in a field of 0 HU, shown from -100 to 300 HU."""
    voxels = np.zeros((32, 64, 64), np.int16)
    voxels[8:24, 16:48, 16:48] = 100
    node = slicer.util.addVolumeFromArray(voxels, ijkToRAS=AFFINE, name="portal")
    node.CreateDefaultDisplayNodes()
    node.GetDisplayNode().SetAutoWindowLevel(False)
    node.GetDisplayNode().SetWindowLevel(400, 100)
    return node


def seen(window, red, tmp_path):
    """Take a picture of the red view, and answer a function from RAS to the colour there."""
    screenshot(window, tmp_path / "window.png", (900, 700))
    path = screenshot(red.sliceView(), tmp_path / "red.png")
    picture = qt.QImage(str(path))

    def color(*ras):
        x, y, _ = red.sliceView().convertRASToXYZ(ras)
        pixel = picture.pixelColor(round(x), picture.height() - 1 - round(y))
        return pixel.red(), pixel.green(), pixel.blue()

    return color


def show(window, node, tmp_path, red):
    screenshot(window, tmp_path / "before.png", (900, 700))
    slicer.util.setSliceViewerLayers(background=node, fit=True)
    slicer.vtkMRMLSliceNode.JumpAllSlices(slicer.mrmlScene, 0, 0, 0, 0)


def test_a_volume_is_shown_with_its_window_where_it_lies(main_window, red, volume, tmp_path):
    show(main_window, volume, tmp_path, red)
    color = seen(main_window, red, tmp_path)
    assert color(0, 0, 0) == pytest.approx((128, 128, 128), abs=2)
    assert color(50, 50, 0) == pytest.approx((64, 64, 64), abs=2)
    assert color(28, 0, 0)[0] > 120 and color(36, 0, 0)[0] < 70  # the block ends 32 mm from the middle


def test_a_segment_is_shown_in_its_colour(main_window, red, volume, tmp_path):
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Segmentation")
    node.CreateDefaultDisplayNodes()
    node.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    node.GetSegmentation().AddEmptySegment("lesion_1", "lesion_1", [1.0, 0.0, 0.0])
    mask = np.zeros((32, 64, 64), np.uint8)
    mask[12:20, 28:36, 28:36] = 1
    slicer.util.updateSegmentBinaryLabelmapFromArray(mask, node, "lesion_1", volume)
    show(main_window, volume, tmp_path, red)
    color = seen(main_window, red, tmp_path)
    inside, outside = color(0, 0, 0), color(25, 0, 0)
    assert inside[0] > inside[1] + 40 and inside[1] == inside[2]
    assert outside[0] == outside[1] == outside[2]


def test_a_box_and_a_line_are_shown_where_they_lie(main_window, red, volume, tmp_path):
    show(main_window, volume, tmp_path, red)
    bare = seen(main_window, red, tmp_path)
    roi = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsROINode", "Lesion 1")
    line = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsLineNode", "Diameter")
    for node in (roi, line):
        node.CreateDefaultDisplayNodes()
        node.GetDisplayNode().SetPropertiesLabelVisibility(False)
        node.GetDisplayNode().SetPointLabelsVisibility(False)
    roi.SetCenter(0, 0, 0)
    roi.SetSize(40, 40, 40)
    roi.GetDisplayNode().SetHandlesInteractive(False)
    roi.GetDisplayNode().SetFillVisibility(False)
    line.AddControlPointWorld(-10, 5, 0)
    line.AddControlPointWorld(10, 5, 0)
    drawn = seen(main_window, red, tmp_path)
    reached = range(-2, 3)  # lines are a pixel or two wide
    on_box = [(20 + offset / 2, 10, 0) for offset in reached]
    on_line = [(4, 5 + offset / 2, 0) for offset in reached]
    for points in (on_box, on_line):
        assert any(drawn(*point) != bare(*point) for point in points)
    assert drawn(0, -12, 0) == bare(0, -12, 0) and drawn(28, 28, 0) == bare(28, 28, 0)


def test_a_described_layout_gets_its_views(layouts, volume, main_window, tmp_path):
    layouts.layoutLogic().GetLayoutNode().AddLayoutDescription(4999, BOX)
    heard = []
    layouts.connect("layoutChanged(int)", heard.append)
    layouts.setLayout(4999)
    process_events()
    first = layouts.sliceWidget("First")
    assert layouts.layout == 4999 and heard == [4999]
    assert "First" in layouts.sliceViewNames()
    assert first.mrmlSliceNode().GetLayoutLabel() == "F"
    assert first.mrmlSliceCompositeNode().GetLayoutName() == "First"
    assert first.visible and layouts.sliceWidget("Red").visible and not layouts.sliceWidget("Green").visible
    layouts.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView)
    process_events()
    assert layouts.sliceWidget("Green").visible and not first.visible
    assert layouts.threeDViewCount >= 1 and layouts.threeDWidget(0).visible
    slicer.util.forceRenderAllViews()


def test_segments_are_seen_in_space(layouts, volume, main_window, tmp_path):
    layouts.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutOneUp3DView)
    view = layouts.threeDWidget(0).threeDView()
    empty = qt.QImage(str(screenshot(view, tmp_path / "empty.png")))
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Segmentation")
    node.CreateDefaultDisplayNodes()
    node.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    node.GetSegmentation().AddEmptySegment("liver", "liver", [1.0, 0.0, 0.0])
    mask = np.zeros((32, 64, 64), np.uint8)
    mask[8:24, 16:48, 16:48] = 1
    slicer.util.updateSegmentBinaryLabelmapFromArray(mask, node, "liver", volume)
    node.CreateClosedSurfaceRepresentation()
    slicer.util.resetThreeDViews()
    full = qt.QImage(str(screenshot(view, tmp_path / "full.png")))
    middle = full.pixelColor(full.width() // 2, full.height() // 2)
    assert middle.red() > 2 * middle.green()
    assert empty.pixelColor(empty.width() // 2, empty.height() // 2) != middle


def test_a_scene_that_is_loaded_is_shown_at_once(layouts, volume, main_window, red, tmp_path):
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Segmentation")
    node.CreateDefaultDisplayNodes()
    node.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    path = str(tmp_path / "scene.mrb")
    slicer.util.saveScene(path, properties={})
    slicer.mrmlScene.Clear(False)
    slicer.util.loadScene(path, properties={})
    hierarchy = slicer.mrmlScene.GetSubjectHierarchyNode()
    for name in ("portal", "Segmentation"):
        item = hierarchy.GetItemByDataNode(slicer.util.getNode(name))
        assert hierarchy.GetItemParent(item) == hierarchy.GetSceneItemID()
