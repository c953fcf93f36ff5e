"""The module as a whole: opened as Slicer opens it, its own test, keys, status line, scenes that come and go."""

import ast
import re
import sys
import threading
import unittest
from pathlib import Path

import pytest
from case_lesions import bench_with_lesions
from panel_tools import picture, qt, settle, slicer, wait_until
from PySide6 import QtCore
from PySide6.QtTest import QTest
from standin.helpers import process_events
from standin.loader import openModule
from standin.widgets.segmenteditor import KEYS as EDITOR_KEYS

from livercad.core.phases import Phase
from LiverCADLib.panels.parts import ICONS, iconOf
from LiverCADLib.scene.layouts import layoutNumber
from LiverCADLib.scene.placing import Way

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def opened():
    slicer.mrmlScene.Clear(0)
    module = openModule(ROOT / "SlicerLiverCAD" / "LiverCAD.py")
    yield module
    module.close()
    slicer.mrmlScene.Clear(0)


@pytest.fixture
def module(opened):
    return opened.panel.module


def test_the_modules_own_test_passes(opened):
    case = opened.module.LiverCADTest()
    names = [name for name in dir(case) if name.startswith("test_")]
    assert len(names) >= 3
    result, kept = unittest.TestResult(), list(opened.panel.module.workspace.submitting.kept)
    case.run(result)
    assert not result.errors and not result.failures, (result.errors + result.failures)[0][1]
    assert opened.panel.module.workspace.submitting.kept == kept, "nothing of it stays"


def test_an_older_slicer_is_told_what_is_needed(monkeypatch):
    monkeypatch.setattr(type(slicer.app), "minorVersion", property(lambda app: 8))
    monkeypatch.setitem(sys.modules, "LiverCADLib.module", None)  # its imports fail in Python 3.9
    module = openModule(ROOT / "SlicerLiverCAD" / "LiverCAD.py")
    ast.parse((ROOT / "SlicerLiverCAD" / "LiverCAD.py").read_text(), feature_version=(3, 9))
    sentence = "LiverCAD needs 3D Slicer 5.10 or newer; this is 5.8. Install a newer Slicer."
    assert module.panel.reasonLabel.text == sentence
    module.close()


def test_a_saved_scenes_layout_is_known_before_the_module_is_opened(opened, monkeypatch):
    layouts = slicer.vtkMRMLLayoutNode()
    monkeypatch.setattr("LiverCADLib.scene.layouts.layoutNode", lambda: layouts)
    assert not layouts.IsLayoutDescription(layoutNumber(Phase))
    slicer.app.startupCompleted.emit()
    assert layouts.IsLayoutDescription(layoutNumber(Phase))


def test_the_help_has_a_link_to_the_tutorial(opened):
    assert f"href='{opened.module.TUTORIAL}'" in opened.instance.parent.helpText
    assert opened.module.TUTORIAL.endswith("docs/slicer.md") and (ROOT / "docs" / "slicer.md").is_file()


def test_every_icon_that_a_button_names_is_there_and_none_is_left_over(monkeypatch, opened):
    named = set()

    def named_icon(name):
        named.add(name)
        return iconOf(name)

    monkeypatch.setattr("LiverCADLib.panels.parts.iconOf", named_icon)
    opened.module.LiverCADTest()._openPanel().close()
    assert named == {file.stem for file in ICONS.glob("*.png")} - {"LiverCAD", "LiverCADPhantom"}


def test_the_sections_are_in_the_order_of_work(opened, module):
    titles = ["Server", "Case", "Phases", "Segment", "Lesions", "Crop previews", "Submit", "Report", "Train"]
    titles += ["Ultrasound image", "Circles", "D/L previews", "Classify", "Submit circles", "Keys"]
    assert list(module.sections) == titles
    assert not module.sections["Server"].collapsed and module.sections["Train"].collapsed
    picture(opened.widget, "module_empty", 480)


