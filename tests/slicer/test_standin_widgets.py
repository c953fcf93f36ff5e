"""Stand-ins for widgets of CTK and Slicer do what the real ones do, or refuse."""

import ctk
import numpy as np
import pytest
import qt
import slicer
from panel_tools import choose

UI = """<?xml version="1.0" encoding="UTF-8"?>
<ui version="4.0"><class>Panel</class><widget class="qMRMLWidget" name="Panel"><layout class="QVBoxLayout">
<item><widget class="{cls}" name="selector">{properties}</widget></item>
<item><widget class="QPushButton" name="button"><property name="text"><string>Go</string></property></widget></item>
</layout></widget>
<customwidgets><customwidget><class>qMRMLWidget</class><extends>QWidget</extends><header>qMRMLWidget.h</header>
<container>1</container></customwidget><customwidget><class>{cls}</class><extends>QWidget</extends>
<header>x.h</header></customwidget></customwidgets>
<connections><connection><sender>Panel</sender><signal>mrmlSceneChanged(vtkMRMLScene*)</signal>
<receiver>selector</receiver><slot>setMRMLScene(vtkMRMLScene*)</slot></connection></connections></ui>"""
NODE_TYPES = (
    '<property name="nodeTypes"><stringlist notr="true"><string>vtkMRMLScalarVolumeNode</string></stringlist>'
    "</property>"
    '<property name="SlicerParameterName" stdset="0"><string>portal</string></property>'
)


def load(tmp_path, cls, properties=""):
    path = tmp_path / "Panel.ui"
    path.write_text(UI.format(cls=cls, properties=properties))
    return slicer.util.loadUI(str(path))


@pytest.fixture
def volumes(scene):
    return [scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name) for name in ("portal", "arterial")]


def test_a_ui_file_gives_its_widgets_their_scene_and_properties(tmp_path, volumes):
    panel = load(tmp_path, "qMRMLNodeComboBox", NODE_TYPES)
    ui = slicer.util.childWidgetVariables(panel)
    panel.setMRMLScene(slicer.mrmlScene)
    assert ui.selector.currentNode() is volumes[0]
    assert ui.selector.property("SlicerParameterName") == "portal"
    assert ui.button.text == "Go"
    assert not hasattr(panel, "button")


def test_a_ui_file_with_a_widget_that_has_no_stand_in_is_refused(tmp_path):
    with pytest.raises(RuntimeError, match="no stand-in for ctkNoSuchWidget"):
        load(tmp_path, "ctkNoSuchWidget")


def test_a_ui_file_with_a_property_that_the_widget_has_not_is_refused(tmp_path):
    with pytest.raises(RuntimeError, match="has no property 'nodeType'"):
        load(tmp_path, "qMRMLNodeComboBox", '<property name="nodeType"><string>x</string></property>')


def test_the_node_selector_follows_the_scene(volumes, scene):
    selector, heard = slicer.qMRMLNodeComboBox(), []
    selector.nodeTypes = ["vtkMRMLScalarVolumeNode"]
    selector.connect("currentNodeChanged(vtkMRMLNode*)", heard.append)
    selector.setMRMLScene(scene)
    assert selector.nodeCount() == 2 and heard == [volumes[0]]
    selector.setCurrentNode(volumes[1])
    scene.RemoveNode(volumes[1])
    assert selector.currentNode() is volumes[0]
    selector.noneEnabled = True
    selector.setCurrentNode(None)
    assert selector.currentNodeID == ""
    scene.Clear(False)
    assert selector.nodeCount() == 0


def test_the_node_selector_goes_to_the_neighbour_before_its_node_is_removed(volumes, scene):
    selector, heard = slicer.qMRMLNodeComboBox(), []
    selector.nodeTypes, selector.noneEnabled = ["vtkMRMLScalarVolumeNode"], True
    selector.setMRMLScene(scene)
    selector.setCurrentNode(volumes[0])
    selector.connect("nodeActivated(vtkMRMLNode*)", lambda node: pytest.fail("nobody has chosen"))
    selector.connect("currentNodeChanged(vtkMRMLNode*)", lambda node: heard.append((node, volumes[0].GetScene())))
    scene.RemoveNode(volumes[0])
    assert heard == [(volumes[1], scene)] and selector.currentNode() is volumes[1]
    scene.RemoveNode(volumes[1])
    assert heard[1:] == [(None, None)] and selector.nodeCount() == 0


