"""A module as Slicer's template makes it opens, works and closes in the stand-in."""

from pathlib import Path

import numpy as np
import pytest
import qt
import slicer
from slicer import i18n
from standin.helpers import screenshot
from standin.loader import openModule

DEMO = Path(__file__).parent / "demo_module" / "ThresholdDemo.py"


@pytest.fixture
def ramp(scene):
    node = slicer.util.addVolumeFromArray(np.arange(24.0).reshape(2, 3, 4), name="Ramp")
    return node


@pytest.fixture
def opened(scene):
    module = openModule(DEMO)
    yield module
    module.close()


def test_slicer_knows_the_module_by_all_its_names(opened):
    assert slicer.modules.thresholddemo.title == "Threshold demo"
    assert slicer.util.modulePath("ThresholdDemo") == str(DEMO)
    assert slicer.modules.ThresholdDemoWidget is opened.panel
    assert slicer.util.getModuleWidget("ThresholdDemo") is opened.panel
    assert slicer.util.getModuleLogic("ThresholdDemo") is opened.panel.logic
    assert slicer.modules.ThresholdDemoInstance.parent.categories == ["Examples"]


def test_the_modules_own_test_passes(opened):
    opened.module.ThresholdDemoTest().runTest()


def test_texts_for_translation_are_recorded(opened):
    assert i18n.recorded["Thresholds a volume."]


def test_the_panel_does_what_its_widgets_say(ramp, opened):
    ui, parameters = opened.panel.ui, opened.panel._parameterNode
    assert parameters.inputVolume is ramp and ui.applyButton.enabled
    ui.imageThresholdSliderWidget.value = 20
    ui.applyButton.click()
    output = slicer.util.arrayFromVolume(parameters.thresholdedVolume)
    assert output[output > 0].tolist() == [20, 21, 22, 23]
    ui.invertOutputCheckBox.click()
    ui.applyButton.click()
    assert slicer.util.arrayFromVolume(parameters.thresholdedVolume).max() == 19


@pytest.mark.expects_uncaught
def test_an_error_is_shown_to_the_user(ramp, opened, dialogs):
    opened.panel._parameterNode.inputVolume = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
    opened.panel.ui.applyButton.click()
    assert "Input volume is missing or empty." in dialogs.shown[0].text


def test_the_panel_survives_that_the_scene_is_closed(ramp, opened, scene):
    opened.panel._parameterNode.imageThreshold = 7
    scene.Clear(False)
    assert not opened.panel.ui.applyButton.enabled
    assert opened.panel._parameterNode.inputVolume is None
    assert opened.panel.ui.imageThresholdSliderWidget.value == 100


def test_the_state_comes_back_with_the_scene(ramp, opened, scene, tmp_path):
    opened.panel._parameterNode.imageThreshold = 7
    path = str(tmp_path / "scene.mrb")
    slicer.util.saveScene(path, properties={})
    scene.Clear(False)
    slicer.util.loadScene(path, properties={})
    opened.widget.exit()
    opened.widget.enter()
    assert opened.panel.ui.imageThresholdSliderWidget.value == 7
    assert opened.panel.ui.inputSelector.currentNode().GetName() == "Ramp"


def test_another_module_is_entered_and_left(opened):
    assert opened.widget.isEntered
    opened.widget.exit()
    slicer.util.selectModule("ThresholdDemo")
    assert opened.widget.isEntered and slicer.util.selectedModule() == "ThresholdDemo"


def test_the_module_is_seen_in_the_main_window(ramp, opened, main_window, tmp_path):
    slicer.util.selectModule("ThresholdDemo")
    picture = qt.QImage(str(screenshot(main_window, tmp_path / "window.png", (1200, 700))))
    assert (picture.width(), picture.height()) == (1200, 700)
    colors = {picture.pixelColor(x, y).name() for x in range(0, 400, 5) for y in range(0, 300, 5)}
    assert len(colors) > 10


def test_settings_are_those_of_the_test_alone():
    settings = slicer.app.userSettings()
    settings.setValue("LiverCAD/server", "http://liver:1")
    assert slicer.util.settingsValue("LiverCAD/server", "", settings=settings) == "http://liver:1"
    assert slicer.app.temporaryPath in settings.fileName()
    settings.remove("LiverCAD/server")
