from __future__ import annotations

import shutil
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path

import pytest

from batch_fakes import computed
from livercad.batch import folder
from livercad.batch.folder import opened
from livercad.batch.result import BatchResult
from livercad.errors import InputError

Batch = Callable[..., BatchResult]
Usage = namedtuple("Usage", "total used free")
pytestmark = pytest.mark.usefixtures("plain_reports")


def test_a_second_batch_on_the_same_output_is_turned_away(batch: Batch, tmp_path: Path, log: Path) -> None:
    with opened(tmp_path / "out"), pytest.raises(InputError, match="another livercad analyze at work"):
        batch(tmp_path / "out")
    assert computed(log) == []
    assert batch(tmp_path / "out").done == ["ann", "bob", "cai"]


def test_an_output_that_cannot_be_made_is_told_before_any_case(batch: Batch, tmp_path: Path, log: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(InputError, match="file/out"):
        batch(tmp_path / "file" / "out")
    assert computed(log) == []


def test_a_full_disk_is_told_before_any_case(
    batch: Batch, tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder.shutil, "disk_usage", lambda path: Usage(10**9, 10**9 - 1000, 1000))
    with pytest.raises(InputError, match="0 MiB free"):
        batch(tmp_path / "out")
    assert computed(log) == []


def test_a_disk_that_fills_up_ends_the_batch_and_keeps_what_is_done(
    batch: Batch, tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def usage(path: Path) -> Usage:
        return Usage(10**9, 0, 10**9 if len(computed(log)) < 2 else 1000)

    monkeypatch.setattr(folder.shutil, "disk_usage", usage)
    with pytest.raises(InputError, match="free"):
        batch(tmp_path / "out")
    assert computed(log) == ["ann", "bob"]
    assert (tmp_path / "out" / "bob" / "manifest.json").is_file() and (tmp_path / "out" / "index.html").is_file()
    monkeypatch.undo()
    assert batch(tmp_path / "out").kept == ["ann", "bob"]


def test_the_studies_folder_itself_is_refused_as_output(batch: Batch, studies: Path) -> None:
    before = sorted(studies.iterdir())
    with pytest.raises(InputError, match="folder of the studies itself"):
        batch(studies)
    assert sorted(studies.iterdir()) == before


def test_the_folder_of_one_of_the_studies_is_refused_as_output(batch: Batch, studies: Path, log: Path) -> None:
    (studies / "dan").mkdir()
    (studies / "ann.nii.gz").rename(studies / "dan" / "portal.nii.gz")
    with pytest.raises(InputError, match="among the studies"):
        batch(studies / "dan")
    assert [path.name for path in (studies / "dan").iterdir()] == ["portal.nii.gz"] and computed(log) == []


def test_a_folder_that_is_no_result_is_never_overwritten(batch: Batch, tmp_path: Path, log: Path) -> None:
    precious = tmp_path / "out" / "bob" / "thesis.txt"
    precious.parent.mkdir(parents=True)
    precious.write_text("years of work")
    with pytest.raises(InputError, match="out/bob"):
        batch(tmp_path / "out")
    assert precious.read_text() == "years of work" and computed(log) == []


def test_a_batch_killed_between_two_renames_is_put_right(batch: Batch, tmp_path: Path, log: Path) -> None:
    out = tmp_path / "out"
    batch(out)
    for case in ("ann", "bob"):
        (out / case / "notes.txt").write_text("seen")
    # ann: the old folder was put aside, the new one not yet in its place. bob: both done, the old one still there.
    for case in ("ann", "bob"):
        aside = out / ".livercad" / "replaced" / f"tmp{case}"
        aside.mkdir(parents=True)
        (out / case).rename(aside / case)
    shutil.copytree(out / ".livercad" / "replaced" / "tmpbob" / "bob", out / "bob")
    (out / "bob" / "notes.txt").unlink()
    half_written = out / ".livercad" / "fresh" / "tmpcai"
    half_written.mkdir(parents=True)
    (half_written / "liver.nii.gz").write_bytes(b"half")
    assert batch(out).kept == ["ann", "bob", "cai"]
    assert [(out / case / "notes.txt").read_text() for case in ("ann", "bob")] == ["seen", "seen"]
    assert [path for path in (out / ".livercad").rglob("*") if path.is_file()] == [out / ".livercad" / "lock"]


def test_nothing_of_a_case_is_seen_when_writing_it_fails(
    batch: Batch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(analysis: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("livercad.batch.outputs.render_case", no_space)
    assert batch(tmp_path / "out").failed == ["ann", "bob", "cai"]
    for case in ("ann", "bob", "cai"):
        assert [path.name for path in (tmp_path / "out" / case).iterdir()] == ["error.json"]
