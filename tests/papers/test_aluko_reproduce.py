"""The study of Aluko et al. 2018 on a folder of seconds: what it leaves, and that it goes on where it was."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from aluko_folder import small_settings, write_squares
from fakes import LIVER_HU, FakeLiverFinder, synthetic_abdomen, write_case
from livercad.errors import Cancelled, InputError, ModelError
from livercad.learning.checkpoint import CHECKPOINT
from livercad.networks.faster_rcnn import Backbone
from livercad.papers.aluko2018 import reproduce as module
from livercad.papers.aluko2018.detector import LESION, DetectorTask
from livercad.papers.aluko2018.images import ImageData, load_images
from livercad.papers.aluko2018.one_box import OneBox, OneBoxTask
from livercad.papers.aluko2018.pixels import pixels_of
from livercad.papers.aluko2018.plan import Plan
from livercad.papers.aluko2018.predictor import AlukoDetector
from livercad.papers.aluko2018.reproduce import reproduce
from livercad.papers.aluko2018.results import Results
from livercad.papers.aluko2018.settings import ON_PHANTOMS, QUICK, Settings
from livercad.papers.aluko2018.training import Task, seed_weights, train
from livercad.papers.settings import deviations_of, with_deviations
from livercad.progress import Progress, silent
from livercad.studies.deeplesion.rows import Part
from livercad.studies.nifti import write_volume

Reproduction = tuple[Path, Path, Results]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_squares(tmp_path_factory.mktemp("squares"))


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory, data: Path) -> Reproduction:
    output = tmp_path_factory.mktemp("aluko")
    return data, output, reproduce(data, output, small_settings(), workers=1)


def test_a_study_leaves_page_numbers_figures_and_a_model(done: Reproduction) -> None:
    _, output, results = done
    assert Results.model_validate_json((output / "results.json").read_text(encoding="utf-8")) == results
    for name in ("sensitivity", "froc", "one-box-losses", "detector-losses"):
        assert (output / "figures" / f"{name}.png").read_bytes()[:4] == b"\x89PNG"
    for name in ("detector", "samples", "baseline-test", "baseline-vgg-training"):
        assert (output / "figures" / f"{name}.png").read_bytes()[:4] == b"\x89PNG"
    page = (output / "index.html").read_text(encoding="utf-8")
    # Figure 3, section 5.2 and section 6 of the paper.
    for number in ("0.00077", "0.065", "0.96", "0.069", "0.0025", "0.067", "0.79", "0.079", "67%", "1.1"):
        assert number in page
    assert "Research software" in page
    assert not re.search(r'(?:src|href)="(?:https?:|/)', page)
    assert (output / "model" / "aluko2018_faster_rcnn.safetensors").is_file()


def test_numbers_count_every_image_and_lesion(done: Reproduction) -> None:
    _, _, results = done
    counted = {name: (part.images, part.patients, part.lesions, part.unmarked) for name, part in results.parts.items()}
    assert counted == {"training": (6, 6, 6, 6), "validation": (2, 2, 2, 2), "test": (6, 6, 6, 6)}
    assert set(results.one_box) == {"baseline", "baseline-vgg", "vgg-front-2"}
    assert results.one_box["baseline"].curves.training["mse"][1] > 0
    assert len(results.one_box["baseline"].curves.validation["mse"]) == 2
    detector = results.detectors["small"]
    assert detector.annotated.froc.lesions == 6
    assert detector.complete is not None and detector.complete.froc.lesions == 12
    assert set(detector.curves.training) == {"RPN classifier", "RPN regressor", "final classifier", "final regressor"}
    assert results.types is not None
    assert {kind: row.lesions for kind, row in results.types.kinds.items()} == {"cyst": 3, "hcc": 3}
    assert "Faster R-CNN" in results.order


def test_every_deviation_from_the_paper_s_size_stands_on_the_page_with_its_reason(done: Reproduction) -> None:
    _, output, results = done
    page = (output / "index.html").read_text(encoding="utf-8")
    assert ("one_box.size", "512", "32", "as asked for") in results.deviations
    for name, _, _, reason in results.deviations:
        assert name in page and reason in page
    for deviations in (ON_PHANTOMS, QUICK):
        told = deviations_of(with_deviations(Settings(), deviations), Settings(), deviations)
        assert {name for name, *_ in told} == set(deviations)
        assert all(reason != "as asked for" for *_, reason in told)
    assert deviations_of(Settings(), Settings(), {}) == []


def test_a_second_call_trains_nothing_again(done: Reproduction, monkeypatch: pytest.MonkeyPatch) -> None:
    data, output, results = done
    files = [*(output / "trainings").glob("*.*")]
    before = {path: path.stat().st_mtime_ns for path in files}
    monkeypatch.setattr(module, "write_page", lambda *parts: None)
    again = reproduce(data, output, small_settings())
    assert again == results
    assert before == {path: path.stat().st_mtime_ns for path in files}


def test_studies_of_one_s_own_are_looked_at_with_pictures_on_the_page(
    done: Reproduction, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, _, results = done
    output = tmp_path / "out"
    shutil.copytree(done[1], output)
    write_case(tmp_path / "studies", "one", 1)
    ct = synthetic_abdomen(2)
    write_volume(ct.like(np.where(ct.array == LIVER_HU, 0, ct.array)), tmp_path / "studies" / "liverless.nii.gz")
    monkeypatch.setattr(module, "liver_finder", FakeLiverFinder)
    looked = reproduce(data, output, small_settings(), studies=tmp_path / "studies")
    (case,) = looked.cases
    assert looked.model_copy(update={"cases": [], "notes": results.notes}) == results  # nothing was trained again
    assert len(looked.notes) == len(results.notes) + 1 and "liverless" in looked.notes[-1]
    ct, detector = synthetic_abdomen(1), AlukoDetector(output / "model")
    expected = [each for each in detector(ct, FakeLiverFinder()(ct)) if each.score >= detector.description.threshold]
    assert (case.case, [lesion.score for lesion in case.lesions]) == ("one", [round(e.score, 3) for e in expected])
    picture = (output / "figures" / "case_one.png").read_bytes()
    assert base64.b64encode(picture).decode() in (output / "index.html").read_text(encoding="utf-8")
    with pytest.raises(InputError, match="nothing there"):
        reproduce(data, tmp_path / "new", small_settings(), studies=tmp_path / "nowhere")
    assert not (tmp_path / "new").exists()


def test_other_settings_train_what_depends_on_them_and_nothing_else(done: Reproduction, tmp_path: Path) -> None:
    data, output, _ = done
    before = {path: path.stat().st_mtime_ns for path in (output / "trainings").glob("*.json")}
    stop = output / "trainings" / "baseline.json"

    kept = stop.read_bytes(), stop.with_suffix(".safetensors").read_bytes()
    try:
        reproduce(data, output, small_settings().changed({"one_box": {"learning_rate": 0.01}}), workers=1)
        changed = {path.name for path in before if path.stat().st_mtime_ns != before[path]}
        assert changed == {"baseline.json"}
    finally:
        stop.write_bytes(kept[0])
        stop.with_suffix(".safetensors").write_bytes(kept[1])


def test_a_copy_of_the_data_trains_nothing_again_whatever_its_dates(
    done: Reproduction, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, output, results = done
    copy = Path(shutil.copytree(data, tmp_path / data.name))
    for number, path in enumerate(sorted(copy.rglob("*.png"))):
        os.utime(path, (1e9 + number, 1e9 + number))
    before = {path: path.stat().st_mtime_ns for path in (output / "trainings").glob("*.*")}
    monkeypatch.setattr(module, "write_page", lambda *parts: None)
    assert reproduce(copy, output, small_settings()) == results
    assert before == {path: path.stat().st_mtime_ns for path in before}


def test_two_processes_come_to_the_very_same_weights_as_one(done: Reproduction, tmp_path: Path) -> None:
    data, output, results = done
    # Copied are the networks that are not trained again here, to save time.
    again = tmp_path / "again"
    shutil.copytree(output / "trainings", again / "trainings", ignore=shutil.ignore_patterns("baseline*", "types*"))
    other = reproduce(data, again, small_settings(), workers=2)
    assert {name: box.test for name, box in other.one_box.items()} == {
        n: box.test for n, box in results.one_box.items()
    }
    for path in (output / "trainings").glob("*.safetensors"):
        assert (again / "trainings" / path.name).read_bytes() == path.read_bytes()


def tasks_of(data: ImageData, cache: Path) -> dict[str, Callable[[], Task]]:
    """A network with dropout, and a detector, which draws anchors and regions."""
    settings = small_settings()
    small, large = (pixels_of(data, settings.data.window, size, cache).array() for size in (32, 64))
    return {
        "front": lambda: OneBoxTask(OneBox.FRONT_2, data, small, settings, "cpu"),
        "detector": lambda: DetectorTask(Backbone.SMALL, data, large, settings, (LESION,), "cpu"),
    }


@pytest.mark.parametrize("name", ["front", "detector"])
def test_a_stopped_training_goes_on_to_the_very_same_weights(data: Path, tmp_path: Path, name: str) -> None:
    images = load_images(data, Settings().data, 0)
    make, numbers = tasks_of(images, tmp_path / "cache")[name], tuple(images.numbers(Part.TRAINING))

    def run(folder: Path, progress: Progress = silent) -> Plan:
        plan = Plan(name, "", folder, 3, numbers, 0)
        seed_weights(plan)
        train(plan, make(), progress)
        return plan

    def stop(done: float, total: float, what: str) -> None:
        if what.endswith("epoch 2 of 3"):
            raise Cancelled

    with pytest.raises(Cancelled):
        run(tmp_path / "twice", stop)
    assert (tmp_path / "twice" / name / CHECKPOINT).is_file()
    plans = [run(tmp_path / "once"), run(tmp_path / "twice")]
    assert plans[0].weights_path.read_bytes() == plans[1].weights_path.read_bytes()
    results = [plan.result() for plan in plans]
    assert results[0] and results[1]
    assert results[0].curves == results[1].curves
    assert results[0].answers == results[1].answers


def test_the_served_threshold_is_that_of_one_false_positive_in_eight_test_images(done: Reproduction) -> None:
    _, output, results = done
    detector = AlukoDetector(output / "model")
    annotated = results.detectors["small"].annotated
    point = next(rate for rate in annotated.froc.at if rate.rate == 0.125)
    expected = annotated.operating.threshold if point.threshold is None else point.threshold
    assert detector.description.threshold == expected
    assert detector.description.training_images == 6
    assert (
        detector.model.sha256
        == hashlib.sha256((output / "trainings" / "faster-rcnn-small.safetensors").read_bytes()).hexdigest()
    )


def test_weights_that_are_not_there_are_refused_before_anything_is_made(data: Path, tmp_path: Path) -> None:
    settings = small_settings().changed({"weights": {"vgg16": str(tmp_path / "vgg16.pth")}})
    with pytest.raises(ModelError, match=re.escape("vgg16.pth")):
        reproduce(data, tmp_path / "out", settings)
    assert not (tmp_path / "out").exists()
