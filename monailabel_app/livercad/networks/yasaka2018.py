"""The network of Yasaka 2018 ("Deep Learning with a CNN: Training Phase" and Fig 2).

Two convolutions and a max pooling, three times over, then three fully connected layers with dropout. How many channels
and units there are stands in the paper's Appendix E3, which is not available: the numbers here are our choice.
"""

from __future__ import annotations

import torch
from torch import nn


class YasakaNetwork(nn.Module):
    """Six convolutions, three max poolings, three fully connected layers.

    Parameters
    ----------
    phases : int
        Images of a set: 3, 2 or 1.
    pixels : int, default 70
        Along a side of each.
    channels : tuple of int, default (16, 32, 64)
        Of the two convolutions before each pooling.
    units : tuple of int, default (128, 64)
        Of the first two fully connected layers.
    dropout : float, default 0.5
        Share of their units that are left out in training.
    classes : int, default 5
        Categories.
    """

    def __init__(
        self,
        phases: int,
        pixels: int = 70,
        channels: tuple[int, int, int] = (16, 32, 64),
        units: tuple[int, int] = (128, 64),
        dropout: float = 0.5,
        classes: int = 5,
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = phases
        for width in channels:
            layers += [nn.Conv2d(before, width, 3, padding=1), nn.ReLU()]
            layers += [nn.Conv2d(width, width, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
            before, pixels = width, pixels // 2
        self.convolutions = nn.Sequential(*layers)
        self.decision = nn.Sequential(
            nn.Flatten(),
            nn.Linear(before * pixels**2, units[0]),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(units[0], units[1]),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(units[1], classes),
        )
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Tell categories apart.

        Parameters
        ----------
        images : Tensor, shape (batch, phases, rows, columns)
            Grey values, scaled to [-1, 1].

        Returns
        -------
        Tensor, shape (batch, classes)
            Logits.
        """
        return self.decision(self.convolutions(images))