def test_work_shows_its_progress_and_can_be_cancelled(module):
    line, runner = module.statusLine, module.workspace.session.runner
    assert line.textLabel.text == "Ready." and not line.cancelButton.enabled

    def work(task):
        task.report(0.25, "first part")
        while True:
            task.wait(0.01)

    runner.start("Segmenting", work)
    wait_until(lambda: line.progressBar.value == 250)
    assert line.textLabel.text == "Segmenting: first part"
    runner.start("Listing", lambda task: task.wait(0.05))
    assert line.textLabel.text == "Segmenting: first part (and 1 more)"
    picture(line.widget, "status_busy")
    line.cancelButton.click()
    assert "stopping" in line.textLabel.text and not line.cancelButton.enabled
    wait_until(lambda: not runner.isBusy)
    assert line.textLabel.text == "Ready."


def test_an_error_after_a_job_is_shown_until_the_next_one(module):
    def fail(result):
        raise KeyError("voxels")

    runner = module.workspace.session.runner
    runner.start("Loading", lambda task: None).done.connect(fail)
    settle(runner)
    assert "Loading: something went wrong here" in module.statusLine.textLabel.text
    runner.start("Loading", lambda task: None)
    settle(runner)
    assert module.statusLine.textLabel.text == "Ready."


def test_keys_work_while_the_module_is_shown(opened, module):
    window = slicer.util.mainWindow()
    if window is None:
        from standin.mainwindow import qSlicerMainWindow

        window = qSlicerMainWindow()
        opened.widget.enter()
    keys = [shortcut.key for shortcut in module.shortcuts.shortcuts]
    assert len(set(keys)) == len(keys)
    installed = [shortcut.key.toString() for shortcut in window.findChildren(qt.QShortcut)]
    assert set(keys) | set(EDITOR_KEYS) == set(installed) and len(set(installed)) == len(installed), "each key once"
    opened.widget.exit()
    slicer.app.processEvents()
    assert not window.findChildren(qt.QShortcut)
    for key in keys:
        assert f"<b>{key}</b>" in module.shortcuts.asTable()


def test_keys_do_what_they_say_beside_those_of_the_segment_editor(opened, module):
    bench = bench_with_lesions()
    module.workspace.caseScene.setParameters(bench.scene.parameters)
    bench.release()
    window = slicer.util.mainWindow()
    was_visible = window.visible
    window.show()
    window.activateWindow()
    opened.widget.exit()
    opened.widget.enter()
    slicer.app.processEvents()
    lesions = module.workspace.workbench.lesions
    control, alt = QtCore.Qt.KeyboardModifier.ControlModifier, QtCore.Qt.KeyboardModifier.AltModifier
    for key, selected in (("Down", 1), ("Down", 2), ("Up", 1), ("Up", 3)):
        QTest.keyClick(window, getattr(QtCore.Qt.Key, f"Key_{key}"), control)
        assert lesions.selection == selected, key
    module.workspace.workbench.editor.delete([2])
    QTest.keyClick(window, QtCore.Qt.Key.Key_Z, control | alt)
    assert lesions.numbers == [1, 2, 3]
    opened.widget.exit()
    window.setVisible(was_visible)
    module.workspace.caseScene.markUnsaved(False)


def test_esc_leaves_off_placing_and_the_segment_editor_gets_its_keys_back(opened, module):
    bench = bench_with_lesions()
    module.workspace.caseScene.setParameters(bench.scene.parameters)
    bench.release()
    window = slicer.util.mainWindow()
    was_visible = window.visible
    window.show()
    window.activateWindow()
    slicer.app.processEvents()
    for isEsc in (True, False):
        opened.widget.enter()
        module.lesionsPanel.placeButtons[Way.CLICK].click()
        keys = [shortcut.key.toString() for shortcut in window.findChildren(qt.QShortcut)]
        assert keys.count("Esc") == 1 and "Z" not in keys and "Ctrl+Down" in keys
        if isEsc:
            QTest.keyClick(window, QtCore.Qt.Key.Key_Escape)
        else:
            opened.widget.exit()
        process_events()
        assert module.lesionsPanel.placing.way is None
        keys = [shortcut.key.toString() for shortcut in window.findChildren(qt.QShortcut)]
        assert keys.count("Esc") == keys.count("Z") == (1 if isEsc else 0)
    window.setVisible(was_visible)


