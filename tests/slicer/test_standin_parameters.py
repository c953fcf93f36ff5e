"""The stand-in's parameter nodes keep a module's state in the scene, and refuse what Slicer's would."""

import enum
import pathlib
from typing import Annotated, Optional

import ctk
import pytest
import qt
import slicer
from slicer import vtkMRMLScalarVolumeNode
from slicer.parameterNodeWrapper import (
    Choice,
    Default,
    Minimum,
    WithinRange,
    isParameterNodeWrapper,
    parameterNodeWrapper,
    parameterPack,
)


class Phase(enum.Enum):
    ARTERIAL = "arterial"
    PORTAL = "portal"


@parameterPack
class Window:
    level: float = 40.0
    width: Annotated[float, Minimum(1)] = 400.0


@parameterNodeWrapper
class Parameters:
    name: str = "x"
    count: Annotated[int, WithinRange(0, 9)] = 3
    score: Annotated[float, WithinRange(0, 1), Default(0.5)]
    shown: bool = True
    phase: Phase = Phase.PORTAL
    folder: pathlib.Path
    volume: vtkMRMLScalarVolumeNode
    volumes: list[vtkMRMLScalarVolumeNode]
    states: dict[str, list[float]]
    lesion: Optional[int] = None  # noqa: UP045
    order: Annotated[str, Choice(["size", "score"])] = "size"
    window: Window

    def twice(self):
        return 2 * self.count


def new_node():
    return slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScriptedModuleNode", "Test")


@pytest.fixture
def parameters(scene):
    return Parameters(new_node())


@pytest.fixture
def volume(scene):
    return scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "portal")


def test_what_is_not_set_has_its_default(parameters):
    assert (parameters.name, parameters.count, parameters.score, parameters.shown) == ("x", 3, 0.5, True)
    assert (parameters.phase, parameters.folder, parameters.volume) == (Phase.PORTAL, pathlib.Path(), None)
    assert (parameters.volumes, parameters.states, parameters.lesion) == ([], {}, None)
    assert parameters.window == Window(40.0, 400.0)
    assert parameters.twice() == 6


def test_everything_comes_back_with_the_saved_scene(parameters, volume, tmp_path):
    parameters.name, parameters.count, parameters.score = "case 1 <ä>", 7, 0.25
    parameters.shown, parameters.phase, parameters.folder = False, Phase.ARTERIAL, tmp_path
    parameters.volume, parameters.volumes = volume, [volume, volume]
    parameters.states, parameters.lesion = {"a": [1.5, 2.0]}, 0
    parameters.window.width = 250.0
    path = str(tmp_path / "scene.mrb")
    assert slicer.util.saveScene(path, properties={})
    slicer.mrmlScene.Clear(False)
    slicer.util.loadScene(path, properties={})
    again = Parameters(slicer.util.getNode("Test"))
    assert (again.name, again.count, again.score) == ("case 1 <ä>", 7, 0.25)
    assert (again.shown, again.phase, again.folder) == (False, Phase.ARTERIAL, tmp_path)
    assert again.volume.GetName() == "portal" and again.volumes == [again.volume, again.volume]
    assert (again.states, again.lesion) == ({"a": [1.5, 2.0]}, 0)
    assert again.window == Window(40.0, 250.0)


def test_an_enumeration_is_saved_by_name(parameters):
    assert "PORTAL" in parameters.parameterNode.GetParameter("phase")


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("count", 10, ValueError),
        ("count", 1.0, TypeError),
        ("count", True, TypeError),
        ("score", "1", TypeError),
        ("name", None, TypeError),
        ("phase", "PORTAL", TypeError),
        ("order", "type", ValueError),
        ("volumes", [3], TypeError),
        ("states", {"a": [1, "2"]}, TypeError),
        ("window", 3, TypeError),
    ],
)
def test_a_wrong_value_is_refused_and_changes_nothing(parameters, name, value, error):
    before = getattr(parameters, name)
    with pytest.raises(error):
        setattr(parameters, name, value)
    assert getattr(parameters, name) == before


def test_an_unknown_parameter_is_refused(parameters):
    with pytest.raises(AttributeError):
        parameters.lesions = 3
    with pytest.raises(AttributeError):
        parameters.window.lesions = 3
    with pytest.raises(AttributeError):
        _ = parameters.lesions


