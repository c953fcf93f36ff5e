"""The network of Yamakawa 2020 (section 2.5 and Figure 3): a VGGNet for small grey images.

3 x 3 convolutions, each with batch normalisation and ReLU, max poolings, dropout, fully connected layers. The numbers
of channels, units and dropouts stand in the figure, which the text that we have has not: those here are our choice.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn


class YamakawaNetwork(nn.Module):
    """Blocks of convolutions with a max pooling after each, then fully connected layers.

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
    units : sequence of int, default (128,)
        Of the fully connected layers before the last one, whose units are the classes; none for the last one alone.
    dropout : float, default 0.5
        Probability that an input of a fully connected layer is left out in training.
    classes : int, default 4
        Types of tumours.
    block_dropout : float, default 0
        Probability that a value after a block's pooling is left out in training.
    unit_norm : bool, default True
        Whether the fully connected layers before the last one have batch normalisation too.

    Attributes
    ----------
    last_pooling : int
        Place of the last pooling in `convolutions`: what comes before it are the finest maps of the last block.
    """

    def __init__(
        self,
        crops: int = 1,
        pixels: int = 64,
        channels: Sequence[int] = (16, 32, 64, 128),
        convolutions: int = 2,
        units: Sequence[int] = (128,),
        dropout: float = 0.5,
        classes: int = 4,
        block_dropout: float = 0.0,
        unit_norm: bool = True,
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 1
        for width in channels:
            for _ in range(convolutions):
                layers += [nn.Conv2d(before, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(True)]
                before = width
            self.last_pooling = len(layers)
            layers.append(nn.MaxPool2d(2))
            pixels //= 2
            if block_dropout:  # no layer where nothing is left out: names of weights tell the layers' places
                layers.append(nn.Dropout(block_dropout))
        self.convolutions = nn.Sequential(*layers)
        full: list[nn.Module] = [nn.Flatten()]
        before *= crops * pixels**2
        for width in units:
            full += [nn.Dropout(dropout), nn.Linear(before, width, bias=not unit_norm)]
            full += [nn.BatchNorm1d(width), nn.ReLU(True)] if unit_norm else [nn.ReLU(True)]
            before = width
        self.decision = nn.Sequential(*full, nn.Dropout(dropout), nn.Linear(before, classes))

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
