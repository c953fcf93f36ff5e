from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from livercad.cli.main import app
from livercad.core.taxonomy import LesionType
from livercad.simulation import tasks
from livercad.simulation.making import SHIFT_PIXELS, drawn_kinds, seen_again
from livercad.simulation.results import Results


def test_kinds_come_as_often_as_they_should_however_few_patients_there_are() -> None:
    found = Counter(drawn_kinds({"a": 0.6, "b": 0.3, "c": 0.1}, 50, np.random.default_rng(0)))
    assert found == {"a": 30, "b": 15, "c": 5}
    assert sum(Counter(drawn_kinds({"a": 0.42, "b": 0.33, "c": 0.25}, 7, np.random.default_rng(0))).values()) == 7


def test_a_follow_up_shows_the_same_in_other_noise() -> None:
    image = np.zeros((2, 30, 30))
    image[:, 10:20, 12:18] = 100
    again, (mask,) = seen_again(image, (image > 50,), np.random.default_rng(3))
    assert again[mask].mean() == pytest.approx(100, abs=12) and again[~mask].mean() == pytest.approx(0, abs=12)
    assert 4 < again[~mask].std() < 12
    moved = np.argwhere(mask).mean(axis=0) - np.argwhere(image > 50).mean(axis=0)
    assert (np.abs(moved) <= SHIFT_PIXELS).all()


def test_quick_goes_from_phantoms_to_a_page_and_a_second_call_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "LESION_PATIENTS", 20)
    monkeypatch.setattr(tasks, "LESION_TEST", 5)
    monkeypatch.setattr(tasks, "SLICE_PATIENTS", 20)
    monkeypatch.setattr(tasks, "SLICE_TEST", 5)
    monkeypatch.setattr(tasks, "QUICK_STEPS", 3)
    arguments = ["simulate-active-learning", "--quick", "--output", str(tmp_path), "--workers", "1"]
    options = ["--strategy", "random", "--strategy", "hybrid", "--seeds", "1", "--rounds", "2", "--budget", "1"]
    result = CliRunner().invoke(app, arguments + options)
    assert result.exit_code == 0, result.output
    results = Results.model_validate_json((tmp_path / "results.json").read_text())
    assert set(results.tasks) == {"lesion-classes", "lesion-enhancement", "lesion-outlines"} and results.quick
    for task in results.tasks.values():
        assert task.is_phantom and task.counts == [1, 2]
    page = (tmp_path / "index.html").read_text()
    assert "digital phantoms" in page and "A quick run" in page and "Research software" in page
    first = (tmp_path / "results.json").read_text()
    assert CliRunner().invoke(app, arguments + options).exit_code == 0
    assert (tmp_path / "results.json").read_text() == first


def test_all_kinds_of_the_pools_are_types_of_lesions_or_none() -> None:
    from livercad.simulation import phantom_lesions, phantom_slices

    assert set(phantom_lesions.POOL_FREQUENCIES) == set(LesionType)
    assert set(phantom_slices.POOL_FREQUENCIES) <= {phantom_slices.NO_LESION, *LesionType}
    for frequencies in (phantom_lesions.POOL_FREQUENCIES, phantom_slices.POOL_FREQUENCIES):
        assert sum(frequencies.values()) == pytest.approx(1)


def test_a_task_that_does_not_exist_is_refused_with_those_that_do(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["simulate-active-learning", "--output", str(tmp_path), "--task", "livers"])
    assert result.exit_code == 2
    assert all(name in result.output for name in ("livers", "lesion-classes", "lesion-enhancement", "lesion-outlines"))
