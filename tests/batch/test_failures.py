from __future__ import annotations

import csv
import io
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from batch_fakes import computed
from fakes import write_case
from livercad.batch.display import Display
from livercad.batch.result import BatchResult
from livercad.batch.runner import SerialRunner
from livercad.batch.work import Outcome, State
from livercad.errors import InputError, ModelError
from livercad.pipeline.analyzer import Analyzer

Batch = Callable[..., BatchResult]
pytestmark = pytest.mark.usefixtures("plain_reports")


def statuses(out: Path) -> dict[str, tuple[str, str]]:
    with (out / "cases.csv").open() as file:
        return {row["case"]: (row["status"], row["reason"]) for row in csv.DictReader(file)}


def test_a_case_that_fails_is_written_down_and_the_others_go_on(batch: Batch, studies: Path, tmp_path: Path) -> None:
    (studies / "bob.nii.gz").write_bytes((studies / "bob.nii.gz").read_bytes()[:2000])
    result = batch(tmp_path / "out")
    assert result.done == ["ann", "cai"] and result.failed == ["bob"]
    failure = json.loads((tmp_path / "out" / "bob" / "error.json").read_text())
    assert "bob.nii.gz" in failure["reason"]
    assert statuses(tmp_path / "out")["bob"] == ("failed", failure["reason"])
    assert "bob" in (tmp_path / "out" / "index.html").read_text()
    assert json.loads((tmp_path / "out" / "run.json").read_text())["cases"]["bob"]["status"] == "failed"


def test_a_failed_case_is_tried_again_and_its_failure_forgotten(batch: Batch, tmp_path: Path, log: Path) -> None:
    batch(tmp_path / "out", bob="fail")
    result = batch(tmp_path / "out")
    assert result.done == ["bob"] and result.kept == ["ann", "cai"]
    assert not (tmp_path / "out" / "bob" / "error.json").exists()
    assert statuses(tmp_path / "out")["bob"] == ("done", "")


def test_results_of_an_image_that_can_no_longer_be_read_do_not_pass_for_its_results(
    batch: Batch, studies: Path, tmp_path: Path
) -> None:
    batch(tmp_path / "out")
    (studies / "bob.nii.gz").write_bytes(b"")
    assert batch(tmp_path / "out").failed == ["bob"]
    assert [path.name for path in (tmp_path / "out" / "bob").iterdir()] == ["error.json"]


def test_a_defect_leaves_its_traceback_in_the_log_and_its_name_in_the_tables(batch: Batch, tmp_path: Path) -> None:
    batch(tmp_path / "out", bob="fail")
    assert statuses(tmp_path / "out")["bob"] == ("failed", "RuntimeError: a defect")
    text = (tmp_path / "out" / "livercad.log").read_text()
    assert "bob\nTraceback" in text and "batch_fakes.py" in text


def test_a_case_without_enough_memory_does_not_stop_the_batch(batch: Batch, tmp_path: Path) -> None:
    result = batch(tmp_path / "out", ann="no memory")
    assert result.failed == ["ann"] and result.done == ["bob", "cai"]
    assert "memory" in statuses(tmp_path / "out")["ann"][1]


def test_the_failure_of_a_study_that_was_taken_away_is_forgotten(batch: Batch, studies: Path, tmp_path: Path) -> None:
    batch(tmp_path / "out", bob="fail")
    (studies / "bob.nii.gz").unlink()
    assert batch(tmp_path / "out").failed == []
    assert not (tmp_path / "out" / "bob").exists()


