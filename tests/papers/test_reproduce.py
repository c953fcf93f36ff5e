from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from lesion_balls import BallSource, lesion_images
from livercad.errors import Cancelled, InputError, ModelError
from livercad.papers.yasaka2018.arrays import CATEGORIES, TrainingArrays
from livercad.papers.yasaka2018.capture import largest_section
from livercad.papers.yasaka2018.image_sets import ImageSet, make_image_sets
from livercad.papers.yasaka2018.predictor import YasakaPredictor
from livercad.papers.yasaka2018.reproduce import reproduce
from livercad.papers.yasaka2018.results import Results
from livercad.papers.yasaka2018.settings import PHASES, CaptureSettings, Model, Settings
from livercad.papers.yasaka2018.sources import Part, Patient
from livercad.papers.yasaka2018.training import Job, Training

Reproduction = tuple[Path, Results]


def test_a_study_leaves_page_numbers_figures_and_model(reproduction: Reproduction) -> None:
    output, results = reproduction
    assert Results.model_validate_json((output / "results.json").read_text(encoding="utf-8")) == results
    for name in ("accuracy", "roc", "confusion", "learning"):
        assert (output / "figures" / f"{name}.svg").read_text(encoding="utf-8").lstrip().startswith("<?xml")
        assert (output / "figures" / f"{name}.png").read_bytes()[:4] == b"\x89PNG"
    page = (output / "index.html").read_text(encoding="utf-8")
    assert "0.84 (0.82–0.90)" in page
    assert "0.94 [33/35] (0.91–0.97)" in page
    assert "Research software" in page
    assert not re.search(r'(?:src|href)="(?:https?:|/)', page)
    for _, _, reason in results.settings.choices():
        assert reason.split("”")[-1][:20] in page.replace("&#39;", "'")


def test_numbers_count_every_training_and_every_lesion(reproduction: Reproduction) -> None:
    _, results = reproduction
    assert (results.training.patients, results.training.image_sets) == (10, 20)
    assert (results.test.patients, results.test.image_sets) == (5, 5)
    assert results.augmented_sets == 20 * results.settings.augmentation.factor
    for model in Model:
        result = results.models[model]
        assert len(result.test_accuracy.values) == 2
        assert [np.sum(matrix) for matrix in result.confusions] == [5, 5]
        assert [np.trace(matrix) / 5 for matrix in result.confusions] == pytest.approx(result.test_accuracy.values)
    assert results.scanners is not None


def test_a_second_call_trains_nothing_again_and_comes_to_the_same(
    reproduction: Reproduction, small_settings: Settings
) -> None:
    output, results = reproduction
    files = [*(output / "trainings").iterdir(), *(output / "image_sets").rglob("*.jpg")]
    before = {path: path.stat().st_mtime_ns for path in files}
    (output / "trainings" / "art-del_2.json").unlink()
    again = reproduce(BallSource(scanners=True), output, small_settings, workers=1)
    after = {path: path.stat().st_mtime_ns for path in before}
    changed = {path.name for path in before if before[path] != after[path]}
    assert changed == {"art-del_2.json", "art-del_2.safetensors"}
    assert again.models[Model.ART_DEL].test_accuracy == results.models[Model.ART_DEL].test_accuracy


def test_a_cancelled_study_goes_on_where_it_was(tmp_path: Path, small_settings: Settings) -> None:
    def cancel(done: float, total: float, what: str) -> None:
        if (tmp_path / "trainings" / "triphasic_1.json").is_file():
            raise Cancelled

    with pytest.raises(Cancelled):
        reproduce(BallSource(), tmp_path, small_settings, workers=1, progress=cancel)
    kept = (tmp_path / "trainings" / "triphasic_1.json").stat().st_mtime_ns
    assert not (tmp_path / "index.html").exists()
    assert [path for path in tmp_path.rglob(".*") if path.is_file()] == []
    seen: list[float] = []

    def watch(done: float, total: float, what: str) -> None:
        seen.append(done / total)

    reproduce(BallSource(), tmp_path, small_settings, workers=1, progress=watch)
    assert (tmp_path / "trainings" / "triphasic_1.json").stat().st_mtime_ns == kept
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_a_result_of_other_settings_or_other_data_does_not_hold(
    reproduction: Reproduction, small_settings: Settings
) -> None:
    folder = reproduction[0] / "trainings"
    stored = Training.model_validate_json((folder / "arterial_1.json").read_text(encoding="utf-8"))
    nowhere = Path("nowhere")
    job = Job(
        Model.ARTERIAL, 1, 0, small_settings.training, (0, 1), nowhere, nowhere, nowhere, "data", folder, 1, "cpu"
    )  # fmt: skip
    others = [
        job,
        replace(job, data_key="other data"),
        replace(job, settings=small_settings.training.model_copy(update={"learning_rate": 1e-4})),
        replace(job, seed=1),
    ]
    assert len({each.key for each in [*others]} | {stored.key}) == 5
    assert all(each.result() is None for each in others)


