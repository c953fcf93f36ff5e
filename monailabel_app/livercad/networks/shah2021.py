"""The two networks of Shah 2021 ("Liver segmentation" and "Liver lesion location and classification", Figs 3 and 4).

The paper tells the filters of the liver network's three convolutions, those of the classification channel's seven, and
that the location channel has seven as well. Kernel sizes, how far apart a kernel's taps lie, the location channel's
filters and what the channels take from the base are choices, with their reasons in
`livercad.papers.shah2021.settings`.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn
from torchvision.models import get_model

GREY_MEAN, GREY_SD = 0.449, 0.226
"""Of grey values in [0, 1]: the means over the three channels of those that torchvision's ImageNet weights expect
(mean 0.485, 0.456, 0.406; SD 0.229, 0.224, 0.225)."""
POOL = 3
"""Side of the max pooling, with stride 1 ("Liver segmentation")."""
STAGES = 4
"""Of a ResNet."""


class LiverNetwork(nn.Module):
    """Three convolutions, each with batch normalisation, ReLU and 3 × 3 max pooling of stride 1; a label a pixel.

    Parameters
    ----------
    channels : sequence of int, default (128, 64, 128)
        Filters of the convolutions.
    kernels : sequence of int, default (3, 3, 3)
        Their sides, in pixels; odd.
    dilations : sequence of int, default (1, 1, 1)
        Distance of their taps, in pixels.
    """

    def __init__(
        self,
        channels: Sequence[int] = (128, 64, 128),
        kernels: Sequence[int] = (3, 3, 3),
        dilations: Sequence[int] = (1, 1, 1),
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 1
        for width, kernel, dilation in zip(channels, kernels, dilations, strict=True):
            layers += _normalised(before, width, kernel, dilation)
            layers.append(nn.MaxPool2d(POOL, stride=1, padding=POOL // 2))
            before = width
        self.features = nn.Sequential(*layers)
        self.labels = nn.Conv2d(before, 2, 1)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Tell liver from all else.

        Parameters
        ----------
        images : Tensor, shape (batch, 1, rows, columns)
            Grey values in [0, 1].

        Returns
        -------
        Tensor, shape (batch, 2, rows, columns)
            Logits of "not liver" and "liver", for a softmax in every pixel.
        """
        return self.labels(self.features(_centred(images)))


class MDLCNN(nn.Module):
    """A ResNet as base, and on it two channels of seven convolutions side by side: where lesions are, and which.

    Parameters
    ----------
    base : str, default "resnet101"
        A ResNet of torchvision's.
    stages : sequence of int, default (2, 3, 4)
        Which of its four stages the channels see. They are brought to the grid of the first and laid on each other.
    location, classification : sequence of int
        Filters of the channels' convolutions; each has batch normalisation and ReLU.
    kernels : sequence of int
        Sides of either channel's convolutions.
    classes : int, default 4
        Kinds of lesion.
    """

    def __init__(
        self,
        base: str = "resnet101",
        stages: Sequence[int] = (2, 3, 4),
        location: Sequence[int] = (256, 128, 64, 32, 64, 128, 256),
        classification: Sequence[int] = (256, 128, 64, 32, 64, 128, 256),
        kernels: Sequence[int] = (3, 3, 3, 3, 3, 3, 3),
        classes: int = 4,
    ) -> None:
        super().__init__()
        self.base = get_model(base, weights=None)
        self.base.fc = nn.Identity()  # the ImageNet classes
        self.stages = tuple(stages)
        for number in range(max(stages) + 1, STAGES + 1):
            setattr(self.base, f"layer{number}", nn.Identity())  # nothing that no channel sees
        with torch.inference_mode():
            self.base.eval()
            width = sum(part.shape[1] for part in self._seen(torch.zeros(1, 3, 64, 64)))
            self.base.train()
        self.location = _channel(width, location, kernels, 2)
        self.classification = _channel(width, classification, kernels, classes)

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Find and name lesions.

        Parameters
        ----------
        images : Tensor, shape (batch, 1, rows, columns)
            Segmented livers: grey values in [0, 1], all else 0.

        Returns
        -------
        location : Tensor, shape (batch, 2, cells, cells)
            Logits of "no lesion" and "lesion", for a softmax in every cell of the first stage's grid.
        classification : Tensor, shape (batch, classes, cells, cells)
            Logits of what a lesion is, where there is one.
        """
        features = self.features(images)
        return self.location(features), self.classification(features)

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """What both channels see, shape (batch, filters, cells, cells)."""
        seen = self._seen(_centred(images).expand(-1, 3, -1, -1))
        grid = seen[0].shape[-2:]
        scaled = [F.interpolate(part, grid, mode="bilinear", align_corners=False) for part in seen[1:]]
        return torch.cat([seen[0], *scaled], dim=1)

    def _seen(self, images: torch.Tensor) -> list[torch.Tensor]:
        base = self.base
        x = base.maxpool(base.relu(base.bn1(base.conv1(images))))
        seen = []
        for number in range(1, max(self.stages) + 1):
            x = getattr(base, f"layer{number}")(x)
            if number in self.stages:
                seen.append(x)
        return seen


def _channel(before: int, widths: Sequence[int], kernels: Sequence[int], out: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for width, kernel in zip(widths, kernels, strict=True):
        layers += _normalised(before, width, kernel)
        before = width
    return nn.Sequential(*layers, nn.Conv2d(before, out, 1))


def _normalised(before: int, width: int, kernel: int, dilation: int = 1) -> list[nn.Module]:
    """A convolution that keeps the image's size; its bias would be lost in the normalisation."""
    padding = dilation * (kernel // 2)
    convolution = nn.Conv2d(before, width, kernel, padding=padding, dilation=dilation, bias=False)
    return [convolution, nn.BatchNorm2d(width), nn.ReLU(inplace=True)]


def _centred(images: torch.Tensor) -> torch.Tensor:
    return (images - GREY_MEAN) / GREY_SD
