from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from batch_fakes import computed
from fakes import FakeLesionFinder, FakeLiverFinder, write_case
from livercad.batch.manifest import hash_inputs, provenance_of, read_manifest
from livercad.batch.outputs import RESULTS
from livercad.batch.result import BatchResult
from livercad.batch.runner import SerialRunner
from livercad.core.findings import Findings, ModelUsed
from livercad.pipeline.analyzer import Analyzer
from livercad.settings import Settings
from livercad.studies.study import Series, Study

Batch = Callable[..., BatchResult]
pytestmark = pytest.mark.usefixtures("plain_reports")
CASES = ["ann", "bob", "cai"]


def inodes(out: Path) -> dict[str, tuple[int, int]]:
    """Which file lies where: another one, written in its place, has another inode or time."""
    files = (path for case in CASES for path in (out / case).iterdir())
    return {str(path.relative_to(out)): (path.stat().st_ino, path.stat().st_mtime_ns) for path in files}


def test_a_batch_leaves_a_folder_a_case_and_a_summary(batch: Batch, tmp_path: Path) -> None:
    result = batch(tmp_path / "out")
    assert result.done == CASES and not result.failed
    for case in CASES:
        assert {path.name for path in (tmp_path / "out" / case).iterdir()} == set(RESULTS)
        findings = Findings.from_dict(json.loads((tmp_path / "out" / case / "findings.json").read_text()))
        assert findings.case == case and len(findings.lesions) == 2
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        *CASES,
        ".livercad",
        "index.html",
        "findings.csv",
        "cases.csv",
        "run.json",
    }


def test_started_again_nothing_is_computed_or_written_anew(batch: Batch, tmp_path: Path, log: Path) -> None:
    batch(tmp_path / "out")
    before = inodes(tmp_path / "out")
    result = batch(tmp_path / "out")
    assert result.kept == CASES and not result.done
    assert computed(log) == CASES
    assert inodes(tmp_path / "out") == before


def test_force_computes_everything_again(batch: Batch, tmp_path: Path, log: Path) -> None:
    batch(tmp_path / "out")
    assert batch(tmp_path / "out", force=True).done == CASES
    assert computed(log) == CASES * 2


def test_only_a_case_whose_image_has_changed_is_computed_again(
    batch: Batch, studies: Path, tmp_path: Path, log: Path
) -> None:
    batch(tmp_path / "out")
    before = (tmp_path / "out" / "bob" / "lesions.nii.gz").read_bytes()
    write_case(studies, "bob", seed=7, shape=(40, 40, 24))
    result = batch(tmp_path / "out")
    assert result.done == ["bob"] and result.kept == ["ann", "cai"]
    assert (tmp_path / "out" / "bob" / "lesions.nii.gz").read_bytes() != before


def test_an_image_that_was_only_touched_is_not_computed_again(
    batch: Batch, studies: Path, tmp_path: Path, log: Path
) -> None:
    batch(tmp_path / "out")
    os.utime(studies / "ann.nii.gz", (1, 1))
    batch(tmp_path / "out")
    assert computed(log) == CASES


def test_a_changed_setting_computes_everything_again(batch: Batch, tmp_path: Path) -> None:
    batch(tmp_path / "out")
    strict = Settings(minimum_volume_ml=1e6)
    assert batch(tmp_path / "out", settings=strict).done == CASES
    findings = Findings.from_dict(json.loads((tmp_path / "out" / "ann" / "findings.json").read_text()))
    assert findings.lesions == ()


def test_another_model_computes_everything_again(batch: Batch, tmp_path: Path) -> None:
    class NewerLiverFinder(FakeLiverFinder):
        model = ModelUsed("fake-liver", "1", sha256="2" * 64, runtime="numpy")

    def load() -> Analyzer:
        return Analyzer(NewerLiverFinder(), FakeLesionFinder(Settings()), Settings())

    batch(tmp_path / "out")
    assert batch(tmp_path / "out", runner=SerialRunner(load)).done == CASES


def test_another_device_computes_nothing_again(batch: Batch, tmp_path: Path) -> None:
    batch(tmp_path / "out", settings=Settings(device="auto"))
    assert batch(tmp_path / "out", settings=Settings(device="cpu")).kept == CASES


def fingerprint(image: Path, runtime: str, told_by: str = "unknown") -> str:
    study = Study("ann", (Series((image,), None, told_by),))
    models = (ModelUsed("m", "1", "0" * 64, runtime),)
    return provenance_of(study, hash_inputs(study), models, Settings()).fingerprint()


def test_neither_the_place_of_an_image_nor_the_runtime_changes_the_fingerprint(studies: Path, tmp_path: Path) -> None:
    moved = shutil.copy(studies / "ann.nii.gz", tmp_path / "moved.nii.gz")
    first = fingerprint(studies / "ann.nii.gz", "openvino bf16")
    assert fingerprint(moved, "torch fp32") == first
    assert fingerprint(studies / "ann.nii.gz", "openvino bf16", told_by="table") != first
    assert fingerprint(studies / "bob.nii.gz", "openvino bf16") != first


@pytest.mark.parametrize("name", RESULTS)
def test_a_case_with_a_file_missing_is_computed_again(batch: Batch, tmp_path: Path, name: str) -> None:
    batch(tmp_path / "out")
    (tmp_path / "out" / "bob" / name).unlink()
    assert batch(tmp_path / "out").done == ["bob"]
    assert (tmp_path / "out" / "bob" / name).is_file()


def test_a_damaged_manifest_counts_as_none(batch: Batch, tmp_path: Path) -> None:
    batch(tmp_path / "out")
    (tmp_path / "out" / "bob" / "manifest.json").write_text('{"fingerprint": ')
    assert batch(tmp_path / "out").done == ["bob"]


def test_files_that_the_user_puts_beside_results_stay(batch: Batch, tmp_path: Path) -> None:
    batch(tmp_path / "out")
    (tmp_path / "out" / "ann" / "notes.txt").write_text("seen")
    (tmp_path / "out" / "ann" / "mine").mkdir()
    batch(tmp_path / "out", force=True)
    assert (tmp_path / "out" / "ann" / "notes.txt").read_text() == "seen"
    assert (tmp_path / "out" / "ann" / "mine").is_dir()


def test_the_manifest_says_what_a_result_was_made_from(batch: Batch, tmp_path: Path, studies: Path) -> None:
    batch(tmp_path / "out")
    manifest = read_manifest(tmp_path / "out" / "ann")
    assert manifest is not None and manifest.fingerprint == manifest.provenance.fingerprint()
    assert [read.source for read in manifest.provenance.inputs] == [str(studies / "ann.nii.gz")]
    assert [model.name for model in manifest.provenance.models] == ["fake-liver", "fake-lesions"]


def test_results_inside_the_studies_folder_do_not_become_studies(batch: Batch, studies: Path, log: Path) -> None:
    for _ in range(2):
        batch(studies / "out")
    assert computed(log) == CASES


def test_results_of_another_batch_inside_the_studies_folder_do_not_become_studies(
    batch: Batch, studies: Path, tmp_path: Path, log: Path
) -> None:
    batch(studies / "out")
    assert batch(tmp_path / "elsewhere").done == CASES
