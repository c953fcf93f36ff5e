"""The two networks against the paper's own words, and first weights."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torchvision.models import get_model

from livercad.errors import ModelError
from livercad.networks.base_weights import load_base, weights_key
from livercad.networks.shah2021 import MDLCNN, LiverNetwork
from livercad.papers.shah2021 import published
from livercad.papers.shah2021.settings import Settings


def widths(layers: nn.Module) -> list[int]:
    return [layer.out_channels for layer in layers.modules() if isinstance(layer, nn.Conv2d)]


def test_the_liver_network_has_the_paper_s_three_convolutions_each_normalised_and_pooled() -> None:
    network = LiverNetwork()
    assert tuple(widths(network.features)) == published.LIVER_CHANNELS
    kinds = [type(layer) for layer in network.features]
    assert kinds == [nn.Conv2d, nn.BatchNorm2d, nn.ReLU, nn.MaxPool2d] * 3
    pools = [layer for layer in network.features if isinstance(layer, nn.MaxPool2d)]
    assert {(pool.kernel_size, pool.stride) for pool in pools} == {(3, 1)}


def test_the_liver_network_labels_every_pixel_whatever_its_kernels() -> None:
    settings = Settings().liver
    network = LiverNetwork((4, 4, 4), settings.kernels, settings.dilations).eval()
    assert network(torch.rand(2, 1, 24, 32)).shape == (2, 2, 24, 32)


def test_the_default_liver_network_sees_as_far_as_its_setting_s_reason_says() -> None:
    settings = Settings().liver
    reason = type(settings).model_fields["dilations"].description or ""
    for kernels, dilations, told in (((3, 3, 3), (1, 1, 1), "13 pixels"), (settings.kernels, settings.dilations, "37")):
        network = LiverNetwork((2, 2, 2), kernels, dilations).eval()
        for layer in network.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.ones_(layer.weight)
        image = torch.zeros(1, 1, 61, 61, requires_grad=True)
        network(image + 1)[0, 1, 30, 30].backward()
        # Of equal values the pooling passes the gradient to one: the reach is what all of them could choose from.
        pixels = 1 + sum(d * (k - 1) for k, d in zip(kernels, dilations, strict=True)) + 3 * 2
        reached = image.grad[0, 0].nonzero()
        assert reached.max() - reached.min() + 1 <= pixels
        assert str(pixels) in told and told in reason


def test_the_mdl_cnn_has_two_channels_of_seven_layers_of_the_paper_s_widths_on_a_resnet101() -> None:
    with torch.device("meta"):
        network = _on_meta()
    assert tuple(widths(network.classification)[:-1]) == published.CLASSIFICATION_CHANNEL
    assert widths(network.classification)[-1] == 4
    assert len(widths(network.location)[:-1]) == 7
    assert widths(network.location)[-1] == 2
    blocks = [len(getattr(network.base, f"layer{n}")) for n in range(1, 5)]
    assert blocks == [3, 4, 23, 3]  # He et al. 2016, Table 1


def _on_meta() -> MDLCNN:
    """Its first pass, which measures the base, needs real weights."""
    with torch.device("cpu"):
        return MDLCNN(published.BASE)


def test_both_channels_answer_on_the_grid_of_the_first_stage_that_they_see() -> None:
    narrow = (4,) * 7
    network = MDLCNN("resnet18", (2, 3), narrow, narrow).eval()
    location, classes = network(torch.rand(2, 1, 64, 64))
    assert location.shape == (2, 2, 8, 8)
    assert classes.shape == (2, 4, 8, 8)
    assert network.location[0].in_channels == 128 + 256
    assert isinstance(network.base.layer4, nn.Identity)


def test_first_weights_of_a_file_are_taken_where_the_network_has_the_layer(tmp_path: Path) -> None:
    whole = get_model("resnet18", weights=None)
    save_file(whole.state_dict(), tmp_path / "base.safetensors")
    torch.save(whole.state_dict(), tmp_path / "base.pth")
    narrow = (4,) * 7
    for name in ("base.safetensors", "base.pth"):
        network = MDLCNN("resnet18", (1,), narrow, narrow)
        load_base(network.base, "resnet18", str(tmp_path / name))
        assert torch.equal(network.base.layer1[1].conv2.weight, whole.layer1[1].conv2.weight)
    assert len(weights_key(str(tmp_path / "base.pth"))) == 64


@pytest.mark.parametrize(
    ("content", "found"), [(b"nothing", "no weights that can be read"), (None, "weights without conv1.weight")]
)
def test_a_file_of_something_else_is_refused(tmp_path: Path, content: bytes | None, found: str) -> None:
    path = tmp_path / "other.pth"
    if content is None:
        torch.save({"weight": torch.zeros(2)}, path)
    else:
        path.write_bytes(content)
    network = MDLCNN("resnet18", (1,), (4,) * 7, (4,) * 7)
    with pytest.raises(ModelError, match=found):
        load_base(network.base, "resnet18", str(path))
    with pytest.raises(ModelError, match="no file that can be read"):
        weights_key(str(tmp_path / "nowhere.pth"))
