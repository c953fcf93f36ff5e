"""The section "Submit": files in the place of a server."""

import json

import numpy as np
import pytest
import qt
from case_lesions import KINDS, bench_with_lesions, empty_bench, grid_affine, instances
from standin.dialogs import dialogs
from submission_tools import make
from test_lesions_list import everything

from livercad.core.findings import Findings
from livercad.core.taxonomy import LesionType

__all__ = ["make"]

pytestmark = pytest.mark.usefixtures("dialogs")


@pytest.mark.parametrize("kind", KINDS)
def test_a_case_is_exported_and_imported_without_a_server(make, session, tmp_path, kind):
    bench = bench_with_lesions(kind)
    bench.editor.setType([1], LesionType.FNH)
    panel = make(bench)
    dialogs.answer(str(tmp_path), "Folder to make")
    panel.files.exportCaseButton.click()
    assert not panel.files.exportCaseButton.enabled
    session.runner.wait()
    assert (tmp_path / "case-1" / "annotation.json").is_file() and "Written" in panel.messageLabel.text
    before = everything(bench)[1]
    bench.editor.delete([1, 2])
    dialogs.answer(qt.QMessageBox.No, "will be lost")
    panel.files.importCaseButton.click()
    assert not session.runner.isBusy and bench.lesions.numbers == [3]
    dialogs.answer(qt.QMessageBox.Yes, "will be lost")
    dialogs.answer(str(tmp_path / "case-1"), "annotated case")
    panel.files.importCaseButton.click()
    session.runner.wait()
    assert everything(bench)[1] == before and bench.lesions.records[1].type is LesionType.FNH
    assert bench.scene.isUnsaved and panel.messageLabel.text == "The case was imported."
    dialogs.answer(str(tmp_path), "Folder to make")
    panel.files.exportCaseButton.click()
    session.runner.wait()
    assert "is not empty" in panel.messageLabel.text


def test_findings_that_cannot_be_written_are_told(make, session, tmp_path):
    panel = make(bench_with_lesions())
    (tmp_path / "file").write_text("no folder")
    dialogs.answer(str(tmp_path / "file" / "f.json"), "Save the findings")
    panel.files.exportFindingsButton.click()
    assert panel.messageLabel.text == "" and session.runner.isBusy, "written off the GUI thread"
    session.runner.wait()
    assert "could not be written" in panel.messageLabel.text and "Choose a folder" in panel.messageLabel.text


def test_findings_are_exported_and_imported_without_a_server(make, session, tmp_path):
    bench = bench_with_lesions()
    panel = make(bench)
    path = tmp_path / "f.json"
    dialogs.answer(str(path), "Save the findings")
    panel.files.exportFindingsButton.click()
    session.runner.wait()
    assert Findings.from_dict(json.loads(path.read_text())) == bench.lesions.findings
    empty = empty_bench()
    panel = make(empty)
    assert not panel.files.exportFindingsButton.enabled and panel.files.importFindingsButton.enabled
    from livercad.core.volume import Volume
    from LiverCADLib.imageFiles import writeVolume

    writeVolume(Volume(instances(), grid_affine("oblique")), tmp_path / "lesions.nii.gz")
    dialogs.answer(str(path), "Findings")
    panel.files.importFindingsButton.click()
    session.runner.wait()
    assert panel.messageLabel.text == "3 lesions imported."
    assert np.array_equal(empty.collect("ann").maps()[1].array, instances())
    assert empty.lesions.records[1].score == 0.9


def test_closing_a_file_dialog_does_nothing(make, session):
    panel = make(bench_with_lesions())
    for button in (
        panel.files.exportCaseButton,
        panel.files.importCaseButton,
        panel.files.exportFindingsButton,
        panel.files.importFindingsButton,
    ):
        dialogs.answer("")
        button.click()
        assert not session.runner.isBusy


def test_a_damaged_folder_changes_nothing(make, session, tmp_path):
    bench = bench_with_lesions()
    panel = make(bench)
    dialogs.answer(str(tmp_path), "annotated case")
    panel.files.importCaseButton.click()
    session.runner.wait()
    assert "cannot be opened" in panel.messageLabel.text and bench.lesions.numbers == [1, 2, 3]