def test_no_file_of_the_module_is_longer_than_300_lines():
    files = list((ROOT / "SlicerLiverCAD").rglob("*.py"))
    assert len(files) > 80
    assert [file.name for file in files if len(file.read_text(encoding="utf-8").splitlines()) > 300] == []


def test_only_panels_know_qt():
    library = ROOT / "SlicerLiverCAD" / "LiverCADLib"
    sources = {path.relative_to(library): path.read_text() for path in library.rglob("*.py")}
    knowing = {path for path, text in sources.items() if re.search(r"^\s*(import|from) (qt|ctk)\b", text, re.MULTILINE)}
    assert {str(path) for path in knowing if path.parts[0] != "panels"} == {"module.py", "polling.py"}


def test_the_tutorial_has_every_key_once(module):
    rows = re.findall(r"^\| (\S.*) \| (.+) \|$", (ROOT / "docs" / "slicer.md").read_text(), re.MULTILINE)
    keys = [key.strip("`") for cell, _text in rows for key in cell.split(" and ")]
    assert {shortcut.key: keys.count(shortcut.key) for shortcut in module.shortcuts.shortcuts} == dict.fromkeys(
        (shortcut.key for shortcut in module.shortcuts.shortcuts), 1
    )


@pytest.mark.parametrize("leave", ["close", "import"])
def test_changes_are_kept_before_the_scene_is_closed_or_another_one_comes(module, leave, tmp_path):
    slicer.mrmlScene.SetURL(str(tmp_path / "other.mrml"))
    assert slicer.mrmlScene.Commit()
    bench = bench_with_lesions()
    module.workspace.caseScene.setParameters(bench.scene.parameters)
    bench.release()
    work = module.workspace
    work.workbench.editor.setComment(1, "mine")
    before = list(work.submitting.kept)
    if leave == "close":
        slicer.mrmlScene.Clear(0)
    else:
        assert slicer.mrmlScene.Import()
    assert work.caseScene.case == ""
    (draft,) = [letter for letter in work.submitting.kept if letter not in before]
    assert draft.case == "case-1" and module.submitPanel.kept.box.count == len(before) + 1
    work.submitting.discard(draft)


def test_nothing_is_watched_while_the_module_is_left(opened, module):
    assert module.serverPanel._timer.active
    opened.widget.exit()
    assert not module.serverPanel._timer.active
    opened.widget.enter()
    assert module.serverPanel._timer.active


def test_closing_stops_what_is_at_work(opened, module):
    stopped = threading.Event()

    def work(task):
        try:
            task.wait(30)
        finally:
            stopped.set()

    module.workspace.session.runner.start("Work", work)
    module.close()
    assert stopped.wait(5)


def test_closing_leaves_nothing_that_follows_the_scene(opened, module, monkeypatch):
    bench = bench_with_lesions()
    module.workspace.caseScene.setParameters(bench.scene.parameters)
    bench.release()
    followed, lesions = module.workspace.workbench.segmentation, module.workspace.workbench.lesions
    assert lesions.numbers == [1, 2, 3]
    heard = []
    followed.touched.connect(heard.append)
    monkeypatch.setattr(module, "_makeParameters", lambda: heard.append("a scene"))
    monkeypatch.setattr(module.workspace.submitting.drafts, "_write", lambda *what: heard.append("a draft"))
    module.close()
    followed.removeLesion(1)
    slicer.app.aboutToQuit.emit()
    slicer.mrmlScene.Clear(0)
    assert heard == [] and module.workspace.workbench.segmentation is None and lesions.numbers == []
