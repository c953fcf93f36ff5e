"""The networks that Qi 2019 compares itself with."""

from __future__ import annotations

import pytest
import torch
from torchvision.models import googlenet

from livercad.networks.denoising_autoencoder import DenoisingAutoencoder
from livercad.networks.googlenet import FEATURES, add_classes, make_googlenet
from livercad.networks.inception_resnet import Size


def test_googlenet_takes_torchvision_s_weights_and_answers_as_it_does() -> None:
    published = googlenet(weights=None, init_weights=False, aux_logits=False)
    network = make_googlenet()
    state = {name: value for name, value in published.state_dict().items() if not name.startswith("fc.")}
    network.load_state_dict(state)
    published.fc = torch.nn.Identity()
    images = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        features = network.eval()(images)
        torch.testing.assert_close(features, published.eval()(images))
    assert features.shape == (1, FEATURES)


@pytest.mark.parametrize("divisor", [2, 8])
def test_a_narrow_googlenet_gives_two_logits(divisor: int) -> None:
    size = Size(divisor)
    network = add_classes(make_googlenet(size), size).eval()
    assert network(torch.rand(2, 3, 48, 48)).shape == (2, 2)
    assert network.fc.in_features == FEATURES // divisor


def test_the_autoencoder_s_classes_see_the_top_layer_and_the_numbers() -> None:
    network = DenoisingAutoencoder(20, (12, 5), 3)
    values = torch.rand(4, 20)
    first = torch.sigmoid(network.encoders[0](values))
    torch.testing.assert_close(network.encoded(values, 1), first)
    top = network.encoded(values)
    assert top.shape == (4, 5) and ((top > 0) & (top < 1)).all()
    numbers = torch.rand(4, 3)
    torch.testing.assert_close(network(values, numbers), network.classes(torch.cat([top, numbers], 1)))
    assert network.denoised(first, 1).shape == first.shape
    assert [tuple(weight.shape) for weight in network.layer_weights(1)] == [(5, 12), (5,), (12, 5), (12,)]
