"""Layer shapes and anchors of Aluko et al. 2018; shapes are worked out without computing anything."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torchvision.models.detection.image_list import ImageList

from livercad.networks.aluko2018 import BoxRegressor, VggConcatenated, VggFeatures, VggFrontEnd
from livercad.networks.faster_rcnn import Backbone, RoIMaxPool, make_backbone, make_faster_rcnn


def of_kind(network: nn.Module, kind: type[nn.Module]) -> list[nn.Module]:
    return [layer for layer in network.modules() if isinstance(layer, kind)]


def test_the_baseline_has_two_convolutions_and_a_pooling_twice_and_a_dense_layer_to_four() -> None:
    network = BoxRegressor(size=64, filters=(4, 6, 8, 10))
    kinds = [type(layer) for layer in network.convolutions]
    once = [nn.Conv2d, nn.ReLU, nn.Conv2d, nn.ReLU, nn.MaxPool2d]
    assert kinds == once * 2
    assert [layer.out_channels for layer in of_kind(network, nn.Conv2d)] == [4, 6, 8, 10]
    assert (network.dense.in_features, network.dense.out_features) == (10 * 16 * 16, 4)
    assert network.dropout.p == 0
    assert network(torch.zeros(2, 3, 64, 64)).shape == (2, 4)


def test_vgg_without_its_last_poolings_gives_64_by_64_by_512_of_a_slice() -> None:
    with torch.device("meta"):
        features = VggFeatures()
        assert features(torch.zeros(1, 3, 512, 512)).shape == (1, 512, 64, 64)
    assert len(of_kind(features, nn.Conv2d)) == 13
    assert len(of_kind(features, nn.MaxPool2d)) == 3


def test_features_are_laid_beside_the_image_at_its_own_size() -> None:
    with torch.device("meta"):
        network = VggConcatenated(size=512)
        first = of_kind(network.regressor, nn.Conv2d)[0]
        assert first.in_channels == 3 + 512
        assert network(torch.zeros(1, 3, 512, 512)).shape == (1, 4)
    assert network.regressor.dropout.p == 0.05


def test_frozen_features_are_not_trained_and_others_are() -> None:
    with torch.device("meta"):
        frozen, free = VggConcatenated(64), VggConcatenated(64, frozen=False)
    assert not any(p.requires_grad for p in frozen.features.parameters())
    assert all(p.requires_grad for p in frozen.regressor.parameters())
    assert all(p.requires_grad for p in free.parameters())


@pytest.mark.parametrize(("block", "convolutions", "channels"), [(2, 4, 128), (3, 7, 256), (4, 10, 512)])
def test_a_front_end_ends_with_its_block(block: int, convolutions: int, channels: int) -> None:
    with torch.device("meta"):
        network = VggFrontEnd(block, size=128)
        assert len(of_kind(network.features, nn.Conv2d)) == convolutions
        features = network.features(torch.zeros(1, 3, 128, 128))
        assert features.shape == (1, channels, 128 // 2**block, 128 // 2**block)
        assert network(torch.zeros(1, 3, 128, 128)).shape == (1, 4)


@pytest.mark.parametrize("backbone", list(Backbone))
@pytest.mark.parametrize("stride", [8, 16])
def test_every_backbone_has_the_stride_that_is_asked_for(backbone: Backbone, stride: int) -> None:
    with torch.device("meta"):
        features = make_backbone(backbone, stride)
        shape = features.body(torch.zeros(1, 3, 128, 128)).shape
    assert shape == (1, features.out_channels, 128 // stride, 128 // stride)


def test_another_stride_is_refused() -> None:
    with pytest.raises(ValueError, match="8 or 16, not 4"):
        make_backbone(Backbone.SMALL, 4)


@pytest.mark.parametrize("size", [512, 256])
def test_anchors_are_the_paper_s_five_sizes_in_three_shapes_and_shrink_with_the_image(size: int) -> None:
    network = make_faster_rcnn(make_backbone(Backbone.SMALL, 16), 1, size, 16, units=8)
    image = torch.zeros(1, 3, size, size)
    features = torch.zeros(1, 128, size // 16, size // 16)
    (anchors,) = network.rpn.anchor_generator(ImageList(image, [(size, size)]), [features])
    assert len(anchors) == (size // 16) ** 2 * 15
    sides = (anchors[:15, 2:] - anchors[:15, :2]).double() * 512 / size
    areas = sides.prod(dim=1).sqrt()
    expected = torch.tensor([16, 24, 32, 48, 96], dtype=torch.double)
    # Torchvision rounds anchors to whole pixels.
    assert torch.allclose(areas.view(3, 5), expected.expand(3, 5), atol=1.5 * 512 / size)
    ratios = (sides[:, 1] / sides[:, 0]).view(3, 5)
    assert torch.allclose(ratios, torch.tensor([[0.5], [1.0], [2.0]], dtype=torch.double).expand(3, 5), rtol=0.3)


def test_regions_are_pooled_by_maximum() -> None:
    features = torch.arange(64.0).view(1, 1, 8, 8)
    pooled = RoIMaxPool(2, 8)({"0": features}, [torch.tensor([[0.0, 0.0, 31.0, 31.0]])], [(64, 64)])
    # Cells 0 to 4 of rows and columns, in halves that overlap by one: their largest values.
    assert pooled.flatten().tolist() == [18.0, 20.0, 34.0, 36.0]


def test_training_gives_four_losses_that_reach_proposals_and_heads_at_once() -> None:
    torch.manual_seed(0)
    network = make_faster_rcnn(make_backbone(Backbone.SMALL, 8), 2, 64, 8, units=8, proposals=20, rois=8)
    target = {"boxes": torch.tensor([[20.0, 20.0, 36.0, 36.0]]), "labels": torch.tensor([2])}
    losses = network([torch.rand(3, 64, 64)], [target])
    assert set(losses) == {"loss_objectness", "loss_rpn_box_reg", "loss_classifier", "loss_box_reg"}
    sum(losses.values()).backward()
    for part in (network.backbone.body, network.rpn.head, network.roi_heads.box_head):
        assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in part.parameters())
