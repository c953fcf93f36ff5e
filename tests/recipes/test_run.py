"""A training from files to a folder with weights, record and page, on livers of a few millilitres."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.numpy import load_file, save_file

from liver_cases import liver_cases
from livercad.errors import Cancelled, InputError
from livercad.learning.cases import LabelledCase
from livercad.learning.log import read_log
from livercad.learning.plan import Plan
from livercad.learning.pool import Side, patient_key
from livercad.learning.trained import read_record
from livercad.models.version import ModelVersion, check_weights
from livercad.networks.leuven_unet import lesion_unet
from livercad.progress import Progress
from livercad.recipes import models, run
from livercad.recipes.run import Wish
from livercad.segmentation.training import lesion_views
from livercad.segmentation.training.weights import numbered
from livercad.settings import Settings

SIDES = {"liver-0": Side.TRAINING, "liver-1": Side.VALIDATION, "liver-2": Side.TEST}
SETTINGS = Settings(device="cpu")


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[LabelledCase]:
    return liver_cases(tmp_path_factory.mktemp("cases"), 3)


@pytest.fixture(autouse=True)
def champion_of_chance(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> ModelVersion:
    """Weights that nobody trained in the place of the champion, and small crops."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "champion.safetensors"
    save_file(numbered(lesion_unet()), path)
    name = models.LESIONS.name
    version = ModelVersion(name, 4, "of chance", path, check_weights(name, path))
    monkeypatch.setattr(run, "champion", lambda name: version)
    monkeypatch.setattr(lesion_views, "CROP", (32, 32, 16))
    monkeypatch.setattr(lesion_views, "EDGE", (4, 4, 2))
    return version


def test_a_training_leaves_weights_record_and_page(cases: list[LabelledCase], tmp_path: Path) -> None:
    recipe = models.RECIPES["lesions"]
    wish = Wish(steps=2, seed=1)

    def stop(done: float, total: float, what: str) -> None:
        if what.startswith("training, step 2"):
            raise Cancelled

    with pytest.raises(Cancelled):
        run.run(recipe, cases, SIDES, tmp_path, wish, SETTINGS, progress=stop)
    told: list[float] = []

    def note(done: float, total: float, what: str) -> None:
        told.append(done / total)

    run.run(recipe, cases, SIDES, tmp_path, wish, SETTINGS, progress=note)
    assert told == sorted(told)
    assert told[-1] == 1
    check_weights(recipe.name, tmp_path / "challenger.safetensors")
    assert set(load_file(tmp_path / "challenger.safetensors")) == set(numbered(lesion_unet()))
    record = read_record(tmp_path / "record.json")
    assert record.parent == 4
    assert record.sides() == {"training": 1, "validation": 1}, "the test set is left alone"
    assert record.pool.champion_number == 4
    assert set(record.pool.challenger) == set(record.pool.champion) == {"liver-1"}
    assert record.pool.champion["liver-1"].truth == cases[1].fingerprint()
    assert record.pool.champion["liver-1"].small_lesions == 1
    assert record.pool.champion["liver-1"].patient == patient_key(cases[1].patient)
    label = record.labels["liver-0"]
    assert (label["side"], label["number"], label["sha256"]) == ("training", 1, cases[0].version.sha256)
    assert label["patient"] == patient_key(cases[0].patient), "a record may go to another computer's registry"
    assert len([line for line in read_log(tmp_path) if "loss" in line]) == 2
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "<svg" in page
    assert "data:image/png" in page
    assert "liver-0" in page
    assert "http" not in page.replace("http://www.w3.org", "").replace("http://purl.org", "").replace(
        "http://creativecommons.org", ""
    ).replace("https://matplotlib.org", ""), "the page needs no other"


def test_steps_that_fit_the_time_are_chosen_once(
    cases: list[LabelledCase], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livercad.recipes.planning._tried", lambda *_: (10.0, 30.0))
    recipe = models.RECIPES["lesions"]
    asked = {"steps": None, "validations": 4, "progress": lambda *_: None}
    chosen = run.planned(None, recipe.plan, tmp_path, "cpu", minutes=10, **asked)
    assert chosen.steps == (540 - 4 * 30) // 10
    assert [step for step in range(chosen.steps + 1) if chosen.is_due(step)] == [0, 14, 28, 42]
    monkeypatch.setattr("livercad.recipes.planning._tried", lambda *_: (1.0, 1.0))
    assert run.planned(None, recipe.plan, tmp_path, "cpu", minutes=10, **asked) == chosen
    slow = run.planned(None, replace(recipe.plan, seed=1), tmp_path, "cpu", minutes=0.1, **asked)
    assert slow.steps >= 1


def test_processes_that_train_together_make_as_many_steps_as_the_first_one_has_planned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = models.RECIPES["lesions"]
    planned: list[Plan] = []
    asked = {"steps": None, "minutes": 10, "validations": 4}

    def plan(seconds: float, progress: Progress) -> Plan:
        monkeypatch.setattr("livercad.recipes.planning._tried", lambda *_: (seconds, seconds))
        return run.planned(None, recipe.plan, tmp_path, "cpu", progress=progress, **asked)

    def first(*_: object) -> None:
        monkeypatch.setenv("RANK", "0")
        planned.append(plan(10.0, lambda *_: None))

    monkeypatch.setenv("RANK", "1")
    assert plan(1.0, first) == planned[0]


def test_a_patient_who_has_cases_on_two_sides_is_not_trained_on(
    cases: list[LabelledCase], caplog: pytest.LogCaptureFixture
) -> None:
    sides = {"liver-0": Side.TRAINING, "liver-1": Side.TRAINING, "liver-2": Side.VALIDATION}
    recipe = models.RECIPES["lesions"]
    assert [case.case for case in recipe.sides(cases, sides).training] == ["liver-0", "liver-1"]
    for side in (Side.VALIDATION, Side.TEST):
        told_later = [cases[0], replace(cases[1], patient="Anna"), replace(cases[2], patient="Anna", has_lesions=False)]
        parted = recipe.sides(told_later, {**sides, "liver-2": side})
        assert [case.case for case in parted.training] == ["liver-0"] and "liver-1" in caplog.text


def test_nothing_to_learn_from_is_said(cases: list[LabelledCase], tmp_path: Path) -> None:
    sides = dict.fromkeys(SIDES, Side.VALIDATION)
    with pytest.raises(InputError, match="none of them with outlined lesions on the side of training"):
        run.run(models.RECIPES["lesions"], cases, sides, tmp_path, Wish(steps=1), SETTINGS)
    assert not (tmp_path / "plan.json").exists()


def test_a_folder_of_another_wish_is_refused(cases: list[LabelledCase], tmp_path: Path) -> None:
    sides = {"liver-0": Side.TRAINING}
    run.run(models.RECIPES["lesions"], cases, sides, tmp_path, Wish("scratch", steps=1), SETTINGS)
    assert json.loads((tmp_path / "record.json").read_text())["parent"] == -1
    with pytest.raises(InputError, match="other data, labels, settings or weights"):
        run.run(models.RECIPES["lesions"], cases, sides, tmp_path, Wish("scratch", steps=1, seed=2), SETTINGS)
