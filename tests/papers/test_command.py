from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from livercad.cli.main import app
from livercad.errors import InputError
from livercad.papers.yasaka2018 import reproduce as module
from livercad.papers.yasaka2018.results import Results
from livercad.papers.yasaka2018.settings import QUICK_SETS, QUICK_TRAINING, Settings
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


def test_a_file_of_settings_counts_also_where_all_else_is_quick(asked: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("runs = 2\n\n[training]\npasses = 1.5\n")
    command = ["reproduce", "yasaka2018", "--output", str(tmp_path), "--quick", "--settings", str(file)]
    assert CliRunner().invoke(app, command).exit_code == 0
    # 1.5 passes are the default: named, they count as well.
    assert asked["settings"] == Settings(runs=2, training=QUICK_TRAINING.model_copy(update={"passes": 1.5}))
    assert (asked["quick"], asked["source"].sets) == (True, QUICK_SETS)


def test_a_folder_without_labels_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    arguments = ["reproduce", "yasaka2018", "--data", str(tmp_path / "data"), "--output", str(tmp_path / "out")]
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, InputError)
    assert "labels.csv" in str(result.exception)
    assert not (tmp_path / "out").exists()


def test_a_file_of_settings_changes_what_it_names_and_nothing_else(asked: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("runs = 2\nseed = 7\n\n[training]\nchannels = [8, 8, 16]\n\n[capture]\nlesions = 2\n")
    command = ["reproduce", "yasaka2018", "--output", str(tmp_path), "--settings", str(file)]
    assert CliRunner().invoke(app, command).exit_code == 0
    settings = asked["settings"]
    assert (settings.runs, settings.seed, settings.training.channels, settings.capture.lesions) == (2, 7, (8, 8, 16), 2)
    assert (settings.training.batch, settings.augmentation.factor) == (64, 52)
    assert (asked["source"].seed, asked["source"].capture.lesions) == (7, 2)
    assert CliRunner().invoke(app, [*command, "--seed", "9"]).exit_code == 0
    assert (asked["settings"].seed, asked["settings"].runs) == (9, 2)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[trainig]\n", "one of capture, augmentation, training, runs, seed"),
        ("[training]\nbach = 3\n", "one of channels, units, dropout"),
        ("[training]\nbatch = 0\n", "training.batch: found 0; expected input should be greater than or equal to 1"),
        ("runs = \n", "found no TOML"),
    ],
)
def test_a_wrong_setting_is_named_with_what_was_expected(text: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    arguments = ["reproduce", "yasaka2018", "--output", str(tmp_path / "out"), "--settings", str(file)]
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, InputError)
    assert told in str(result.exception)
    assert "mine.toml" in str(result.exception)
    assert not (tmp_path / "out").exists()
