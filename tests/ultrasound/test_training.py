"""The default ultrasound model: trained on a folder of plain pictures whose truth is known, and asked."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler
from typer.testing import CliRunner

from livercad.cli.main import app
from livercad.core.circle import Circle
from livercad.core.ultrasound import Question
from livercad.errors import Cancelled, InputError, ModelError
from livercad.models.convert import content_sha256
from livercad.models.shipping import Trained, write_trained
from livercad.networks.planar_features import GreyFeatures
from livercad.studies.hashing import hash_file
from livercad.studies.ultrasound.collection import read_collection
from livercad.studies.ultrasound.rows import Row, read_annotations, write_annotations
from livercad.ultrasound.backbone import Backbone
from livercad.ultrasound.load import installed_path, load_default
from livercad.ultrasound.pooling import WHOLE, Pooling
from livercad.ultrasound.predictor import MODEL, ModelDescription, UltrasoundLesionModel, tensors_of
from livercad.ultrasound.training import fitting
from livercad.ultrasound.training.examples import examples_of
from livercad.ultrasound.training.run import train_ultrasound
from livercad.ultrasound.views import View

SHAPE = 72, 96
VIEWS = (View(0.6, 64),)
PATIENTS = 40
"""Of whom every fourth has no lesion; a malignant lesion is bright, a benign one dark."""


def picture(kind: str, rng: np.random.Generator) -> tuple[np.ndarray, Circle | None]:
    image = rng.normal(100, 12, SHAPE)
    if kind == "normal":
        return np.clip(image, 1, 255).astype(np.uint8), None
    circle = Circle((float(rng.uniform(30, 66)), float(rng.uniform(26, 46))), float(rng.uniform(22, 30)))
    rows, columns = np.indices(SHAPE)
    inside = np.hypot(columns - circle.center[0], rows - circle.center[1]) < circle.diameter / 2
    image[inside] += 90 if kind == "malignant" else -80
    return np.clip(image, 1, 255).astype(np.uint8), circle


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path, rng, rows = tmp_path_factory.mktemp("images"), np.random.default_rng(0), []
    for number in range(PATIENTS):
        kind = ("malignant", "benign", "malignant", "normal")[number % 4] if number % 8 else "benign"
        for view in range(1 + (number % 5 == 0)):
            image, circle = picture(kind, rng)
            name = f"{number}-{view}.png"
            Image.fromarray(image).save(path / name)
            rows.append(Row(f"case-{number}", name, kind=kind, circle=circle))
    write_annotations(path / "annotations.csv", rows)
    return path


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A small network with random weights, as a model's file without answers."""
    import torch

    torch.manual_seed(0)
    tensors = tensors_of(GreyFeatures().eval(), {})
    told = ModelDescription(
        name="random", title="", trained_on="nothing", backbone=Backbone.GREY, heads={},
        weights_sha256=content_sha256(tensors),
    )  # fmt: skip
    record = {MODEL: told.model_dump(mode="json")}
    return str(write_trained(Trained("random", tensors, record), tmp_path_factory.mktemp("weights")))


