"""The networks that are served: their answers, and where they found them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save

from livercad.core.circle import Circle
from livercad.errors import ModelError
from livercad.networks.yamakawa2020 import YamakawaNetwork
from livercad.papers.intervals import Interval
from livercad.papers.served import sha256_and_version
from livercad.papers.yamakawa2020.crops import make_all_crops
from livercad.papers.yamakawa2020.dataset import Dataset, read_dataset
from livercad.papers.yamakawa2020.plan import plans_of
from livercad.papers.yamakawa2020.predictor import FILES, ExportedNetworks, YamakawaModel, export_model
from livercad.papers.yamakawa2020.results import Results
from livercad.papers.yamakawa2020.settings import NetworkSettings
from livercad.studies.ultrasound.reading import read_image
from livercad.ultrasound.model import LooksAtSquare
from tumour_discs import disc, small_settings

Study = tuple[Path, Results]


def asked(model: YamakawaModel, dataset: Dataset, number: int) -> list[float]:
    answer = model(read_image(dataset.images[number]).array, dataset.circles[number])
    return [answer.probabilities["malignant"][name] for name in dataset.classes]


def test_each_network_answers_as_in_the_study_and_the_model_is_their_mean(
    study: Study, discs: Path, tmp_path: Path
) -> None:
    output, results = study
    dataset, settings = read_dataset(discs), small_settings()
    wanted = (*settings.centred, *settings.shifted)
    crops = make_all_crops(dataset, wanted, settings.crops, output / "cache", 1)
    plans = plans_of(dataset, dataset.folds(3, 0), crops, output / "trainings", settings)
    alone = []
    for plan in plans:
        training = plan.result()
        if plan.network_name == "0.6" and training:
            export_model([(plan, training)], results.model_copy(update={"quick": True}), tmp_path / plan.name)
            alone.append(YamakawaModel(tmp_path / plan.name))
            assert alone[-1].trained_on.endswith("18 images (a quick run, too short to mean anything)")
            for number, told in zip(plan.sides[2], training.probabilities, strict=True):
                assert asked(alone[-1], dataset, number) == pytest.approx(told, abs=2e-6)
    together = YamakawaModel(output / "model")
    assert together.description.networks == len(alone) == 3
    for number in range(4):
        mean = np.mean([asked(each, dataset, number) for each in alone], axis=0)
        assert asked(together, dataset, number) == pytest.approx(mean.tolist())


def test_the_model_tells_what_it_is_and_what_was_measured(study: Study, discs: Path) -> None:
    output, results = study
    model = YamakawaModel(output / "model")
    tested = next(scores for scores in results.sweep if scores.ratio == 0.6)
    assert (model.description.case_accuracy, model.description.image_accuracy) == (tested.cases, tested.images)
    assert model.trained_on == f"the images in {discs.name}: 12 cases, 18 images"
    assert model.title == "Yamakawa 2020: mean of 3 networks at D/L 0.6"
    assert model.used.sha256 == model.description.weights_sha256 and model.used.name == "yamakawa2020"
    assert model.questions == {"malignant": ("benign", "malignant")} and model.needs_circle
    assert isinstance(model, LooksAtSquare) and (model.ratio, model.smallest) == (0.6, 16)
    with pytest.raises(ValueError, match="circle"):
        model(np.zeros((40, 40), np.uint8), None)


def likes_brightness(folder: Path, block_dropout: float) -> YamakawaModel:
    """A network that calls an image HCC by its bright pixels, and a cyst without any."""
    layers = NetworkSettings(channels=(1,), convolutions=1, units=(1,), block_dropout=block_dropout)
    network = YamakawaNetwork(1, 32, classes=2, **dict(layers))
    kernel = torch.zeros(1, 1, 3, 3)
    kernel[0, 0, 1, 1] = 1
    state = {name: torch.zeros_like(value) for name, value in network.state_dict().items()}
    state["convolutions.0.weight"] = kernel
    for norm in ("convolutions.1", "decision.3"):
        state[f"{norm}.weight"], state[f"{norm}.running_var"] = torch.ones(1), torch.ones(1)
    state["convolutions.1.running_mean"] = torch.tensor([0.4])  # of -1 to 1: brighter than 178 goes on
    state["decision.2.weight"] = torch.ones_like(state["decision.2.weight"])
    state["decision.6.weight"], state["decision.6.bias"] = torch.tensor([[0.0], [1.0]]), torch.tensor([0.3, 0.0])
    data = save({f"0.{name}": value for name, value in state.items()})
    digest, version = sha256_and_version(data)
    unknown = Interval(value=0.5, low=None, high=None, n=1)
    told = ExportedNetworks(
        version=version, trained_on="nothing", classes=("cyst", "hcc"), ratio=0.6, smallest=16.0, pixels=32,
        network=layers, networks=1, cases=1, images=1, case_accuracy=unknown, image_accuracy=unknown,
        weights_sha256=digest,
    )  # fmt: skip
    FILES.write(folder, data, told)
    return YamakawaModel(folder)


@pytest.mark.parametrize(
    ("circle", "block_dropout"),
    [(Circle((70.0, 40.0), 36.0), 0.0), (Circle((12.0, 84.0), 36.0), 0.5), (Circle((120.0, 9.5), 30.0), 0.0)],
)
def test_the_model_found_it_where_a_bright_spot_lies(circle: Circle, block_dropout: float, tmp_path: Path) -> None:
    model = likes_brightness(tmp_path, block_dropout)
    x0, y0, x1, y1 = circle.square(0.6, 16)
    for right, down in ((-0.2, -0.25), (0.3, 0.1), (0.0, 0.3)):
        spot = Circle((circle.center[0] + right * (x1 - x0), circle.center[1] + down * (y1 - y0)), 7.0)
        if not (5 < spot.center[0] < 122 and 5 < spot.center[1] < 90):
            continue
        answer = model(disc(spot, 250, 60).astype(np.uint8), circle)
        assert answer.probabilities["type"]["hcc"] > 0.6
        assert answer.probabilities["malignant"]["malignant"] == answer.probabilities["type"]["hcc"]
        saliency = answer.saliency
        assert (saliency.shape, saliency.dtype, saliency.max()) == ((96, 128), np.float32, 1)
        row, column = np.unravel_index(saliency.argmax(), saliency.shape)
        assert np.hypot(column - spot.center[0], row - spot.center[1]) < spot.diameter / 2
        rows, columns = np.indices(saliency.shape)
        assert not saliency[(rows < y0) | (rows > y1) | (columns < x0) | (columns > x1)].any()
    dark = model(np.full((96, 128), 60, np.uint8), circle)
    assert dark.probabilities["type"]["cyst"] > 0.5 and not dark.saliency.any()


def test_a_model_that_is_missing_or_damaged_is_refused_with_what_to_do(study: Study, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"livercad reproduce yamakawa2020.*folder `model` of its output"):
        YamakawaModel(tmp_path / "nothing")
    told = FILES.read(study[0] / "model", ExportedNetworks)[0]
    other = save({"0.weight": torch.zeros(1)})
    FILES.write(tmp_path / "damaged", other, told)
    with pytest.raises(ModelError, match="not those of its description"):
        YamakawaModel(tmp_path / "damaged")
    FILES.write(tmp_path / "other", other, told.model_copy(update={"weights_sha256": sha256_and_version(other)[0]}))
    with pytest.raises(ModelError, match="weights of another network"):
        YamakawaModel(tmp_path / "other")
