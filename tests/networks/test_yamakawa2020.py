"""The network of Yamakawa 2020: what can be set, and that the defaults are those of trained networks."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from livercad.networks.yamakawa2020 import YamakawaNetwork
from livercad.papers.yamakawa2020.settings import NetworkSettings

# Of the network before its fully connected layers could be several: crops, pixels, settings, classes; weights;
# logits of two images with first weights of seed 0, and in training after seed 1.
BEFORE = [
    (
        (1, 64, NetworkSettings(), 4),
        556_628,
        [[-0.0765118, -0.0443462, 0.0214869, -0.0653366], [-0.0764123, -0.0444576, 0.0213563, -0.0652218]],
        [[0.0931626, -0.1068688, 0.441958, 0.0513456], [-0.4312665, 0.3987478, -0.2371396, -0.097829]],
    ),
    (
        (1, 64, NetworkSettings(channels=(8, 16, 32, 64), units=(64,)), 2),
        139_498,
        [[-0.0906386, 0.0541981], [-0.0905419, 0.05413]],
        [[0.1252734, -0.2512042], [-0.3069333, 0.4041308]],
    ),
    (
        (3, 32, NetworkSettings(channels=(4, 8), convolutions=1, units=(8,)), 2),
        12_670,
        [[-0.2804564, -0.3311931], [-0.2676024, -0.2398578]],
        [[-0.8337188, -0.8065565], [-0.3885916, -0.7690356]],
    ),
]


def kinds(layers: nn.Module) -> str:
    return " ".join(type(layer).__name__ for layer in layers.children())


@pytest.mark.parametrize(("made", "weights", "answers", "trained"), BEFORE)
def test_with_the_defaults_it_is_the_network_of_before(
    made: tuple[int, int, NetworkSettings, int], weights: int, answers: list[list[float]], trained: list[list[float]]
) -> None:
    crops, pixels, settings, classes = made
    torch.manual_seed(0)
    network = YamakawaNetwork(crops, pixels, classes=classes, **dict(settings))
    images = torch.linspace(-1, 1, crops * 2 * pixels * pixels).reshape(2, crops, pixels, pixels)
    assert sum(values.numel() for values in network.parameters()) == weights
    with torch.inference_mode():
        torch.testing.assert_close(network.eval()(images), torch.tensor(answers), atol=1e-5, rtol=1e-5)
    torch.manual_seed(1)  # of dropout
    torch.testing.assert_close(network.train()(images), torch.tensor(trained), atol=1e-4, rtol=1e-4)


def test_with_the_defaults_weights_have_the_names_and_shapes_of_before() -> None:
    norms = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")

    def norm(name: str, width: int) -> list[tuple[str, tuple[int, ...]]]:
        return [(f"{name}.{each}", () if each == norms[-1] else (width,)) for each in norms]

    network = YamakawaNetwork(3, 32, (4, 8), 1, (8,), 0.5, 2)
    assert [(name, tuple(values.shape)) for name, values in network.state_dict().items()] == [
        *(("convolutions.0.weight", (4, 1, 3, 3)), *norm("convolutions.1", 4)),
        *(("convolutions.4.weight", (8, 4, 3, 3)), *norm("convolutions.5", 8)),
        *(("decision.2.weight", (8, 1536)), *norm("decision.3", 8)),
        *(("decision.6.weight", (2, 8)), ("decision.6.bias", (2,))),
    ]
    assert network.last_pooling == len(network.convolutions) - 1


def test_layers_dropouts_and_normalisation_are_as_they_are_set() -> None:
    network = YamakawaNetwork(
        1, 16, (4, 8), 1, units=(12, 6), dropout=0.3, classes=5, block_dropout=0.2, unit_norm=False
    )
    assert kinds(network.convolutions) == " ".join(["Conv2d BatchNorm2d ReLU MaxPool2d Dropout"] * 2)
    assert kinds(network.decision) == "Flatten Dropout Linear ReLU Dropout Linear ReLU Dropout Linear"
    full = [layer for layer in network.decision if isinstance(layer, nn.Linear)]
    assert [(layer.in_features, layer.out_features) for layer in full] == [(8 * 4 * 4, 12), (12, 6), (6, 5)]
    assert all(layer.bias is not None for layer in full)
    left_out = [[layer.p for layer in part if isinstance(layer, nn.Dropout)] for part in network.children()]
    assert left_out == [[0.2, 0.2], [0.3, 0.3, 0.3]]
    assert isinstance(network.convolutions[network.last_pooling], nn.MaxPool2d)
    assert network.eval()(torch.zeros(2, 1, 16, 16)).shape == (2, 5)
    alone = YamakawaNetwork(1, 16, (4,), 1, units=())
    assert kinds(alone.decision) == "Flatten Dropout Linear"
    normal = YamakawaNetwork(1, 16, (4,), 1, units=(12, 6))
    assert kinds(normal.decision).count("BatchNorm1d") == 2


def test_settings_with_one_number_of_units_are_those_of_one_layer() -> None:
    old = {"channels": [8, 16, 32, 64], "convolutions": 2, "units": 64, "dropout": 0.5}  # as models of before have it
    settings = NetworkSettings.model_validate(old)
    assert settings == NetworkSettings(channels=(8, 16, 32, 64), units=(64,))
    assert NetworkSettings.model_validate_json(settings.model_dump_json()) == settings
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        NetworkSettings(units=(4, 0))
