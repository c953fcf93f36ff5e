from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from livercad.cli.main import app
from livercad.errors import InputError
from livercad.papers.yasaka2018 import reproduce as module
from livercad.papers.yasaka2018.results import Results
from livercad.papers.yasaka2018.sources import Part

Reproduction = tuple[Path, Results]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, reproduction: Reproduction) -> dict[str, Any]:
    """What the command asks for; the study itself is not done."""
    seen: dict[str, Any] = {}

    def stand_in(source: Any, output: Path, settings: Any, **options: Any) -> Results:
        seen.update(source=source, output=output, settings=settings, **options)
        return reproduction[1]

    monkeypatch.setattr(module, "reproduce", stand_in)
    return seen


def test_the_default_is_the_study_in_the_paper_s_size(asked: dict[str, Any], tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["reproduce", "yasaka2018", "--output", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert "model triphasic: accuracy " in result.output
    assert str(tmp_path / "index.html") in result.output
    assert (asked["source"].sets, asked["settings"].runs, asked["quick"]) == (1068, 5, False)


def test_quick_is_smaller_in_all_ways_and_sets_still_counts(asked: dict[str, Any], tmp_path: Path) -> None:
    CliRunner().invoke(app, ["reproduce", "yasaka2018", "--output", str(tmp_path), "--quick", "--sets", "30"])
    assert asked["quick"] is True
    assert asked["source"].sets == 30
    assert sum(patient.part is Part.TEST for patient in asked["source"].patients) == 25
    assert asked["settings"].training.passes < 1


def test_a_folder_without_labels_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    arguments = ["reproduce", "yasaka2018", "--data", str(tmp_path / "data"), "--output", str(tmp_path / "out")]
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, InputError)
    assert "labels.csv" in str(result.exception)
    assert not (tmp_path / "out").exists()
