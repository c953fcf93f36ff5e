"""Networks that look at small grey images and give feature maps of several resolutions, and nothing else.

What is linear in the means of these maps is linear at each place too: a class activation map of it is exact (B. Zhou et
al., "Learning deep features for discriminative localization", CVPR 2016, section 2).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torchvision.models import resnet50

Maps = tuple[Tensor, ...]
"""Each of shape (n, channels, rows, columns), finest first."""

IMAGENET_MEAN, IMAGENET_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Red, green, blue of white 1, as torchvision's weights expect them."""


class GreyFeatures(nn.Module):
    """A small network of our own: blocks of two 3 x 3 convolutions, each at half the resolution of the one before.

    Parameters
    ----------
    channels : sequence of int
        Of the blocks; the maps are those of all but the first.
    """

    def __init__(self, channels: Sequence[int] = (8, 16, 32, 64)) -> None:
        super().__init__()
        self.blocks = nn.ModuleList()
        before = 1
        for width in channels:
            layers: list[nn.Module] = []
            for inputs in (before, width):
                layers += [nn.Conv2d(inputs, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(True)]
            self.blocks.append(nn.Sequential(*layers))
            before = width
        self.widths = tuple(channels[1:])

    def forward(self, images: Tensor) -> Maps:
        """Look.

        Parameters
        ----------
        images : Tensor, shape (n, 1, rows, columns)
            Grey values in [0, 255].

        Returns
        -------
        tuple of Tensor
            The maps.
        """
        maps, seen = [], images / 127.5 - 1
        for number, block in enumerate(self.blocks):
            seen = block(seen if number == 0 else nn.functional.max_pool2d(seen, 2))
            maps.append(seen)
        return tuple(maps[1:])


class ResNet50Features(nn.Module):
    """The last three stages of a ResNet50 (K. He et al., CVPR 2016), for weights of ImageNet.

    Parameters
    ----------
    stride_first : bool
        Where a stage's first block halves the resolution: at its first convolution, as in the paper and in Keras, or
        at its second, as in torchvision ("v1.5").
    """

    def __init__(self, stride_first: bool = False) -> None:
        super().__init__()
        self.network = resnet50(weights=None)
        self.network.fc = nn.Identity()
        for stage in (self.network.layer2, self.network.layer3, self.network.layer4) if stride_first else ():
            stage[0].conv1.stride, stage[0].conv2.stride = (2, 2), (1, 1)
        self.widths = (512, 1024, 2048)
        self.mean: Tensor
        self.deviation: Tensor
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN)[:, None, None], persistent=False)
        self.register_buffer("deviation", torch.tensor(IMAGENET_DEVIATION)[:, None, None], persistent=False)

    def forward(self, images: Tensor) -> Maps:
        """Look; as `GreyFeatures.forward`."""
        network = self.network
        seen = (images.expand(-1, 3, -1, -1) / 255 - self.mean) / self.deviation
        seen = network.maxpool(network.relu(network.bn1(network.conv1(seen))))
        first = network.layer2(network.layer1(seen))
        second = network.layer3(first)
        return first, second, network.layer4(second)