@pytest.fixture(scope="module")
def output(folder: Path, weights: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("out")
    words = ["train", "ultrasound", "--data", str(folder), "--output", str(path), "--weights", weights]
    done = CliRunner().invoke(app, [*words, "--device", "cpu", "--folds", "3"])
    assert done.exit_code == 0, done.output
    return path


@pytest.fixture(scope="module")
def model(output: Path) -> UltrasoundLesionModel:
    return UltrasoundLesionModel(output / "model" / "ultrasound_lesion.safetensors", "cpu")


def results(output: Path) -> dict[str, dict]:
    return {each["question"]: each for each in json.loads((output / "results.json").read_text())["questions"]}


def test_what_is_plain_to_see_is_learnt(output: Path) -> None:
    told = results(output)
    assert told["malignant"]["auc"]["value"] == 1
    assert told["mass"]["auc"]["value"] > 0.97
    assert told["malignant"]["classes"] == {"benign": 18, "malignant": 18}
    page = (output / "index.html").read_text()
    assert page.count("<svg") == 2 and "phantoms" not in page


def test_each_example_is_told_once_by_a_model_that_has_not_learnt_from_its_patient(output: Path, folder: Path) -> None:
    told, collection = results(output), read_collection(folder)
    group = dict(zip((each.name for each in collection.listed), collection.grouping.groups, strict=True))
    for question in told.values():
        fold_of: dict[int, set[int]] = {}
        for each in question["predictions"]:
            fold_of.setdefault(group[each["image"]], set()).add(each["fold"])
            assert sum(each["probabilities"].values()) == pytest.approx(1, abs=1e-5)
        assert all(len(folds) == 1 for folds in fold_of.values()), "groups are never parted"
        assert set.union(*fold_of.values()) == {1, 2, 3}
    assert len(told["mass"]["predictions"]) == len(collection.listed)
    truth = [each["truth"] == "mass" for each in told["mass"]["predictions"]]
    scores = [each["probabilities"]["mass"] for each in told["mass"]["predictions"]]
    assert told["mass"]["auc"]["value"] == pytest.approx(roc_auc_score(truth, scores))


def test_shuffled_labels_teach_nothing() -> None:
    rng = np.random.default_rng(1)
    features, groups = rng.normal(size=(160, 50)).astype(np.float32), np.arange(160) // 2
    features += groups[:, None] % 7  # patients differ, and may be told apart
    labels = rng.permutation(80).repeat(2) % 2
    told = np.zeros(160)
    for training, test in fitting.divided(labels, groups, 4, 0):
        fitted = fitting.fit([features[training]], labels[training], groups[training], ("a", "b"), (View(0.6, 64),), 0)
        told[test] = fitted.head.probabilities([features[test]])[:, 1]
    assert 0.35 < roc_auc_score(labels, told) < 0.65


@pytest.mark.parametrize("telling", [Pooling.SECTOR, Pooling.STRONGEST])
def test_what_counts_of_a_whole_image_is_chosen_by_held_out_patients(telling: Pooling) -> None:
    rng = np.random.default_rng(3)
    labels, views = np.arange(80) % 2, [View(None, 64, pooling) for pooling in WHOLE]
    features = [rng.normal(size=(80, 6)).astype(np.float32) for _ in views]
    features[WHOLE.index(telling)][:, 0] += 2 * labels
    fitted = fitting.fit_likeliest(features, labels, np.arange(80), ("a", "b"), tuple(views), 0)
    assert [view.pooling for view in fitted.head.views] == [telling]
    alone = fitting.fit([features[WHOLE.index(telling)]], labels, np.arange(80), ("a", "b"), fitted.head.views, 0)
    np.testing.assert_array_equal(fitted.head.weights, alone.head.weights)


@pytest.mark.parametrize("classes", [2, 3])
def test_answers_are_those_of_logistic_regression_on_standardised_features(classes: int) -> None:
    rng = np.random.default_rng(2)
    labels = np.arange(60) % classes
    features = rng.normal(size=(60, 90)).astype(np.float32) * rng.uniform(0.1, 9, 90).astype(np.float32)
    features[:, :3] += labels[:, None]
    names = tuple("abc"[:classes])
    fitted = fitting.fit([features], labels, np.arange(60), names, (View(0.6, 64),), 0)
    standard = StandardScaler().fit(features.astype(np.float64))
    oracle = LogisticRegression(C=fitted.strength, max_iter=2000).fit(standard.transform(features), labels)
    logits = oracle.decision_function(standard.transform(features))
    ours = fitted.head.logits([features])
    if classes == 2:
        logits = np.stack([-logits, logits], axis=1) / 2
    np.testing.assert_allclose(_apart(ours), _apart(logits), atol=0.02)


def _apart(logits: np.ndarray) -> np.ndarray:
    """Each class against the mean of all: what probabilities depend on."""
    return logits - logits.mean(axis=1, keepdims=True)


def test_a_model_answers_about_the_image_without_a_circle_and_about_the_lesion_with_one(
    model: UltrasoundLesionModel,
) -> None:
    assert dict(model.questions) == {"malignant": ("benign", "malignant"), "mass": ("no mass", "mass")}
    assert model.takes_circle and not model.needs_circle
    image, circle = picture("malignant", np.random.default_rng(9))
    assert circle
    whole, lesion = model(image, None), model(image, circle)
    assert list(whole.probabilities) == ["mass"] and list(lesion.probabilities) == ["malignant"]
    assert whole.probabilities["mass"]["mass"] > 0.5 and lesion.probabilities["malignant"]["malignant"] > 0.5
    for answer in (whole, lesion):
        assert answer.saliency.shape == image.shape and answer.saliency.dtype == np.float32
        assert answer.saliency.min() >= 0 and answer.saliency.max() == pytest.approx(1)
    assert max(lesion.probabilities["malignant"].values()) < 1, "no finite evidence makes it certain"
    rows, columns = np.indices(SHAPE)
    beyond = np.hypot(columns - circle.center[0], rows - circle.center[1]) > 1.6 * max(circle.side(0.4), 64)
    assert not lesion.saliency[beyond].any(), "where it has not looked"
    assert whole.probabilities == model(image, None).probabilities


def test_the_mean_of_a_map_is_what_a_class_gains(model: UltrasoundLesionModel) -> None:
    head = model._heads[Question.MALIGNANT]
    square = head.views[0].cut(*picture("malignant", np.random.default_rng(4)))
    maps = model._extractor.maps([square])
    features = np.concatenate([each.mean(axis=(2, 3)) for each in maps], axis=1)
    gained = replace(head, views=head.views[:1], weights=head.weights[:1], biases=head.biases[:1]).logits([features])
    told = gained[0] - gained.mean()
    for chosen in range(2):
        assert head.activation(0, maps, chosen).mean() == pytest.approx(told[chosen], rel=0.05, abs=0.02)


def test_nothing_outside_the_sector_speaks_for_a_mass(model: UltrasoundLesionModel) -> None:
    image, _ = picture("malignant", np.random.default_rng(9))
    framed = np.zeros((160, 200), np.uint8)
    framed[40 : 40 + SHAPE[0], 50 : 50 + SHAPE[1]] = image
    answer = model(framed, None)
    written = framed.copy()
    written[4:9, 6:40] = 255
    saliency = model(written, None).saliency
    reach = 20  # of a place of the coarsest map, and of the linear way between two
    assert not saliency[: 40 - reach].any() and not saliency[:, : 50 - reach].any()
    assert answer.saliency.max() == pytest.approx(1)


def test_lesions_of_a_rare_type_still_teach_malignancy(tmp_path: Path) -> None:
    rng, rows = np.random.default_rng(0), []
    for number, kind in enumerate(["cyst"] * 4 + ["hcc"] * 4 + ["metastasis"] * 2):
        image, circle = picture("benign", rng)
        Image.fromarray(image).save(tmp_path / f"{number}.png")
        rows.append(Row(f"case-{number}", f"{number}.png", kind=kind, circle=circle))
    write_annotations(tmp_path / "annotations.csv", rows)
    found = {each.question: each for each in examples_of(read_collection(tmp_path), 3)[0]}
    assert found[Question.TYPE].classes == ("cyst", "hcc")
    assert (found[Question.MALIGNANT].labels == [0] * 4 + [1] * 6).all()
    (by_types,) = examples_of(read_collection(tmp_path), 2)[0]
    assert by_types.classes == ("cyst", "hcc", "metastasis"), "of which malignancy is the sum"


def test_a_training_that_was_stopped_goes_on_to_the_same_model(
    folder: Path, weights: str, output: Path, tmp_path: Path
) -> None:
    def stop(done: float, total: float, what: str) -> None:
        if done > 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        train_ultrasound(folder, tmp_path, weights, folds=3, device="cpu", progress=stop)
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "cache").iterdir()}
    assert kept and not (tmp_path / "results.json").exists()
    done = train_ultrasound(folder, tmp_path, weights, folds=3, device="cpu")
    assert all(path.stat().st_mtime_ns == before for path, before in kept.items())
    once = UltrasoundLesionModel(output / "model" / "ultrasound_lesion.safetensors", "cpu")
    assert UltrasoundLesionModel(done.path, "cpu").used == once.used
    assert (tmp_path / "results.json").read_text() == (output / "results.json").read_text()


