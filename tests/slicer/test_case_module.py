"""A case in the whole module: scenes that are saved, closed, loaded while the module is open, and before it is."""

from pathlib import Path

import pytest
import slicer
from case_scene import open_case
from standin.loader import openModule

from livercad.core.phases import Phase

MODULE = Path(__file__).resolve().parents[2] / "SlicerLiverCAD" / "LiverCAD.py"


@pytest.fixture
def open_module():
    slicer.mrmlScene.Clear(0)
    opened = []

    def open_it():
        opened.append(openModule(MODULE))
        return opened[-1]

    yield open_it
    for module in opened:
        if module.widget is not None:
            module.close()
    slicer.mrmlScene.Clear(0)


def state(module):
    work = module.panel.module.workspace
    return {
        "case": work.caseScene.case,
        "phases": {phase.value: work.caseScene.imageOf(node) for phase, node in work.phases.volumes().items()},
        "reference": work.caseScene.imageOf(work.caseScene.reference),
        "side by side": module.panel.module.phasesPanel.sideBySideBox.checked,
        "segmentation": work.workbench.segmentation is not None,
        "label": module.panel.module.casePanel.openLabel.text,
        "selector": module.panel.module.phasesPanel.selectors[Phase.PORTAL].currentNode() is not None,
    }


def save(module, client, tmp_path):
    open_case(module.panel.module.workspace.caseScene, client)
    module.panel.module.phasesPanel.sideBySideBox.click()
    path = str(tmp_path / "scene.mrb")
    assert slicer.util.saveScene(path, properties={})
    return path, state(module)


def test_a_closed_scene_empties_the_module_and_a_loaded_one_fills_it_again(open_module, client, tmp_path):
    module = open_module()
    empty = state(module)
    path, before = save(module, client, tmp_path)
    assert before["segmentation"] and before["reference"] == "third" and before["side by side"]
    slicer.mrmlScene.Clear(0)
    assert state(module) == empty
    slicer.util.loadScene(path, properties={})
    assert state(module) == before


def test_a_module_that_is_opened_after_the_scene_was_loaded_has_everything(open_module, client, tmp_path):
    module = open_module()
    path, before = save(module, client, tmp_path)
    module.close()
    module.widget = None
    slicer.mrmlScene.Clear(0)
    slicer.util.loadScene(path, properties={})
    assert state(open_module()) == before
