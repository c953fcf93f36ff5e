"""What each method learns with, and how it is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from livercad.errors import ModelError
from livercad.networks.base_weights import NONE
from livercad.networks.denoising_autoencoder import DenoisingAutoencoder
from livercad.networks.inception_resnet import Size
from livercad.networks.qi2019 import make_mt_net, make_sn_net
from livercad.papers.qi2019 import learners
from livercad.papers.qi2019.autoencoder import make_autoencoder
from livercad.papers.qi2019.cross_training import Losses, MiniBatch
from livercad.papers.qi2019.learners import Together, enhanced
from livercad.papers.qi2019.making import adadelta, make_together, new_network
from livercad.papers.qi2019.methods import Method, Question
from livercad.papers.qi2019.settings import ChengSettings, NetworkSettings, TrainingSettings
from livercad.papers.qi2019.views import CutOut, Whole, averaged

SMALL = NetworkSettings(side=107, divisor=16, shallow=20)
ROWS = np.arange(3)
RNG = np.random.default_rng(0)
IMAGES = [RNG.integers(256, size=(107, 150)).astype(np.uint8) for _ in range(3)]
ANSWERS = {Question.MALIGNANT: [0, 1, 0], Question.SOLID: [1, 1, 0]}


def together() -> Together:
    torch.manual_seed(0)
    learner = make_together(CutOut(IMAGES, 107, 3), ANSWERS, SMALL, TrainingSettings())
    for module in learner.modules.values():
        for layer in module.modules():
            if isinstance(layer, torch.nn.BatchNorm2d):
                layer.momentum = 1.0  # averages of the last images: those of first weights hide all that is seen
    learner.step(ROWS, np.random.default_rng(0))
    return learner


def test_the_optimiser_is_the_paper_s() -> None:
    optimizer = adadelta(torch.nn.Linear(1, 1), TrainingSettings())
    group = optimizer.param_groups[0]
    assert isinstance(optimizer, torch.optim.Adadelta)
    assert (group["weight_decay"], group["lr"]) == (1e-4, 1.0)


def test_cross_training_is_given_random_squares_the_answers_to_both_questions_and_each_network_s_own_optimiser(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: dict[str, Any] = {}

    class Noted:
        def __init__(self, mt, sn, mt_optimizer, sn_optimizer, rng) -> None:
            given.update(mt=(mt, mt_optimizer), sn=(sn, sn_optimizer))

        def step(self, batch: MiniBatch) -> Losses:
            given["batch"] = batch
            return Losses(1.0, 2.0)

    monkeypatch.setattr(learners, "CrossTraining", Noted)
    learner = make_together(CutOut(IMAGES, 107, 3), ANSWERS, SMALL, TrainingSettings())
    assert learner.step(ROWS, np.random.default_rng(5)) == {Question.MALIGNANT: 1.0, Question.SOLID: 2.0}
    batch, rng = given["batch"], np.random.default_rng(5)
    assert batch.malignant.tolist() == ANSWERS[Question.MALIGNANT] != batch.solid.tolist() == ANSWERS[Question.SOLID]
    for square, image in zip(batch.images[:, 0], IMAGES, strict=True):
        start = int(rng.integers(150 - 107 + 1))
        np.testing.assert_allclose(square.numpy(), image[:, start : start + 107] / 127.5 - 1, atol=1e-6)
    for name, network in learner.modules.items():
        own, optimizer = given[name]
        assert own is network and network.training
        assert {*optimizer.param_groups[0]["params"]} == {*network.parameters()}


def test_dropout_leaves_out_what_is_not_kept() -> None:
    for network in (*together().modules.values(), new_network(Question.SOLID, SMALL, 0.0)):
        assert network.dropout.p == pytest.approx(0.2)


def test_region_enhancement_goes_from_mt_net_to_sn_net_and_back() -> None:
    learner = together()
    mt, sn = learner.mt.eval(), learner.sn.eval()
    images = torch.rand(2, 3, 107, 107) * 2 - 1
    with torch.inference_mode():
        _, map_of_mt = mt(images)
        logits_of_sn, map_of_sn = sn(images, map_of_mt)
        logits_of_mt, _ = mt(images, map_of_sn)
        given = enhanced(mt, sn, images)
    assert map_of_mt.std() > 0 and not torch.equal(map_of_mt, map_of_sn)
    torch.testing.assert_close(given[0], logits_of_mt)
    torch.testing.assert_close(given[1], logits_of_sn)


def test_switched_off_the_networks_are_shown_nothing() -> None:
    learner = together()
    on, off = learner.ask(ROWS, Method.REM), learner.ask(ROWS, Method.REM_OFF)
    squares = [square for row in ROWS for square in learner.views.fixed(int(row))]
    given = torch.from_numpy(np.stack(squares)).float()[:, None].expand(-1, 3, -1, -1) / 127.5 - 1
    with torch.inference_mode():
        alone = torch.softmax(learner.mt(given)[0], 1)[:, 1].reshape(3, 3).mean(1)
    np.testing.assert_allclose(off[Question.MALIGNANT], alone.numpy(), atol=1e-6)
    assert np.abs(on[Question.SOLID] - off[Question.SOLID]).max() > 1e-6


def test_probabilities_are_averaged_over_the_squares_of_an_image() -> None:
    logits = torch.tensor([[0.0, 0.0], [0.0, 50.0], [50.0, 0.0], [50.0, 0.0]])
    assert averaged(logits, 2).tolist() == pytest.approx([0.75, 0.0])


def test_training_sees_one_square_and_prediction_all() -> None:
    views = CutOut(IMAGES, 107, 3)
    assert views.drawn(0, np.random.default_rng(0)).shape == (107, 107)
    assert [square.shape for square in views.fixed(0)] == [(107, 107)] * 3
    whole = Whole(IMAGES)
    assert whole.fixed(1)[0] is whole.drawn(1, np.random.default_rng(0)) is IMAGES[1]


@pytest.mark.parametrize(
    ("question", "setting", "make"),
    [(Question.MALIGNANT, "mt_weights", make_mt_net), (Question.SOLID, "sn_weights", make_sn_net)],
)
def test_weights_of_a_file_come_into_both_pathways(question: Question, setting: str, make, tmp_path: Path) -> None:
    torch.manual_seed(1)
    source = make(0.0, Size(16, 20))
    published = {**source.image.state_dict(), **source.joined.state_dict()}  # by timm's and torchvision's names
    save_file({name: value.contiguous() for name, value in published.items()}, tmp_path / "w.safetensors")
    narrow = SMALL.model_copy(update={setting: str(tmp_path / "w.safetensors")})
    network = new_network(question, narrow, 1.0)
    for name, value in source.image.state_dict().items():
        torch.testing.assert_close(network.image.state_dict()[name], value)
        torch.testing.assert_close(network.map.state_dict()[name], value)
    for name, value in source.joined.state_dict().items():
        torch.testing.assert_close(network.joined.state_dict()[name], value)


def test_weights_of_another_network_are_refused_by_its_name(tmp_path: Path) -> None:
    save_file({"other": torch.zeros(1)}, tmp_path / "w.safetensors")
    other = SMALL.model_copy(update={"mt_weights": str(tmp_path / "w.safetensors")})
    with pytest.raises(ModelError, match="Inception-ResNet-v2 with timm's names"):
        new_network(Question.MALIGNANT, other, 1.0)
    assert new_network(Question.SOLID, other, 1.0) is not None  # whose are none
    assert other.sn_weights == NONE


def test_the_autoencoder_learns_to_give_back_and_then_to_tell_classes() -> None:
    bright = [np.full((8, 8), 200 if yes else 60, np.uint8) for yes in (0, 1) * 10]
    answers = {Question.SOLID: [0, 1] * 10}
    numbers = [np.ones(3, np.float32)] * 20
    rows = np.arange(20)
    settings = ChengSettings(side=8, layers=(12, 4), pretraining_epochs=60, learning_rate=1e-2, batch=5)
    torch.manual_seed(0)
    learner = make_autoencoder(Question.SOLID, bright, numbers, answers, rows, settings, torch.device("cpu"))
    with torch.no_grad():
        given_back = torch.sigmoid(learner.network.denoised(learner.values, 0))
    assert (given_back - learner.values).abs().mean() < 0.1 < (learner.values.mean() - learner.values).abs().mean()
    decoder = learner.network.decoders[0].weight.clone()
    for _ in range(60):
        learner.step(rows, np.random.default_rng(0))
    told = learner.ask(rows, Method.CHENG)[Question.SOLID]
    assert ((told > 0.5) == np.array(answers[Question.SOLID])).all()
    assert torch.equal(decoder, learner.network.decoders[0].weight)  # classes teach the encoders alone


def test_each_layer_learns_to_give_back_what_noise_has_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    bright = list(rng.integers(1, 256, size=(40, 8, 8), dtype=np.uint8))  # no value is 0 but by noise
    shown: list[torch.Tensor] = []
    wanted: list[torch.Tensor] = []
    denoised, entropy = DenoisingAutoencoder.denoised, F.binary_cross_entropy_with_logits

    def noted(self: DenoisingAutoencoder, values: torch.Tensor, layer: int) -> torch.Tensor:
        shown.append(values.detach().clone())
        return denoised(self, values, layer)

    def compared(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        wanted.append(target.detach().clone())
        return entropy(logits, target)

    monkeypatch.setattr(DenoisingAutoencoder, "denoised", noted)
    monkeypatch.setattr(F, "binary_cross_entropy_with_logits", compared)
    settings = ChengSettings(side=8, layers=(6,), pretraining_epochs=1, noise=0.25, batch=40)
    answers = {Question.SOLID: [0, 1] * 20}
    numbers = [np.ones(3, np.float32)] * 40
    make_autoencoder(Question.SOLID, bright, numbers, answers, np.arange(40), settings, torch.device("cpu"))
    (given,), (target,) = shown, wanted
    assert (given == 0).float().mean() == pytest.approx(0.25, abs=0.03) and (target > 0).all()
    torch.testing.assert_close(given[given > 0], target[given > 0])
