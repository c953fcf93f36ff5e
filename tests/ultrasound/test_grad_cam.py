"""Grad-CAM against MONAI's, and of several networks."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from monai.visualize import GradCAM
from torch import Tensor, nn

from livercad.ultrasound.grad_cam import grad_cam


def network(seed: int) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Sequential(nn.Conv2d(1, 6, 3, padding=1), nn.ReLU(), nn.Conv2d(6, 4, 3, padding=1)),
        nn.Sequential(nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(4 * 36, 3)),
    ).eval()


def of(networks: Sequence[nn.Sequential], images: Tensor, chosen: int) -> Tensor:
    def score_of(maps: Sequence[Tensor]) -> Tensor:
        logits = [each[1](own)[:, chosen] for each, own in zip(networks, maps, strict=True)]
        return torch.stack(logits).mean(0).sum()

    with torch.no_grad():
        maps = [each[0](images) for each in networks]
    return grad_cam(maps, score_of)


def test_one_network_s_map_is_that_of_monai() -> None:
    images = torch.rand(1, 1, 12, 12, requires_grad=True)
    for seed in range(3):
        one = network(seed)
        for chosen in range(3):
            expected = GradCAM(one, target_layers="0").compute_map(images, class_idx=chosen)[:, 0]
            assert expected.max() > 0
            torch.testing.assert_close(of([one], images, chosen), expected.detach())


def test_the_same_network_twice_gives_the_same_map_and_every_image_has_its_own() -> None:
    images = torch.rand(2, 1, 12, 12)
    one, other = network(0), network(1)
    torch.testing.assert_close(of([one, one], images, 1), of([one], images, 1))
    both = of([one, other], images, 1)
    torch.testing.assert_close(both[:1], of([one, other], images[:1], 1))
    assert not torch.allclose(both, of([one], images, 1))
    assert all(weights.grad is None for weights in one.parameters())