def test_a_container_that_was_read_cannot_be_changed(parameters):
    with pytest.raises(TypeError, match="assign a new"):
        parameters.states["a"] = []
    with pytest.raises(TypeError, match="assign a new"):
        parameters.volumes.append(None)


@pytest.mark.parametrize("declared", [tuple, int | str, dict[str, vtkMRMLScalarVolumeNode], object, set[int]])
def test_a_type_that_is_not_supported_is_refused_where_it_is_declared(declared):
    with pytest.raises(TypeError):
        parameterNodeWrapper(type("P", (), {"__annotations__": {"value": declared}}))


def test_a_removed_node_is_none(parameters, volume, scene):
    parameters.volume, parameters.volumes = volume, [volume]
    scene.RemoveNode(volume)
    assert parameters.volume is None


def test_observers_hear_a_held_back_change_once(parameters):
    heard = []
    tag = parameters.AddObserver("ModifiedEvent", lambda *_: heard.append(1))
    with slicer.util.NodeModify(parameters):
        parameters.name, parameters.count = "y", 5
        assert not heard
    assert len(heard) == 1
    parameters.RemoveObserver(tag)
    parameters.count = 6
    assert len(heard) == 1


def test_two_wrappers_of_one_node_with_prefixes_do_not_meet(scene):
    node = new_node()
    one, two = Parameters(node, "one"), Parameters(node, "two")
    one.count = 9
    assert (one.count, two.count) == (9, 3)
    assert isParameterNodeWrapper(one)


def widgets_of_all_kinds():
    combo = slicer.qMRMLNodeComboBox()
    combo.nodeTypes = ["vtkMRMLScalarVolumeNode"]
    combo.noneEnabled = True
    combo.setMRMLScene(slicer.mrmlScene)
    return {
        "name": qt.QLineEdit(),
        "count": qt.QSpinBox(),
        "score": ctk.ctkSliderWidget(),
        "shown": qt.QCheckBox(),
        "phase": qt.QComboBox(),
        "folder": ctk.ctkPathLineEdit(),
        "volume": combo,
        "order": qt.QComboBox(),
        "window.width": qt.QDoubleSpinBox(),
    }


def test_widgets_follow_parameters_and_parameters_widgets(parameters, volume):
    widgets = widgets_of_all_kinds()
    tag = parameters.connectParametersToGui(widgets)
    assert (widgets["score"].maximum, widgets["count"].maximum, widgets["window.width"].minimum) == (1.0, 9, 1.0)
    for name, value in (("name", "a"), ("count", 8), ("score", 0.75), ("shown", False), ("volume", volume)):
        setattr(parameters, name, value)
    parameters.phase, parameters.folder, parameters.order = Phase.ARTERIAL, pathlib.Path("/studies"), "score"
    assert (widgets["name"].text, widgets["count"].value, widgets["score"].value) == ("a", 8, 0.75)
    assert widgets["shown"].checked is False and widgets["volume"].currentNode() is volume
    assert widgets["phase"].currentText == "ARTERIAL" and widgets["folder"].currentPath == "/studies"
    widgets["name"].text = "b"
    widgets["count"].value = 2
    widgets["score"].value = 0.1
    widgets["shown"].click()
    widgets["phase"].setCurrentIndex(1)
    widgets["volume"].setCurrentNode(None)
    widgets["order"].setCurrentText("size")
    assert (parameters.name, parameters.count, parameters.score, parameters.shown) == ("b", 2, 0.1, True)
    assert (parameters.phase, parameters.volume, parameters.order) == (Phase.PORTAL, None, "size")
    parameters.disconnectGui(tag)
    widgets["count"].value = 7
    parameters.name = "c"
    assert parameters.count == 2 and widgets["name"].text == "b"


def test_a_widget_of_a_parameter_that_does_not_exist_is_refused(parameters):
    with pytest.raises(ValueError, match="lesions"):
        parameters.connectParametersToGui({"lesions": qt.QSpinBox()})
    with pytest.raises(RuntimeError, match="Unable to create GUI connector"):
        parameters.connectParametersToGui({"count": qt.QLineEdit()})
