"""The network of Yamakawa 2020 (section 2.5 and Figure 3): a VGGNet for small grey images.

3 x 3 convolutions, each with batch normalisation and ReLU, max poolings, dropout, fully connected layers. The numbers
of channels, units and dropouts stand in the figure, which the text that we have has not: those here are our choice.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn


class YamakawaNetwork(nn.Module):
    """Blocks of convolutions with a max pooling after each, then two fully connected layers.

    Parameters
    ----------
    crops : int, default 1
        Images of one lesion: 1 in the paper, several ratios D/L for its multi-scale proposal. The same convolutions
        look at each, for their pixels show different places; the fully connected layers see all together.
    pixels : int, default 64
        Along a side of each.
    channels : sequence of int, default (16, 32, 64, 128)
        Of the convolutions of each block.
    convolutions : int, default 2
        In each block.
    units : int, default 128
        Of the first fully connected layer.
    dropout : float, default 0.5
        Probability that one of its inputs, or of the last layer's, is left out in training.
    classes : int, default 4
        Types of tumours.
    """

    def __init__(
        self,
        crops: int = 1,
        pixels: int = 64,
        channels: Sequence[int] = (16, 32, 64, 128),
        convolutions: int = 2,
        units: int = 128,
        dropout: float = 0.5,
        classes: int = 4,
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 1
        for width in channels:
            for _ in range(convolutions):
                layers += [nn.Conv2d(before, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(True)]
                before = width
            layers.append(nn.MaxPool2d(2))
            pixels //= 2
        self.convolutions = nn.Sequential(*layers)
        self.decision = nn.Sequential(
            nn.Flatten(),
            nn.Dropout(dropout),
            nn.Linear(crops * before * pixels**2, units, bias=False),
            nn.BatchNorm1d(units),
            nn.ReLU(True),
            nn.Dropout(dropout),
            nn.Linear(units, classes),
        )

    def forward(self, images: Tensor) -> Tensor:
        """Tell types of tumours apart.

        Parameters
        ----------
        images : Tensor, shape (n, crops, rows, columns)
            Grey values in [-1, 1].

        Returns
        -------
        Tensor, shape (n, classes)
            Logits.
        """
        maps = self.convolutions(images.flatten(0, 1)[:, None])
        logits: Tensor = self.decision(maps.unflatten(0, images.shape[:2]))
        return logits