def test_the_summary_holds_the_cases_of_earlier_batches(batch: Batch, studies: Path, tmp_path: Path) -> None:
    batch(tmp_path / "out")
    for case in ("ann", "bob", "cai"):
        (studies / f"{case}.nii.gz").unlink()
    write_case(studies, "dan", 3, (40, 40, 24))
    batch(tmp_path / "out")
    assert list(statuses(tmp_path / "out")) == ["ann", "bob", "cai", "dan"]
    with (tmp_path / "out" / "findings.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 8


def test_the_record_of_the_run_tells_settings_models_and_versions(batch: Batch, tmp_path: Path) -> None:
    batch(tmp_path / "out")
    run = json.loads((tmp_path / "out" / "run.json").read_text())
    assert run["settings"]["lesion_threshold"] == 0.5 and run["seed"] == 0 and run["cancelled"] is False
    assert run["models"][0]["sha256"] == "0" * 64
    assert run["platform"]["packages"]["numpy"] and run["started"] <= run["ended"]
    manifest = json.loads((tmp_path / "out" / "ann" / "manifest.json").read_text())
    assert run["cases"]["ann"]["fingerprint"] == manifest["fingerprint"]
    assert run["cases"]["ann"]["inputs"] == manifest["provenance"]["inputs"]


def test_lines_tell_the_count_the_case_and_what_was_found(batch: Batch, tmp_path: Path) -> None:
    text = io.StringIO()
    batch(tmp_path / "out", text=text, bob="fail")
    lines = [line for line in text.getvalue().splitlines() if line.startswith("[")]
    assert lines[0].startswith("[1/3] ann: done, 2 lesions, liver ")
    assert lines[1].startswith("[2/3] bob: failed, RuntimeError: a defect")


def test_models_that_cannot_be_loaded_end_the_batch_before_any_case(batch: Batch, tmp_path: Path, log: Path) -> None:
    def load() -> Analyzer:
        raise ModelError("liver", found="no weights", expected="weights", todo="Run `livercad models install`.")

    with pytest.raises(ModelError):
        batch(tmp_path / "new" / "out", runner=SerialRunner(load))
    assert computed(log) == [] and not (tmp_path / "new").exists()


def test_a_folder_without_studies_is_an_error(batch: Batch, studies: Path, tmp_path: Path) -> None:
    for path in studies.iterdir():
        path.unlink()
    with pytest.raises(InputError, match="no study"):
        batch(tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("a.png", "b.png", "c.PNG", "notes.txt"), r"no study \(3 \.png files, which are 2-D images; 1 \.txt file\);"),
        (("slice.jpeg",), r"no study \(1 \.jpeg file, which is a 2-D image\);"),
        (("a", "b"), r"no study \(2 files without ending\);"),
        (("liver_mask.nii.gz", "a.png"), r"no study \(1 file or series left out; 1 \.png file"),
        ((), r"no study;"),
    ],
)
def test_where_no_study_lies_the_error_tells_what_does(
    batch: Batch, studies: Path, tmp_path: Path, names: tuple[str, ...], said: str
) -> None:
    for path in studies.iterdir():
        path.unlink()
    for name in names:
        (studies / name).write_bytes(b"what it may be")
    with pytest.raises(InputError, match=said):
        batch(tmp_path / "out")


def test_files_that_are_left_out_are_counted(batch: Batch, studies: Path, tmp_path: Path) -> None:
    text = io.StringIO()
    (studies / "ann_mask.nii.gz").touch()
    batch(tmp_path / "out", text=text)
    assert "Left out: 1 file or series, for example ann_mask.nii.gz: " in text.getvalue()


def test_an_error_before_the_first_case_leaves_a_users_folder_as_it_was(
    batch: Batch, studies: Path, tmp_path: Path
) -> None:
    for path in studies.iterdir():
        path.unlink()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "index.html").write_text("my own")
    with pytest.raises(InputError, match="no study"):
        batch(tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["index.html"]
    assert (tmp_path / "out" / "index.html").read_text() == "my own"


def test_an_error_before_the_first_case_leaves_earlier_results(batch: Batch, studies: Path, tmp_path: Path) -> None:
    batch(tmp_path / "out")
    before = (tmp_path / "out" / "run.json").read_text()
    for path in studies.iterdir():
        path.unlink()
    with pytest.raises(InputError, match="no study"):
        batch(tmp_path / "out")
    assert (tmp_path / "out" / "ann" / "manifest.json").is_file()
    assert (tmp_path / "out" / "run.json").read_text() == before


def test_on_a_terminal_a_bar_shows_case_count_and_pace() -> None:
    text = io.StringIO()
    display = Display(Console(file=text, force_terminal=True, width=120))
    with display.counting("Analysing", 4):
        display.ended(Outcome("ann", State.DONE, "2 lesions", seconds=3.0))
        display.ended(Outcome("bob", State.FAILED, "a defect"))
        display.started("cai")
        display.moved("cai", 0.5)
        time.sleep(1.3)  # before a second has passed there is no pace to tell
        display.moved("cai", 0.6)
        time.sleep(0.3)
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text.getvalue())
    assert "✓ ann  2 lesions, 3.0 s\n" in plain and "✗ bob  a defect\n" in plain
    assert re.search(r"cai [━╸╺]+ 2/4 [\d.]+ cases/min, [\d.]+ s left", plain)


def test_after_the_last_case_no_time_is_left_to_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    text, now = io.StringIO(), [0.0]
    monkeypatch.setattr("livercad.batch.display.time", SimpleNamespace(monotonic=lambda: now[0]))
    display = Display(Console(file=text))
    with display.counting("Analysing", 2):
        for now[0], case in ((6.0, "ann"), (12.0, "bob")):
            display.ended(Outcome(case, State.DONE, "no lesion"))
    assert text.getvalue().splitlines() == [
        "[1/2] ann: done, no lesion (10.0 cases/min, 6.0 s left)",
        "[2/2] bob: done, no lesion (10.0 cases/min)",
    ]
