"""Batches over studies of several phases."""

from __future__ import annotations

import io
import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from rich.console import Console

from fakes import full_analyzer, write_case
from livercad.batch.display import Display
from livercad.batch.manifest import read_manifest
from livercad.batch.result import BatchResult
from livercad.batch.run import run_batch
from livercad.batch.runner import SerialRunner
from livercad.core.findings import Findings
from livercad.core.phases import Phase
from livercad.pipeline.analyzer import Analyzer
from livercad.settings import Settings

pytestmark = pytest.mark.usefixtures("plain_reports")
NAMELESS = {"a1": Phase.PORTAL, "q": Phase.UNENHANCED, "x7": Phase.ARTERIAL}


@pytest.fixture
def patient(tmp_path: Path) -> Path:
    """A folder of three phases whose names tell nothing, in a folder of its own."""
    for name, phase in NAMELESS.items():
        write_case(tmp_path / "cases" / "ann", name, shape=(40, 40, 24), phase=phase)
    return tmp_path / "cases" / "ann"


def run(studies: Path, out: Path, text: io.StringIO | None = None, **options: bool) -> BatchResult:
    display = Display(Console(file=text or io.StringIO()))
    return run_batch(studies, out, SerialRunner(full_analyzer), Settings(), display, **options)


def findings_of(folder: Path) -> Findings:
    return Findings.from_dict(json.loads((folder / "findings.json").read_text()))


def test_a_case_folder_of_nameless_phases_is_one_result(patient: Path, tmp_path: Path) -> None:
    assert run(patient.parent, tmp_path / "out").done == ["ann"]
    phases = {Path(read.source).name: read.phase for read in findings_of(tmp_path / "out" / "ann").phases}
    assert phases == {f"{name}.nii.gz": phase for name, phase in NAMELESS.items()}


def test_a_folder_of_flat_files_is_one_case_where_the_user_says_so(patient: Path, tmp_path: Path) -> None:
    text = io.StringIO()
    assert run(patient, tmp_path / "three", text).done == list(NAMELESS)
    assert "--one-case" in text.getvalue()
    text = io.StringIO()
    assert run(patient, tmp_path / "out", text, one_case=True).done == ["ann"]
    assert "--one-case" not in text.getvalue()
    assert len(findings_of(tmp_path / "out" / "ann").phases) == 3


def test_a_changed_phase_computes_its_case_again(patient: Path, tmp_path: Path) -> None:
    run(patient.parent, tmp_path / "out")
    manifest = read_manifest(tmp_path / "out" / "ann")
    assert manifest is not None and len(manifest.provenance.inputs) == 3
    assert run(patient.parent, tmp_path / "out").kept == ["ann"]
    write_case(patient, "q", seed=1, shape=(40, 40, 24), phase=Phase.UNENHANCED)
    assert run(patient.parent, tmp_path / "out").done == ["ann"]


def test_aligned_phases_are_written_on_the_reference_grid_where_they_are_wanted(patient: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(patient.parent, out)
    assert not list(out.rglob("aligned_*"))
    assert run(patient.parent, out, save_aligned=True).done == ["ann"]
    assert run(patient.parent, out, save_aligned=True).kept == ["ann"]
    assert run(patient.parent, out).kept == ["ann"]
    names = {path.name for path in (out / "ann").glob("aligned_*")}
    assert names == {"aligned_unenhanced.nii.gz", "aligned_arterial.nii.gz"}
    lesions = nib.load(out / "ann" / "lesions.nii.gz")
    for name in names:
        image = nib.load(out / "ann" / name)
        assert image.shape == lesions.shape
        np.testing.assert_allclose(image.affine, lesions.affine)
        assert np.asarray(image.dataobj).min() < -900 and np.asarray(image.dataobj).max() == 110


def test_aligned_phases_do_not_outlive_the_result_that_they_belong_to(patient: Path, tmp_path: Path) -> None:
    run(patient.parent, tmp_path / "out", save_aligned=True)
    run(patient.parent, tmp_path / "out", force=True)
    assert not list((tmp_path / "out").rglob("aligned_*"))


def test_several_studies_cost_one_load_of_the_models(patient: Path, tmp_path: Path) -> None:
    write_case(patient.parent, "bob", shape=(40, 40, 24))
    loads: list[int] = []

    def load() -> Analyzer:
        loads.append(1)
        return full_analyzer()

    display = Display(Console(file=io.StringIO()))
    result = run_batch(patient.parent, tmp_path / "out", SerialRunner(load), Settings(), display)
    assert (result.done, len(loads)) == (["ann", "bob"], 1)
