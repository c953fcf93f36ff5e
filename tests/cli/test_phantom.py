from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from livercad.cli.phantom import app
from livercad.core.phases import Phase
from livercad.evaluation.truth_tables import read_tables
from livercad.phantom import studies
from livercad.studies.discover import find_studies


@pytest.mark.parametrize("nameless", [True, False])
def test_the_truth_tells_the_phases_that_names_may_hide(
    nameless: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = partial(studies.write_ct_studies, shape=(64, 64, 24), spacing=(6.0, 6.0, 10.0))
    monkeypatch.setattr(studies, "write_ct_studies", small)
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