def test_types_are_summed_to_malignancy_and_phantoms_do_not_pass_for_patients(
    tmp_path: Path, folder: Path, weights: str
) -> None:
    table = (folder / "annotations.csv").read_text().replace("malignant", "hcc").replace("benign", "cyst")
    for path in folder.glob("*.png"):
        (tmp_path / path.name).symlink_to(path)
    (tmp_path / "annotations.csv").write_text(table)
    (tmp_path / "phantom.json").write_text("{}")
    done = train_ultrasound(tmp_path, tmp_path / "out", weights, folds=2, device="cpu")
    page, described = (tmp_path / "out" / "index.html").read_text(), done.trained.record[MODEL]["trained_on"]
    assert done.results.is_phantom and "The truth is that of digital phantoms." in page
    assert f"{PATIENTS} digital phantoms of “{tmp_path.name}”" in described and "patients" not in described
    assert [each.question for each in done.results.questions] == ["type", "malignant", "mass"]
    model = UltrasoundLesionModel(done.path, "cpu")
    image, circle = picture("malignant", np.random.default_rng(9))
    told = model(image, circle).probabilities
    assert told["malignant"]["malignant"] == pytest.approx(told["type"]["hcc"])
    assert set(model.questions) == {"type", "malignant", "mass"}
    assert model.learnt_from_phantoms
    files = {hash_file(path) for path in folder.glob("*.png")}
    assert model.learnt_images == files and len(files) > PATIENTS / 2


