"""The command in a process of its own: killed, interrupted, and its exit status."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from batch_fakes import computed, start_command, wait_for
from livercad.batch.outputs import RESULTS
from livercad.batch.result import BatchResult

Batch = Callable[..., BatchResult]
CASES = ["ann", "bob", "cai"]


def findings_of(folder: Path) -> dict[str, object]:
    findings = json.loads((folder / "findings.json").read_text())
    del findings["timings_s"]
    return findings


def assert_same_results(one: Path, other: Path) -> None:
    for case in CASES:
        assert findings_of(one / case) == findings_of(other / case)
        for name in ("liver.nii.gz", "lesions.nii.gz"):
            first, second = nib.load(one / case / name), nib.load(other / case / name)
            np.testing.assert_array_equal(np.asarray(first.dataobj), np.asarray(second.dataobj))
            np.testing.assert_array_equal(first.affine, second.affine)
            assert np.asarray(first.dataobj).any()
    assert (one / "findings.csv").read_text() == (other / "findings.csv").read_text()


def test_killed_in_the_middle_and_run_again_it_gives_what_an_undisturbed_run_gives(
    batch: Batch, studies: Path, tmp_path: Path, log: Path
) -> None:
    out = tmp_path / "out"
    process = start_command(log, {"bob": "wait"}, "analyze", studies, "--output", out)
    wait_for(log, "bob")
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert not (out / "bob").exists() and not (out / "index.html").exists()
    before = {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in (out / "ann").iterdir()}
    assert {path.name for path in before} == set(RESULTS)

    result = batch(out)
    assert result.kept == ["ann"] and result.done == ["bob", "cai"]
    assert {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in (out / "ann").iterdir()} == before
    batch(tmp_path / "undisturbed")
    assert_same_results(out, tmp_path / "undisturbed")


@pytest.mark.parametrize("moment", ["write_volume", "render_case", "_flush", "_put_in_place", "_retire"])
def test_killed_at_any_moment_of_writing_a_case_is_there_as_a_whole_or_not_at_all(
    batch: Batch, studies: Path, tmp_path: Path, moment: str, plain_reports: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    batch(out)
    first = findings_of(out / "ann")
    if (child := os.fork()) == 0:
        # The child recomputes all and dies when it comes to the moment.
        monkeypatch.setattr(f"livercad.batch.outputs.{moment}", lambda *a: os.kill(os.getpid(), signal.SIGKILL))
        batch(out, force=True)
        sys.exit("The moment never came.")
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    assert {path.name for path in (out / "ann").iterdir()} == set(RESULTS)
    assert batch(out).kept == CASES
    assert findings_of(out / "ann") == first
    assert not list((out / ".livercad" / "replaced").iterdir())


def test_ctrl_c_stops_in_order_and_the_same_command_goes_on(
    batch: Batch, studies: Path, tmp_path: Path, log: Path
) -> None:
    out = tmp_path / "out"
    process = start_command(log, {"bob": "wait"}, "analyze", studies, "--output", out)
    wait_for(log, "bob")
    process.send_signal(signal.SIGINT)
    told, complained = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Stopping" in complained and "Traceback" not in complained
    assert "Stopped: 1 analysed." in told
    assert {path.name for path in out.iterdir() if path.is_dir()} == {"ann", ".livercad"}
    assert [path.name for path in (out / ".livercad").rglob("*") if path.is_file()] == ["lock"]
    assert json.loads((out / "run.json").read_text())["cancelled"] is True
    assert "ann" in (out / "index.html").read_text()
    result = batch(out)
    assert result.kept == ["ann"] and result.done == ["bob", "cai"]


def test_ctrl_c_twice_stops_at_once(studies: Path, tmp_path: Path, log: Path) -> None:
    process = start_command(log, {"bob": "hang"}, "analyze", studies, "--output", tmp_path / "out")
    wait_for(log, "bob")
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    while "Stopping" not in process.stderr.readline():
        pass
    process.send_signal(signal.SIGINT)
    complained = process.communicate(timeout=30)[1]
    assert process.returncode == 130 and "Traceback" not in complained


@pytest.mark.parametrize(
    ("deeds", "arguments", "status", "said"),
    [
        ({}, [], 0, "Cases: 3 analysed."),
        ({"bob": "fail"}, ["--threshold", "0.6", "--minimum-volume", "0.1"], 1, "2 analysed, 1 failed"),
        ({}, ["--workers", "0"], 2, "--workers"),
    ],
)
def test_the_exit_status_tells_how_it_went(
    studies: Path, tmp_path: Path, log: Path, deeds: dict[str, str], arguments: list[str], status: int, said: str
) -> None:
    process = start_command(log, deeds, "analyze", studies, "--output", tmp_path / "out", *arguments)
    told, complained = process.communicate(timeout=60)
    assert process.returncode == status, complained
    assert said in told + complained
    if "--threshold" in arguments:
        settings = json.loads((tmp_path / "out" / "run.json").read_text())["settings"]
        assert (settings["lesion_threshold"], settings["minimum_volume_ml"]) == (0.6, 0.1)


def test_without_studies_the_exit_status_is_two(tmp_path: Path, log: Path) -> None:
    process = start_command(log, {}, "analyze", tmp_path / "nothing", "--output", tmp_path / "out")
    complained = process.communicate(timeout=60)[1]
    assert process.returncode == 2 and "nothing there" in complained
    assert computed(log) == [] and not (tmp_path / "out").exists()