def test_the_node_selector_tells_of_choices_also_when_they_are_made_by_a_program(volumes, scene):
    selector, heard = slicer.qMRMLNodeComboBox(), []
    selector.nodeTypes, selector.noneEnabled = ["vtkMRMLScalarVolumeNode"], True
    selector.setMRMLScene(scene)
    selector.connect("nodeActivated(vtkMRMLNode*)", heard.append)
    selector.setCurrentNode(volumes[1])
    selector.setCurrentNode(volumes[1])
    selector.setCurrentNode(None)
    assert heard == [volumes[1]]
    choose(selector, volumes[0])
    choose(selector, None)
    assert heard == [volumes[1], volumes[0], None] and selector.currentNode() is None


def test_the_node_selector_shows_what_it_is_asked_for(volumes, scene):
    labels = scene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "labels")
    selector = slicer.qMRMLNodeComboBox()
    selector.nodeTypes = ["vtkMRMLScalarVolumeNode"]
    selector.setMRMLScene(scene)
    assert selector.nodeCount() == 3
    selector.showChildNodeTypes = False
    assert selector.nodeCount() == 2
    volumes[1].SetAttribute("LiverCAD.Phase", "arterial")
    selector.addAttribute("vtkMRMLScalarVolumeNode", "LiverCAD.Phase", "arterial")
    assert selector.nodeCount() == 1 and selector.nodeFromIndex(0) is volumes[1]
    assert labels.GetName() == "labels"


def test_a_slider_and_its_box_agree():
    slider, heard = ctk.ctkSliderWidget(), []
    slider.minimum, slider.maximum, slider.decimals, slider.singleStep = 0.1, 1.1, 2, 0.05
    slider.connect("valueChanged(double)", heard.append)
    slider.value = 0.6
    slider.setValue(5)
    assert heard == [0.6, 1.1] and slider.value == 1.1
    with pytest.raises(TypeError):
        slider.value = "0.5"
    with pytest.raises(AttributeError):
        slider.tickLabels = True


def test_a_range_never_turns_round():
    box, heard = ctk.ctkRangeWidget(), []
    box.setRange(-200, 300)
    box.valuesChanged.connect(lambda lower, upper: heard.append((lower, upper)))
    box.setValues(-50, 150)
    box.minimumValue = 200
    assert heard == [(-50, 150), (200, 200)] and box.maximumValue == 200


def test_a_collapsed_section_hides_what_is_in_it():
    section = ctk.ctkCollapsibleButton("Lesions")
    qt.QVBoxLayout(section).addWidget(qt.QLabel("table"))
    label = section.findChild(qt.QLabel)
    section.show()
    heard = []
    section.contentsCollapsed.connect(heard.append)
    section.collapsed = True
    assert section.text == "Lesions" and not label.visible and not section.checked
    section.click()
    assert label.visible and heard == [True, False]


def test_a_chosen_folder_is_signalled(dialogs):
    button, heard = ctk.ctkDirectoryButton(), []
    button.directoryChanged.connect(heard.append)
    dialogs.answer("/studies")
    button.click()
    assert button.directory == "/studies" and heard == ["/studies"]


@pytest.fixture
def segmentation(scene):
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Segmentation")
    node.CreateDefaultDisplayNodes()
    volume = slicer.util.addVolumeFromArray(np.zeros((4, 5, 6), np.int16), name="portal")
    node.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    for name in ("liver", "lesion_1"):
        node.GetSegmentation().AddEmptySegment(name, name)
    return node


def test_the_list_of_segments_follows_the_segmentation(segmentation):
    table = slicer.qMRMLSegmentsTableView()
    table.setMRMLScene(slicer.mrmlScene)
    table.setSegmentationNode(segmentation)
    table.setSelectedSegmentIDs(["lesion_1"])
    segmentation.GetSegmentation().AddEmptySegment("lesion_2", "lesion_2")
    assert table.segmentCount == 3 and table.selectedSegmentIDs() == ["lesion_1"]
    segmentation.GetSegmentation().RemoveSegment("lesion_1")
    assert table.segmentCount == 2 and table.selectedSegmentIDs() == []


