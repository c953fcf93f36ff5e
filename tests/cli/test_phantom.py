from __future__ import annotations

import os
import signal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from livercad.cli.phantom import app
from livercad.core.phases import Phase
from livercad.errors import InputError
from livercad.evaluation.truth_tables import read_tables
from livercad.phantom import studies
from livercad.studies.discover import find_studies


@pytest.mark.parametrize("nameless", [True, False])
def test_the_truth_tells_the_phases_that_names_may_hide(nameless: bool, tmp_path: Path, small: None) -> None:
    options = ["-n", "1", "--phases", "arterial,portal", *(["--nameless"] if nameless else [])]
    outcome = CliRunner().invoke(app, ["ct", str(tmp_path), *options])
    assert outcome.exit_code == 0, outcome.output
    (study,) = find_studies(tmp_path / "studies").studies
    assert study.case == "phantom-001"
    assert {series.phase for series in study.series} == ({None} if nameless else {Phase.ARTERIAL, Phase.PORTAL})
    told = read_tables(tmp_path).phases
    assert told is not None
    assert set(told["phantom-001"].values()) == {Phase.ARTERIAL, Phase.PORTAL}
    assert set(told["phantom-001"]) == {series.files[0].name for series in study.series}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = partial(studies.write_ct_studies, shape=(64, 64, 24), spacing=(6.0, 6.0, 10.0))
    monkeypatch.setattr(studies, "write_ct_studies", quick)


def test_another_set_of_ct_takes_the_place_of_the_first(small: None, tmp_path: Path) -> None:
    for options in (["-n", "2", "--nameless"], ["-n", "1", "--seed", "5"]):
        assert CliRunner().invoke(app, ["ct", str(tmp_path), *options]).exit_code == 0
    files = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*") if path.is_file()}
    own = {f"truth/phantom-001/{name}.nii.gz" for name in ("liver", "lesions")}
    assert files == {"studies/phantom-001/portal.nii.gz", "truth/lesions.csv", "truth/phases.csv", *own}


@pytest.mark.parametrize(
    ("command", "table"),
    [("ct", "truth/lesions.csv"), ("deeplesion", "DL_info.csv"), ("ultrasound", "annotations.csv")],
)
def test_no_phantoms_are_written_over_a_table_of_somebody_else_s(command: str, table: str, tmp_path: Path) -> None:
    path = tmp_path / table
    path.parent.mkdir(exist_ok=True)
    path.write_text("case,lesion\nanna,1\n")
    outcome = CliRunner().invoke(app, [command, str(tmp_path), "-n", "4"])
    assert isinstance(outcome.exception, InputError) and str(path) in str(outcome.exception)
    assert [each for each in tmp_path.rglob("*") if each.is_file()] == [path]
    assert path.read_text() == "case,lesion\nanna,1\n"


@pytest.mark.parametrize(
    ("command", "module", "name", "then"),
    [
        ("ct", "livercad.phantom.studies", "write_ct_studies", "the same command begins again."),
        ("deeplesion", "livercad.phantom.deeplesion", "write_deeplesion", "the same command goes on from here."),
        ("ultrasound", "livercad.phantom.ultrasound.making", "write_ultrasound", "the same command begins again."),
    ],
)
def test_ctrl_c_is_answered_with_what_comes_next(
    command: str, module: str, name: str, then: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*given: Any, **named: Any) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        tell = named.get("progress") or given[-1]
        tell(0, 1, "work")
        raise AssertionError("it went on")

    monkeypatch.setattr(f"{module}.{name}", interrupted)
    outcome = CliRunner().invoke(app, [command, str(tmp_path / "out")])
    assert outcome.exit_code == 130, outcome.output
    assert f"Stopped; {then}" in outcome.stderr
