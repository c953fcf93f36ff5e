"""A training from files to a folder with weights, record and page, on livers of a few millilitres."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.numpy import load_file, save_file

from liver_cases import liver_cases
from livercad.classification.finetuning import ClassificationJob, Mixing
from livercad.core.taxonomy import LesionClass
from livercad.errors import Cancelled, InputError
from livercad.learning.cases import LabelledCase
from livercad.learning.job import Validation
from livercad.learning.log import read_log
from livercad.learning.pool import Side, patient_key
from livercad.learning.trained import read_record
from livercad.models.version import ModelVersion, base, check_weights
from livercad.networks.leuven_unet import lesion_unet
from livercad.progress import Progress
from livercad.recipes import models, run
from livercad.recipes.laying import Laying
from livercad.recipes.part_of_pool import part_of_pool
from livercad.recipes.planning import Planned, _tried_validation
from livercad.recipes.run import Wish
from livercad.recipes.trainable import Sides
from livercad.segmentation.training import lesion_views
from livercad.segmentation.training.jobs import SegmentationJob
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


def test_a_training_leaves_weights_record_and_page(
    cases: list[LabelledCase], tmp_path: Path, champion_of_chance: ModelVersion
) -> None:
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
    assert (record.model, record.parent) == (recipe.name, 4)
    assert len(record.code) == 12 and record.livercad
    assert record.sides() == {"training": 1, "validation": 1}, "the test set is left alone"
    assert record.pool.champion_number == 4
    assert record.start and record.start["sha256"] == record.pool.champion_sha256 == champion_of_chance.sha256
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
    assert chosen.part is None
    assert chosen.plan.steps == (540 - 4 * 30) // 10
    assert [step for step in range(chosen.plan.steps + 1) if chosen.plan.is_due(step)] == [0, 14, 28, 42]
    monkeypatch.setattr("livercad.recipes.planning._tried", lambda *_: (1.0, 1.0))
    assert run.planned(None, recipe.plan, tmp_path, "cpu", minutes=10, **asked) == chosen
    slow = run.planned(None, replace(recipe.plan, seed=1), tmp_path, "cpu", minutes=0.1, **asked)
    assert slow.plan.steps >= 1


def test_a_large_pool_leaves_time_for_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = models.RECIPES["lesions"]

    def chosen(pool: int, measures: int = 0, validations: int = 4) -> Planned:
        monkeypatch.setattr("livercad.recipes.planning._tried", lambda *_: (1.0, 5.0 * pool))
        folder = tmp_path / f"{pool} {measures} {validations}"
        folder.mkdir()
        asked = {"pool": pool, "measures": measures, "validations": validations, "progress": lambda *_: None}
        return run.planned(None, recipe.plan, folder, "cpu", steps=None, minutes=20, **asked)

    time_s = 20 * 60 * 0.9
    small = chosen(12)
    assert small.part is None and small.plan.steps == time_s - 4 * 12 * 5, "all validations of the whole pool fit"
    few = chosen(19)
    assert few.part is None and few.plan.steps == time_s - 3 * 19 * 5, "too few for a part: one validation less"
    assert chosen(19, measures=1).plan.steps == few.plan.steps, "the champion's measure has the time of one of three"
    large = chosen(30)
    assert large.part == 7 and large.plan.steps == time_s - (2 * 30 + 4 * 7) * 5, "each time a part, at the end all"
    assert chosen(30, validations=2).part is None, "two of a part, and the whole pool twice afterwards, take longer"
    larger = chosen(400)
    assert larger.part == 16 and larger.plan.steps == time_s / 2, "there is something to measure"


def test_a_validation_of_a_large_pool_is_tried_in_part(tmp_path: Path) -> None:
    class Slow:
        seen = 0

        def validate(self, network: object, progress: Progress) -> None:
            time.sleep(0.2)  # loads
            for number in range(1, 1001):
                progress(number, 1000, "")
                self.seen += 1
                time.sleep(0.002)

    slow = Slow()
    told = _tried_validation(slow, None, 0.25, lambda *_: None)
    assert slow.seen < 500 and told > 2.0, "as long as all of it takes"


def test_validations_of_a_part_end_in_a_measure_of_the_whole_pool(
    cases: list[LabelledCase], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, champion_of_chance: ModelVersion
) -> None:
    looked: list[tuple[str, list[str]]] = []

    class Watched(SegmentationJob):
        def measure(self, weights: ModelVersion, progress: Progress) -> Validation:
            looked.append((weights.version, [case.case for case in self.pool]))
            return super().measure(weights, progress)

    def job(sides: Sides, start: ModelVersion | None, folder: Path, cache: Path, *settings: Any) -> Watched:
        return Watched(models.LESIONS, sides.training, sides.pool, start, folder, cache, *settings)

    recipe = replace(models.RECIPES["lesions"], job=job)
    monkeypatch.setattr(
        run, "planned", lambda job, plan, *_, **__: Planned(replace(plan, steps=1, validate_every=1), part=1)
    )
    sides = {**SIDES, "liver-2": Side.VALIDATION}
    trained = run.run(recipe, cases, sides, tmp_path, Wish(seed=1), SETTINGS)
    (seen,) = trained.record["validated_on"]
    both = ["liver-1", "liver-2"]
    assert looked == [*[("challenger", [seen])] * 2, ("challenger", both), (champion_of_chance.version, both)]
    record = read_record(tmp_path / "record.json")
    assert set(record.pool.challenger) == set(record.pool.champion) == set(both)
    assert "chosen on 1 of them" in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_the_champion_is_measured_once_where_the_training_begins_with_it(
    cases: list[LabelledCase], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, champion_of_chance: ModelVersion
) -> None:
    measured: list[str] = []

    def measure(job: SegmentationJob, weights: ModelVersion, progress: Progress) -> Validation:
        measured.append(weights.sha256)
        return Validation(0.0, {}, {case.case: {"patient": case.patient, "truth": ""} for case in job.pool})

    monkeypatch.setattr(SegmentationJob, "measure", measure)
    run.run(models.RECIPES["lesions"], cases, SIDES, tmp_path, Wish(steps=1), SETTINGS)
    assert measured[0] == champion_of_chance.sha256
    assert len(measured) == len(set(measured)) == 2, "a pool takes minutes"


@pytest.fixture(scope="module")
def classed(cases: list[LabelledCase]) -> list[LabelledCase]:
    """One to learn from and a pool that is large enough to calibrate on, in which half of the classes are wrong."""
    kinds = (LesionClass.CYST, LesionClass.METASTASIS)
    return [
        replace(cases[number % 3], case=f"lesion {number}", patient=f"patient {number}", classes={1: kinds[number % 2]})
        for number in range(13)
    ]


def _alone(sides: Sides, start: ModelVersion | None, folder: Path, cache: Path, *settings: Any) -> ClassificationJob:
    """The training of classes without phantoms, which take minutes."""
    lay = Laying((*sides.training, *sides.pool), SETTINGS, folder)
    return ClassificationJob(lay, sides.training, sides.pool, start, cache, *settings, Mixing(patients=0, batch=4))


def test_a_champion_is_compared_as_it_is_served_and_not_as_a_training_calibrates_it(
    classed: list[LabelledCase], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "champion", base)
    sides = {case.case: Side.VALIDATION for case in classed} | {classed[0].case: Side.TRAINING}
    recipe = replace(models.RECIPES["lesion_classification"], job=_alone)
    first = run.run(recipe, classed, sides, tmp_path, Wish(steps=1), SETTINGS).record["history"][0]
    best = base(recipe.name)
    job = _alone(recipe.sides(classed, sides), best, tmp_path, tmp_path / "cache", SETTINGS, 0)
    served = job.measure(best, lambda *_: None)
    assert abs(first["log_loss"] - served.numbers["log_loss"]) > 0.01, "the pool would calibrate it otherwise"
    told = read_record(tmp_path / "record.json").pool.champion
    assert set(told) == set(served.cases)
    for case, metrics in told.items():
        assert metrics.model_dump(mode="json")["probabilities"] == served.cases[case]["probabilities"]


def test_cases_without_a_lesion_to_learn_from_are_told_as_the_reason(
    classed: list[LabelledCase], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "champion", base)
    without = [replace(case, classes={7: LesionClass.CYST}) for case in classed[:4]]
    sides = {case.case: Side.TRAINING for case in without}
    with pytest.raises(InputError, match="in none a lesion that has a class"):
        run.run(models.RECIPES["lesion_classification"], without, sides, tmp_path, Wish(steps=1), SETTINGS)
    assert not (tmp_path / "plan.json").exists()


def test_the_part_of_a_pool_is_drawn_by_patients(cases: list[LabelledCase]) -> None:
    pool = [replace(cases[0], case=f"case {n}", patient=f"patient {n // 3}") for n in range(30)]
    chosen = part_of_pool(pool, 8)
    assert chosen == tuple(case for case in pool if case in part_of_pool(pool[::-1], 8)), "whatever their order"
    assert len({case.patient for case in chosen}) == 8
    names = [case.case for case in chosen]
    more = [case.case for case in part_of_pool(pool, 12)]
    assert set(names) < set(more) and len(more) == 12
    assert names != [case.case for case in pool[:8]]


def test_processes_that_train_together_make_as_many_steps_as_the_first_one_has_planned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = models.RECIPES["lesions"]
    planned: list[Planned] = []
    asked = {"steps": None, "minutes": 10, "validations": 4}

    def plan(seconds: float, progress: Progress) -> Planned:
        monkeypatch.setattr("livercad.recipes.planning._tried", lambda *_: (seconds, seconds))
        return run.planned(None, recipe.plan, tmp_path, "cpu", progress=progress, **asked)

    def first(*_: object) -> None:
        monkeypatch.setenv("RANK", "0")
        planned.append(plan(10.0, lambda *_: None))

    monkeypatch.setenv("RANK", "1")
    assert plan(1.0, first) == planned[0]


def test_a_training_goes_on_with_the_weights_that_it_began_with(
    cases: list[LabelledCase], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, champion_of_chance: ModelVersion
) -> None:
    def stop(done: float, total: float, what: str) -> None:
        if what.startswith("training, step 2"):
            raise Cancelled

    asked = (models.RECIPES["lesions"], cases, {"liver-0": Side.TRAINING}, tmp_path, Wish(steps=2), SETTINGS)
    with pytest.raises(Cancelled):
        run.run(*asked, progress=stop)
    promoted = replace(champion_of_chance, number=5, sha256="another")
    monkeypatch.setattr(run, "champion", lambda name: promoted)
    with pytest.raises(InputError, match="other data, labels, settings or weights"):
        run.run(*asked)
    assert run.run(*asked, begin=champion_of_chance).record["parent"] == 4


def test_nothing_to_learn_from_is_said(cases: list[LabelledCase], tmp_path: Path) -> None:
    sides = dict.fromkeys(SIDES, Side.VALIDATION)
    livers = [replace(case, has_lesions=False) for case in cases]
    for given, told in (
        (cases, "found 3 with outlined lesions, none of them on the side of training.*smaller share"),
        (livers, "found 3 labelled, none of them with outlined lesions; expected at least one. Label cases with"),
        ([], "found none that has a label;.*--labels submitted"),
    ):
        with pytest.raises(InputError, match=told):
            run.run(models.RECIPES["lesions"], given, sides, tmp_path, Wish(steps=1), SETTINGS)
    assert not (tmp_path / "plan.json").exists()


def test_a_folder_of_another_wish_is_refused(cases: list[LabelledCase], tmp_path: Path) -> None:
    sides = {"liver-0": Side.TRAINING}
    run.run(models.RECIPES["lesions"], cases, sides, tmp_path, Wish("scratch", steps=1), SETTINGS)
    assert json.loads((tmp_path / "record.json").read_text())["parent"] == -1
    with pytest.raises(InputError, match="other data, labels, settings or weights"):
        run.run(models.RECIPES["lesions"], cases, sides, tmp_path, Wish("scratch", steps=1, seed=2), SETTINGS)