def test_the_segment_editor_keeps_its_state_in_its_node(segmentation, scene):
    editor, heard = slicer.qMRMLSegmentEditorWidget(), []
    with pytest.raises(RuntimeError, match="vtkMRMLSegmentEditorNode"):
        editor.setSegmentationNode(segmentation)
    editor.setMRMLScene(scene)
    node = scene.AddNewNodeByClass("vtkMRMLSegmentEditorNode")
    editor.setMRMLSegmentEditorNode(node)
    editor.connect("currentSegmentIDChanged(QString)", heard.append)
    editor.setSegmentationNode(segmentation)
    editor.setSourceVolumeNode(slicer.util.getNode("portal"))
    editor.setCurrentSegmentID("lesion_1")
    assert editor.currentSegmentID() == node.GetSelectedSegmentID() == "lesion_1"
    assert editor.segmentationNode() is segmentation and heard[-1] == "lesion_1"
    assert editor.sourceVolumeNode().GetName() == "portal"


@pytest.fixture
def editor(segmentation, scene):
    editor = slicer.qMRMLSegmentEditorWidget()
    editor.setMRMLScene(scene)
    editor.setMRMLSegmentEditorNode(scene.AddNewNodeByClass("vtkMRMLSegmentEditorNode"))
    yield editor
    editor.uninstallKeyboardShortcuts()
    editor.setMRMLSegmentEditorNode(None)


@pytest.mark.parametrize("isShown", [True, False])
def test_the_segment_editor_shows_its_image_in_all_slice_views(editor, segmentation, scene, isShown):
    portal, other = slicer.util.getNode("portal"), scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "other")
    logic = slicer.vtkMRMLSliceLogic()
    logic.SetMRMLApplicationLogic(slicer.app.applicationLogic())
    logic.SetMRMLScene(scene)
    logic.AddSliceNode("Red")
    composite = logic.GetSliceCompositeNode()
    composite.SetBackgroundVolumeID(other.GetID())
    editor.autoShowSourceVolumeNode = isShown
    segmentation.CreateDefaultDisplayNodes()
    segmentation.SetReferenceImageGeometryParameterFromVolumeNode(portal)
    editor.setSegmentationNode(segmentation)
    assert editor.sourceVolumeNode() is portal, "the image on whose grid it lies"
    assert composite.GetBackgroundVolumeID() == (portal if isShown else other).GetID()
    logic.SetMRMLScene(None)


def test_undo_of_the_segment_editor_takes_segments_away_that_came_since(editor, segmentation):
    editor.setSegmentationNode(segmentation)
    ids = segmentation.GetSegmentation().GetSegmentIDs
    before = ids()
    editor._save_state_for_undo()
    segmentation.GetSegmentation().AddEmptySegment("later")
    editor.undo()
    assert ids() == before
    editor.redo()
    assert ids() == (*before, "later")
    editor.undoEnabled = True
    editor.undo()
    assert ids() == (*before, "later"), "there is nothing to go back to"


def test_the_segment_editor_refuses_keys_that_somebody_has(editor):
    window = qt.QMainWindow()
    taken = qt.QShortcut(window)
    taken.setKey(qt.QKeySequence("."))
    with pytest.raises(RuntimeError, match="which do nothing then"):
        editor.installKeyboardShortcuts(window)
    taken.setKey(qt.QKeySequence("Ctrl+Down"))
    editor.installKeyboardShortcuts(window)
    assert len(window.findChildren(qt.QShortcut)) > 30
    editor.uninstallKeyboardShortcuts()
    assert window.findChildren(qt.QShortcut) == [taken]


def test_effects_of_the_segment_editor_cannot_run(segmentation, scene):
    editor = slicer.qMRMLSegmentEditorWidget()
    editor.setMRMLSegmentEditorNode(scene.AddNewNodeByClass("vtkMRMLSegmentEditorNode"))
    editor.setActiveEffectByName("Paint")
    assert editor.activeEffect() is None
    with pytest.raises(NotImplementedError):
        editor.effectByName("Paint")
    with pytest.raises(ValueError, match="no effect"):
        editor.setActiveEffectByName("Brush")


def test_a_deleted_widget_no_longer_follows_the_scene(volumes, scene):
    selector = slicer.qMRMLNodeComboBox()
    selector.nodeTypes = ["vtkMRMLScalarVolumeNode"]
    selector.setMRMLScene(scene)
    selector.delete()
    scene.RemoveNode(volumes[0])
