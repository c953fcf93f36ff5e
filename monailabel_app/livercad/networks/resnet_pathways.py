"""A ResNet50 cut after its third stage, where two pathways can be added up (Qi 2019, equation 4)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from livercad.networks.planar_features import ResNet50Features

COARSEST = 32
"""Pixels of the image along a place of the last maps; images have a multiple of it along each side."""
MIDDLE, PLACES = 1024, 3584
"""Channels where the pathways meet, and of all maps that answers are given from."""


class PathwayStart(nn.Module):
    """Up to the end of the third stage ("conv4_x").

    Its maps have a place for 16 x 16 pixels, as those of Qi 2019 where they are added up (17 x 17 of 299 x 299 pixels,
    section 3.2).

    Parameters
    ----------
    features : ResNet50Features
        With its weights.
    """

    def __init__(self, features: ResNet50Features) -> None:
        super().__init__()
        self.features = features

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Look.

        Parameters
        ----------
        images : Tensor, shape (n, 1, rows, columns)
            Grey values in [0, 255].

        Returns
        -------
        early : Tensor, shape (n, 512, rows / 32, columns / 32)
            The second stage's maps, their means in the resolution of the last ones.
        middle : Tensor, shape (n, 1024, rows / 16, columns / 16)
            The third stage's maps.
        """
        early, middle, _ = self.features(images)
        return avg_pool2d(early, 4), middle


class PathwayEnd(nn.Module):
    """From the end of the third stage on.

    Parameters
    ----------
    features : ResNet50Features
        With its weights.
    """

    def __init__(self, features: ResNet50Features) -> None:
        super().__init__()
        self.features = features

    def forward(self, middle: Tensor) -> Tensor:
        """Go on.

        Parameters
        ----------
        middle : Tensor, shape (n, 1024, rows, columns)
            The third stage's maps, of one pathway or of several added up.

        Returns
        -------
        Tensor, shape (n, 3072, rows / 2, columns / 2)
            Their means in the resolution of the last stage's maps, and those.
        """
        return torch.cat([avg_pool2d(middle, 2), self.features.network.layer4(middle)], dim=1)