class BrokenSource(BallSource):
    """One training patient's file cannot be read, until it is mended."""

    def load(self, patient: Patient) -> list:
        if patient.name == "training-B1" and not os.environ.get("MENDED"):
            raise InputError("x.nii.gz", found="half a file", expected="a whole one", todo="Copy it again.")
        return super().load(patient)


def test_a_patient_that_cannot_be_read_is_left_out_with_the_reason_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = BrokenSource()
    sets, problems = make_image_sets(source, tmp_path, CaptureSettings(), 0, 1)
    assert "training-B1" not in {each.patient for each in sets}
    assert problems == ["training-B1: x.nii.gz: found half a file; expected a whole one. Copy it again."]
    monkeypatch.setenv("MENDED", "1")
    sets, problems = make_image_sets(source, tmp_path, CaptureSettings(), 0, 1)
    assert "training-B1" in {each.patient for each in sets}
    assert problems == []


def test_two_processes_make_what_one_makes(tmp_path: Path) -> None:
    source = BallSource(training=1, test=0)
    one, _ = make_image_sets(source, tmp_path / "one", CaptureSettings(), 0, 1)
    two, _ = make_image_sets(source, tmp_path / "two", CaptureSettings(), 0, 2)
    assert [each.sha256 for each in one] == [each.sha256 for each in two]


def test_training_copies_are_numbered_through_originals_variants_and_rotations() -> None:
    variants = np.random.default_rng(0).integers(0, 255, (3, 2, 3, 4, 4), dtype=np.uint8)
    arrays = TrainingArrays(variants, np.array([0, 4, 2]), (0, 1, 2, 3))
    assert len(arrays) == 24
    images, categories = arrays.batch(np.arange(24), [1, 2])
    assert categories.tolist() == [0] * 8 + [4] * 8 + [2] * 8
    assert np.array_equal(images[8 + 4 + 3], np.rot90(variants[1, 1, 1:], 3, axes=(1, 2)))
    assert len({image.tobytes() for image in images}) == 24


def test_the_predictor_answers_as_in_the_test(reproduction: Reproduction) -> None:
    output, results = reproduction
    predictor = YasakaPredictor(output / "model")
    source, run = BallSource(scanners=True), results.models[Model.TRIPHASIC].median_run
    in_test = Training.model_validate_json((output / "trainings" / f"triphasic_{run}.json").read_text(encoding="utf-8"))
    patients = [patient for patient in source.patients if patient.part is Part.TEST]
    for patient, expected in zip(patients, in_test.test_probabilities, strict=True):
        lesion = source.load(patient)[0]
        answer = predictor(lesion.images, *largest_section(lesion.lesion))
        assert list(answer) == list(CATEGORIES)
        assert list(answer.values()) == pytest.approx(expected, abs=1e-5)
    assert predictor.model.name == "yasaka2018"
    assert predictor.description.training_sha256 == results.training.sha256


def test_the_predictor_s_network_is_the_median_training_s(reproduction: Reproduction) -> None:
    from safetensors.torch import load_file

    output, results = reproduction
    run = results.models[Model.TRIPHASIC].median_run
    kept, trained = (
        load_file(output / "model" / "yasaka2018.safetensors"),
        load_file(output / "trainings" / f"triphasic_{run}.safetensors"),
    )
    assert all(torch.equal(kept[name], trained[name]) for name in trained)


def test_the_predictor_names_the_phase_that_is_missing(reproduction: Reproduction) -> None:
    images = {phase: volume for phase, volume in lesion_images("D").images.items() if phase is not PHASES[1]}
    with pytest.raises(InputError, match="no arterial phase"):
        YasakaPredictor(reproduction[0] / "model")(images, (0.0, 0.0, 0.0), 20.0)


def test_damaged_weights_are_refused(reproduction: Reproduction, tmp_path: Path) -> None:
    for file in (reproduction[0] / "model").iterdir():
        data = file.read_bytes()
        (tmp_path / file.name).write_bytes(data[:-4] + b"\0\0\0\1" if file.suffix == ".safetensors" else data)
    with pytest.raises(ModelError, match="not those of its description"):
        YasakaPredictor(tmp_path)
    with pytest.raises(ModelError, match="livercad reproduce yasaka2018"):
        YasakaPredictor(tmp_path / "nothing")


def test_the_list_of_image_sets_names_every_one(reproduction: Reproduction) -> None:
    output, results = reproduction
    lines = (output / "image_sets" / "image_sets.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "patient,part,lesion,position,category,hypervascular,kind,scanner,diameter_mm"
    assert len(lines) == 1 + results.training.image_sets + results.test.image_sets
    record = json.loads((output / "image_sets" / "test" / "test-A0" / "image_sets.json").read_text(encoding="utf-8"))
    assert ImageSet.model_validate(record["sets"][0]).part is Part.TEST
