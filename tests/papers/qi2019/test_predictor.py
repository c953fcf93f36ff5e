"""Mt-Net and Sn-Net as they are served: their answers, and where Mt-Net found them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from safetensors.torch import save
from torch import nn

from livercad.errors import ModelError
from livercad.networks.qi2019 import RegionEnhanced
from livercad.papers.qi2019 import predictor
from livercad.papers.qi2019.answers import SecondQuestion
from livercad.papers.qi2019.data import folder_data
from livercad.papers.qi2019.jobs import RESULT, WEIGHTS, Training
from livercad.papers.qi2019.methods import Method, Question
from livercad.papers.qi2019.predictor import FILES, ExportedNetworks, QiModel, export_model
from livercad.papers.qi2019.results import Results
from livercad.papers.qi2019.splits import Side, Split
from livercad.papers.served import sha256_and_version
from livercad.server.app import LiverCADApp
from livercad.server.options import read_options
from tumour_discs import Circle, disc

Study = tuple[Path, Results]
SIDE, CELL = 40, 5


def test_the_model_answers_as_in_the_study(qi_study: Study, breast_images: Path) -> None:
    output, _ = qi_study
    folder = output / "trainings" / "rem-mt-sn-patient"
    training = Training.model_validate_json((folder / RESULT).read_text(encoding="utf-8"))
    assert (output / "model" / FILES.weights).read_bytes() == (folder / WEIGHTS).read_bytes()
    model, images = QiModel(output / "model"), folder_data(breast_images).images
    assert model.questions == {"malignant": ("benign", "malignant"), "mass": ("no mass", "mass")}
    told = training.probabilities[Method.REM]
    for n, row in enumerate(training.rows):
        answer = model(images[row].grey)
        assert answer.probabilities["malignant"]["malignant"] == pytest.approx(told[Question.MALIGNANT][n], abs=2e-6)
        assert answer.probabilities["mass"]["mass"] == pytest.approx(told[Question.SOLID][n], abs=2e-6)
        assert all(sum(classes.values()) == pytest.approx(1) for classes in answer.probabilities.values())
        assert answer.saliency.shape == images[row].grey.shape and answer.saliency.max() == 1


def test_without_region_enhancement_it_answers_as_in_the_study(qi_study: Study, breast_images: Path) -> None:
    output, _ = qi_study
    result = output / "trainings" / "rem-mt-sn-patient" / RESULT
    training = Training.model_validate_json(result.read_text(encoding="utf-8"))
    both = QiModel(output / "model"), QiModel(output / "model", enhanced=False)
    assert [model.title.split(" Sn-Net ")[1] for model in both] == [
        "with region enhancement",
        "without region enhancement",
    ]
    images, told = folder_data(breast_images).images, training.probabilities[Method.REM_OFF]
    for n, row in enumerate(training.rows):
        enhanced, alone = (model(images[row].grey).probabilities for model in both)
        assert alone["malignant"]["malignant"] == pytest.approx(told[Question.MALIGNANT][n], abs=2e-6)
        assert alone["mass"]["mass"] == pytest.approx(told[Question.SOLID][n], abs=2e-6)
        assert alone != enhanced


@pytest.mark.parametrize("wish", ["true", "false"])
def test_a_server_asks_with_region_enhancement_or_without(wish: str) -> None:
    server = LiverCADApp.__new__(LiverCADApp)
    server.options = read_options({"region_enhancement": wish})
    assert server.load_ultrasound("qi2019").enhanced is (wish == "true")


def test_the_model_tells_what_it_is_and_what_was_measured(qi_study: Study, tmp_path: Path) -> None:
    output, results = qi_study
    model = QiModel(output / "model")
    for question, tested in model.description.test.items():
        of_study = results.splits[Split.PATIENT].criteria[question][Method.REM][Side.TEST]
        assert (tested.auc, tested.sensitivity) == (of_study.auc, of_study.sensitivity)
    assert model.trained_on == "images: 24 images of 12 patients" and not model.needs_circle
    quick = export_model(output / "model" / FILES.weights, results.model_copy(update={"quick": True}), tmp_path)
    assert quick.trained_on.endswith("12 patients (a quick run, too short to mean anything)")
    assert model.used.name == "qi2019" and model.used.version == model.used.sha256[:12]


def brightness() -> RegionEnhanced:
    """Calls a square positive where it has cells brighter than grey, by a map of cells of 5 pixels."""

    def parts() -> dict[str, nn.Module]:
        mean = nn.Conv2d(3, 1, CELL, stride=CELL)
        nn.init.constant_(mean.weight, 1 / (3 * CELL**2))
        nn.init.constant_(mean.bias, 0)
        return {"mean": mean, "bright": nn.ReLU()}

    network = RegionEnhanced(partial(parts), "mean", 1, 1.0)
    with torch.no_grad():
        network.map[0].weight.zero_()
        network.classes.weight[:] = torch.tensor([-200.0, 200.0])[:, None, None, None]
        network.classes.bias[:] = torch.tensor([0.5, -0.5])
    return network


@pytest.fixture
def hand_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> QiModel:
    """Mt-Net likes what is bright."""
    monkeypatch.setattr(predictor, "make_mt_net", lambda strength, size: brightness())
    monkeypatch.setattr(predictor, "make_sn_net", lambda strength, size: brightness())
    both = nn.ModuleDict({"mt": brightness(), "sn": brightness()})
    data = save(both.state_dict())
    digest, version = sha256_and_version(data)
    told = ExportedNetworks(
        version=version, trained_on="nothing", second_question=SecondQuestion.SOLID, side=SIDE, divisor=16, shallow=20,
        strength=1.0, crops=5, training_images=1, images_sha256="", test={}, weights_sha256=digest,
    )  # fmt: skip
    FILES.write(tmp_path / "made", data, told)
    return QiModel(tmp_path / "made")


def strongest(saliency: npt.NDArray[np.float32]) -> tuple[float, float]:
    row, column = np.unravel_index(saliency.argmax(), saliency.shape)
    return float(column), float(row)


@pytest.mark.parametrize("shape", [(80, 160), (150, 60), (64, 64)])
def test_mt_net_looks_where_a_bright_spot_lies(shape: tuple[int, int], hand_made: QiModel) -> None:
    cell = CELL * min(shape) / SIDE
    for share in (0.15, 0.4, 0.85):
        spot = Circle((share * shape[1], (1 - share) * shape[0]), 2.2 * cell)
        answer = hand_made(disc(spot, 255, 30, shape).astype(np.uint8))
        x, y = strongest(answer.saliency)
        assert np.hypot(x - spot.center[0], y - spot.center[1]) < cell
        far = disc(Circle(spot.center, 6 * cell), 0, 1, shape) == 1
        assert (answer.saliency.max(), answer.saliency.min()) == (1, 0) and answer.saliency[far].max(initial=0) < 0.1


def test_squares_speak_of_the_class_of_the_whole_image(hand_made: QiModel) -> None:
    """A spot in one of five squares: four say benign, and where the one does not look is what spoke for that."""
    image = disc(Circle((24.5, 44.5), 20), 255, 30, (80, 320)).astype(np.uint8)
    answer = hand_made(image)
    assert 0.5 < answer.probabilities["malignant"]["benign"] < 0.6  # the mean of one sure malignant and four benign
    assert answer.saliency[44, 24] < 0.1 and answer.saliency[:, 60:].min() == 1
    assert hand_made.questions["solid"] == ("no solid nodule", "solid nodule")


def test_what_no_square_shows_was_not_looked_at(hand_made: QiModel) -> None:
    image = np.random.default_rng(0).integers(140, 255, (30, 300)).astype(np.uint8)
    seen = hand_made(image).saliency.any(axis=0)
    # Squares of 30 pixels begin at 0, 67.5, 135, 202.5 and 270.
    columns = np.arange(300)
    assert (seen == ((columns + 0.5) % 67.5 < 30)).all()


def test_a_model_that_is_missing_or_damaged_is_refused_with_what_to_do(qi_study: Study, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"livercad reproduce qi2019.*folder `model` of its output"):
        QiModel(tmp_path)
    told, data = FILES.read(qi_study[0] / "model", ExportedNetworks)
    FILES.write(tmp_path, data[:-4] + b"\0\0\0\1", told)
    with pytest.raises(ModelError, match="not those of its description"):
        QiModel(tmp_path)
    FILES.write(tmp_path, data, told.model_copy(update={"divisor": 8}))
    with pytest.raises(ModelError, match="weights of another network"):
        QiModel(tmp_path)
