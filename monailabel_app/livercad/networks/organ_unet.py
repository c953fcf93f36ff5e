"""A small 3-D U-Net for many organs at a coarse spacing."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import cast

import torch
from torch import nn
from torch.nn import functional

WIDTHS = (16, 32, 64, 128)
"""Channels by level: 1.5 million parameters, a second or so for an abdomen at 4 mm on two cores."""
STRIDE = 2 ** (len(WIDTHS) - 1)
"""Input sides are multiples of this."""


class OrganUNet(nn.Module):
    """U-Net with instance normalisation (Ö. Çiçek et al., "3D U-Net", MICCAI 2016), two convolutions a level.

    Parameters
    ----------
    classes : int
        Output channels, the background among them.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        inputs = (1, *WIDTHS[:-1])
        self.down = nn.ModuleList(_level(i, o) for i, o in zip(inputs, WIDTHS, strict=True))
        self.up = nn.ModuleList(_level(wide + deep, wide) for wide, deep in pairwise(WIDTHS))
        self.head = nn.Conv3d(WIDTHS[0], classes, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Score the classes.

        Parameters
        ----------
        image : Tensor, shape (batch, 1, i, j, k)
            Sides are multiples of `STRIDE`.

        Returns
        -------
        Tensor, shape (batch, classes, i, j, k)
            Logits.
        """
        features, skips = image, []
        for depth, level in enumerate(self.down):
            features = level(functional.max_pool3d(features, 2) if depth else features)
            skips.append(features)
        for level, skip in zip(reversed(self.up), reversed(skips[:-1]), strict=True):
            upsampled = functional.interpolate(features, scale_factor=2.0, mode="nearest")
            features = level(torch.cat([upsampled, skip], dim=1))
        return cast(torch.Tensor, self.head(features))


class SureLabels(nn.Module):
    """Turns logits into one map of labels, 0 where the network is not sure enough.

    Parameters
    ----------
    network : OrganUNet
        What gives the logits; class 0 is the background.
    least_probability : float
        Below it a voxel is left to the background, in [0, 1].
    parts : sequence of int
        Classes that are parts of one organ: their sum may be sure where no single one is.
    """

    def __init__(self, network: OrganUNet, least_probability: float, parts: Sequence[int] = ()) -> None:
        super().__init__()
        self.network = network
        self.least_probability = least_probability
        self.parts = list(parts)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Label the voxels.

        Parameters
        ----------
        image : Tensor, shape (batch, 1, i, j, k)
            As `OrganUNet` takes it.

        Returns
        -------
        Tensor, shape (batch, 1, i, j, k)
            Classes as floating-point numbers.
        """
        probabilities = torch.softmax(self.network(image), dim=1)
        probability, label = probabilities.max(dim=1, keepdim=True)
        together = probabilities[:, self.parts].sum(dim=1, keepdim=True)
        sure = torch.maximum(probability, together) >= self.least_probability
        return label.to(image.dtype) * sure.to(image.dtype)


def _level(inputs: int, outputs: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for channels in (inputs, outputs):
        layers += [
            nn.Conv3d(channels, outputs, 3, padding=1, bias=False),
            nn.InstanceNorm3d(outputs, affine=True),
            nn.LeakyReLU(0.01, inplace=True),
        ]
    return nn.Sequential(*layers)
