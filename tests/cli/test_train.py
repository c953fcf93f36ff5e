"""`livercad train` hands over what was asked for; the training itself is tested in tests/recipes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from liver_cases import liver_cases
from livercad.cli.main import app
from livercad.learning.folder import learning_folder
from livercad.learning.pool import Pool, Side
from livercad.recipes.run import MINUTES, Wish


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    calls: list[tuple[Any, ...]] = []
    monkeypatch.setattr("livercad.recipes.run.run", lambda *given, **_: calls.append(given))
    return calls


def test_a_training_is_started_with_what_was_asked_for(tmp_path: Path, asked: list[tuple[Any, ...]]) -> None:
    liver_cases(tmp_path, 2)
    words = ["train", "liver", "--studies", str(tmp_path / "studies"), "--output", str(tmp_path / "out")]
    done = CliRunner().invoke(app, [*words, "--from", "base", "--steps", "7", "--seed", "3"])
    assert done.exit_code == 0, done.output
    ((model, cases, sides, folder, wish, _),) = asked
    assert (model.task, [case.case for case in cases], folder) == ("liver", ["liver-0", "liver-1"], tmp_path / "out")
    assert wish == Wish("base", 7, MINUTES, 3)
    assert "out/index.html" in done.output.replace("\n", "")
    assert sides == Pool(learning_folder(tmp_path / "studies")).sides(), "sides are kept with the studies"


def test_sides_stay_whatever_share_is_asked_for_later(tmp_path: Path, asked: list[tuple[Any, ...]]) -> None:
    liver_cases(tmp_path, 3)
    words = ["train", "lesions", "--studies", str(tmp_path / "studies"), "--output", str(tmp_path / "out"), "--share"]
    for share in ("0", "0.9"):
        assert CliRunner().invoke(app, [*words, share]).exit_code == 0
    assert set(asked[0][2].values()) == {Side.TRAINING}
    assert asked[1][2] == asked[0][2]


def test_what_belongs_with_validation_cases_is_not_trained_on(tmp_path: Path, asked: list[tuple[Any, ...]]) -> None:
    liver_cases(tmp_path, 2)
    studies = tmp_path / "studies"
    Pool(learning_folder(studies), 0.0).assign("liver-0", "liver-0")
    Pool(learning_folder(studies), 1.0).assign("liver-1", "liver-1")
    rows = "".join(f"liver-{number},pv,liver-{number}/portal.nii.gz,Anna\n" for number in range(2))
    (studies / "studies.csv").write_text(f"case,phase,path,patient\n{rows}")
    done = CliRunner().invoke(app, ["train", "liver", "--studies", str(studies), "--output", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert asked[0][2] == {"liver-1": Side.VALIDATION}
    assert "left out: liver-0 belongs with liver-1 (validation) by patient or image" in done.output