def test_classes_with_too_few_patients_are_left_out_and_told(folder: Path) -> None:
    examples, notes = examples_of(read_collection(folder), 12)
    assert [each.question for each in examples] == ["malignant"]
    assert any(note.startswith("mass: too few patients to learn from (10 of no mass") for note in notes)


@pytest.mark.parametrize("folds", [2, 3, 4])
def test_as_few_patients_as_are_asked_for_are_enough_for_any_folds(folds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(folds)
    monkeypatch.setattr(fitting, "STRENGTHS", (1.0,))
    for _ in range(5):
        groups = np.repeat(np.arange(2 * fitting.FEWEST), rng.integers(1, 4, 2 * fitting.FEWEST))  # one image or more
        labels = groups % 2
        features = rng.normal(size=(len(labels), 3)).astype(np.float32)
        tested = []
        for training, test in fitting.divided(labels, groups, folds, 0):
            own = fitting.fit([features[training]], labels[training], groups[training], ("a", "b"), VIEWS, 0)
            assert np.isfinite(own.loss)
            tested += test.tolist()
        assert sorted(tested) == list(range(len(labels)))


def test_fewer_patients_than_can_be_divided_twice_are_told(folder: Path, weights: str, tmp_path: Path) -> None:
    rows = read_annotations(folder / "annotations.csv")
    few = [row for kind in ("benign", "malignant") for row in [each for each in rows if each.kind == kind][:2]]
    for row in few:
        (tmp_path / row.image).symlink_to(folder / row.image)
    write_annotations(tmp_path / "annotations.csv", few)
    with pytest.raises(
        InputError, match=rf"of benign, .* of malignant; {fitting.FEWEST} are needed.*ultrasound.md\)\.$"
    ):
        train_ultrasound(tmp_path, tmp_path / "out", weights, folds=2, device="cpu")


def test_an_installed_model_is_the_one_in_use_and_a_damaged_one_is_told(
    output: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from livercad.ultrasound.load import install_model

    monkeypatch.setenv("LIVERCAD_MODELS", str(tmp_path))
    assert load_default("cpu").used.name == "ultrasound-lesion-phantom"
    install_model(output / "model" / "ultrasound_lesion.safetensors")
    assert load_default("cpu").used.name == "ultrasound_lesion"
    data = bytearray(installed_path().read_bytes())
    data[-5] ^= 1
    installed_path().write_bytes(bytes(data))
    with pytest.raises(ModelError, match="weights that are not those of its description"):
        load_default("cpu")


def test_weights_that_are_not_there_are_one_message(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="'phantom' or 'torchvision', or a safetensors file"):
        train_ultrasound(folder, tmp_path, str(tmp_path / "none.safetensors"))
