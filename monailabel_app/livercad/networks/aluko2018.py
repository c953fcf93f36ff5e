"""The one-box networks of Aluko et al. 2018: the baseline, and the baseline with VGG-16's features (section 4).

The baseline's filters stand in the paper's Figure 2, whose dimensions are not in its text: the numbers here are our
choice.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.models.vgg import cfgs, make_layers

POOLS = (4, 9, 16, 23, 30)
"""Where torchvision's VGG-16 has the pooling layers of blocks 1 to 5."""
BLOCK_CHANNELS = (64, 128, 256, 512, 512)
SHIFT, SCALE = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Mean and standard deviation of ImageNet's channels, which torchvision's weights expect."""


class BoxRegressor(nn.Module):
    """The baseline: two convolutions and a pooling, twice, and a dense layer with four outputs (section 4.1.2).

    Parameters
    ----------
    channels : int, default 3
        Of the input: the three slices.
    size : int, default 512
        Rows and columns of the input.
    filters : tuple of int, default (16, 16, 32, 32)
        Of the four convolutions.
    kernel : int, default 3
        Side of each.
    pool : int, default 2
        Side of each maximum pooling.
    dropout : float, default 0.0
        Share of values left out before the dense layer; the baseline has none.
    """

    def __init__(
        self,
        channels: int = 3,
        size: int = 512,
        filters: tuple[int, int, int, int] = (16, 16, 32, 32),
        kernel: int = 3,
        pool: int = 2,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        a, b, c, d = filters
        layers = [*_convolution(channels, a, kernel), *_convolution(a, b, kernel), nn.MaxPool2d(pool)]
        layers += [*_convolution(b, c, kernel), *_convolution(c, d, kernel), nn.MaxPool2d(pool)]
        self.convolutions = nn.Sequential(*layers)
        self.dropout = nn.Dropout(dropout)
        self.dense = nn.Linear(d * (size // pool // pool) ** 2, 4)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        # A box in the middle to begin with: where coordinates begin at nothing, training first has to find the image.
        nn.init.normal_(self.dense.weight, std=1e-3)
        nn.init.constant_(self.dense.bias, 0.5)

    def forward(self, images: Tensor) -> Tensor:
        """Find the lesion.

        Parameters
        ----------
        images : Tensor, shape (batch, channels, rows, columns)
            Grey values in [0, 1], or features.

        Returns
        -------
        Tensor, shape (batch, 4)
            x_min, y_min, x_max, y_max as shares of the image's sides.
        """
        return self.dense(self.dropout(self.convolutions(images).flatten(1)))


def vgg16_layers(left_out: Iterable[int] = ()) -> nn.Sequential:
    """VGG-16's convolutional part with random weights.

    Parameters
    ----------
    left_out : iterable of int
        Numbers of layers, as torchvision counts them, that are not wanted.

    Returns
    -------
    Sequential
        Its layers have torchvision's numbers as names, so that weights find them.
    """
    chosen = set(left_out)
    layers = [(str(n), layer) for n, layer in enumerate(make_layers(cfgs["D"])) if n not in chosen]
    for _, layer in layers:
        if isinstance(layer, nn.Conv2d) and layer.bias is not None:
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
            nn.init.zeros_(layer.bias)
    return nn.Sequential(OrderedDict(layers))


class VggFeatures(nn.Module):
    """VGG-16's convolutions without the pooling of blocks 4 and 5 (section 4.2): 64 × 64 × 512 of 512 × 512 × 3.

    Parameters
    ----------
    blocks : int, default 5
        How many blocks there are; fewer end with their last block's pooling, as VGG-16 has it.
    """

    shift: Tensor
    scale: Tensor

    def __init__(self, blocks: int = 5) -> None:
        super().__init__()
        last = POOLS[blocks - 1]
        self.layers = vgg16_layers(POOLS[3:] if blocks == len(POOLS) else range(last + 1, POOLS[-1] + 1))
        self.channels = BLOCK_CHANNELS[blocks - 1]
        self.step = 8 if blocks == len(POOLS) else 2**blocks
        self.register_buffer("shift", torch.tensor(SHIFT).view(3, 1, 1), persistent=False)
        self.register_buffer("scale", torch.tensor(SCALE).view(3, 1, 1), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """Compute features.

        Parameters
        ----------
        images : Tensor, shape (batch, 3, rows, columns)
            Grey values in [0, 1].

        Returns
        -------
        Tensor, shape (batch, channels, rows / step, columns / step)
            As VGG-16 has them.
        """
        return self.layers((images - self.shift) / self.scale)


class VggConcatenated(nn.Module):
    """VGG-16's features, scaled up to the image and laid beside it, into the baseline (section 4.2, second way).

    Parameters
    ----------
    size, filters, kernel, pool
        Of the `BoxRegressor`.
    dropout : float, default 0.05
        As it has it (section 5.1.1).
    frozen : bool, default True
        Whether VGG-16 keeps its weights.
    """

    def __init__(
        self,
        size: int = 512,
        filters: tuple[int, int, int, int] = (16, 16, 32, 32),
        kernel: int = 3,
        pool: int = 2,
        dropout: float = 0.05,
        frozen: bool = True,
    ) -> None:
        super().__init__()
        self.features = VggFeatures().requires_grad_(not frozen)
        self.regressor = BoxRegressor(3 + self.features.channels, size, filters, kernel, pool, dropout)

    def forward(self, images: Tensor) -> Tensor:
        """Find the lesion; as `BoxRegressor.forward`, of images."""
        features = F.interpolate(self.features(images), images.shape[-2:], mode="bilinear", align_corners=False)
        return self.regressor(torch.cat([images, features.to(images.dtype)], dim=1))


class VggFrontEnd(nn.Module):
    """VGG-16 up to one of its blocks instead of the image, into the baseline (section 4.2, first way).

    Parameters
    ----------
    block : int
        2, 3 or 4: the last of VGG-16's that is used.
    size, filters, kernel, pool
        Of the `BoxRegressor`; `size` is the image's.
    dropout : float, default 0.05
        As it has it (section 5.1.1).
    frozen : bool, default True
        Whether VGG-16 keeps its weights.
    """

    def __init__(
        self,
        block: int,
        size: int = 512,
        filters: tuple[int, int, int, int] = (16, 16, 32, 32),
        kernel: int = 3,
        pool: int = 2,
        dropout: float = 0.05,
        frozen: bool = True,
    ) -> None:
        super().__init__()
        self.features = VggFeatures(block).requires_grad_(not frozen)
        channels, left = self.features.channels, size // self.features.step
        self.regressor = BoxRegressor(channels, left, filters, kernel, pool, dropout)

    def forward(self, images: Tensor) -> Tensor:
        """Find the lesion; as `BoxRegressor.forward`, of images."""
        return self.regressor(self.features(images))


def _convolution(before: int, after: int, kernel: int) -> list[nn.Module]:
    return [nn.Conv2d(before, after, kernel, padding=kernel // 2), nn.ReLU()]
