"""Inception-ResNet-v2 (Szegedy et al. 2016, "Inception-v4, Inception-ResNet and the impact of residual connections").

Channels, kernels and steps are those of Qi 2019, Table 1, and of the reference implementation; the parts have the names
that timm gives them, so that its weights fit. Narrower and shallower ones are made by numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn
from torchvision.models.inception import BasicConv2d

SCALES = (0.17, 0.10, 0.20)
"""What the residual of a block counts, at 35, 17 and 8 pixels (Qi 2019, Table 1)."""

BLOCKS = (10, 20, 9)
"""At 35, 17 and 8 pixels; one more at 8 has no ReLU (Qi 2019, Table 1)."""

Convolution = Callable[..., nn.Module]
"""Makes a convolution with batch normalisation and ReLU, from its channels in and out."""


@dataclass(frozen=True)
class Size:
    """How wide and deep an inception network is beside the published one.

    Parameters
    ----------
    divisor : int, default 1
        Every number of channels is divided by it: 1, 2, 4, 8 or 16.
    shallow : int, default 1
        Numbers of repeated blocks are divided by it, rounded down.
    """

    divisor: int = 1
    shallow: int = 1

    def __post_init__(self) -> None:
        if self.divisor < 1 or 16 % self.divisor:
            raise ValueError(f"divisor: found {self.divisor}; expected 1, 2, 4, 8 or 16, which divide every layer.")
        if self.shallow < 1:
            raise ValueError(f"shallow: found {self.shallow}; expected 1 or more.")

    def of(self, channels: int) -> int:
        """Channels of this network where the published one has `channels`."""
        return channels // self.divisor

    def convolution(self, before: int, channels: int, **options: int | tuple[int, int]) -> nn.Module:
        """A convolution between published numbers of channels; the three of an image stay three."""
        return BasicConv2d(before if before == 3 else self.of(before), self.of(channels), **options)


class Branches(nn.Module):
    """Several ways through a block, their maps concatenated."""

    def __init__(self, *ways: nn.Module) -> None:
        super().__init__()
        self._ways = len(ways)
        for number, way in enumerate(ways):
            self.add_module(f"branch{number}", way)

    def forward(self, maps: Tensor) -> Tensor:
        """Maps of all ways, one after the other along the channels."""
        return torch.cat([self.get_submodule(f"branch{number}")(maps) for number in range(self._ways)], 1)


class Residual(Branches):
    """Branches whose maps, after a 1 x 1 convolution and scaled down, are added to what came in.

    Parameters
    ----------
    scale : float
        By which they are scaled.
    joined, channels : int
        Of the concatenated maps, and of what came in.
    *ways : Module
        The branches.
    relu : bool
        Whether a ReLU follows.
    """

    def __init__(self, scale: float, joined: int, channels: int, *ways: nn.Module, relu: bool = True) -> None:
        super().__init__(*ways)
        self.scale = scale
        self.conv2d = nn.Conv2d(joined, channels, 1)
        self.act = nn.ReLU(inplace=True) if relu else nn.Identity()

    def forward(self, maps: Tensor) -> Tensor:
        """The same shape."""
        added: Tensor = self.act(maps + self.scale * self.conv2d(super().forward(maps)))
        return added


def inception_resnet_parts(size: Size) -> dict[str, nn.Module]:
    """Make the parts of Inception-ResNet-v2 up to its last maps, in their order.

    Parameters
    ----------
    size : Size
        How wide and deep.

    Returns
    -------
    dict of str to Module
        By timm's names. An image (3, 299, 299) comes out as (1536, 8, 8).
    """
    conv = size.convolution
    first, second, third = (count // size.shallow for count in BLOCKS)
    return {
        "conv2d_1a": conv(3, 32, kernel_size=3, stride=2),
        "conv2d_2a": conv(32, 32, kernel_size=3),
        "conv2d_2b": conv(32, 64, kernel_size=3, padding=1),
        "maxpool_3a": nn.MaxPool2d(3, stride=2),
        "conv2d_3b": conv(64, 80, kernel_size=1),
        "conv2d_4a": conv(80, 192, kernel_size=3),
        "maxpool_5a": nn.MaxPool2d(3, stride=2),
        "mixed_5b": _mixed_5b(conv),
        "repeat": nn.Sequential(*[_block_35(size) for _ in range(first)]),
        "mixed_6a": _mixed_6a(conv),
        "repeat_1": nn.Sequential(*[_block_17(size) for _ in range(second)]),
        "mixed_7a": _mixed_7a(conv),
        "repeat_2": nn.Sequential(*[_block_8(size) for _ in range(third)]),
        "block8": _block_8(size, relu=False),
        "conv2d_7b": conv(2080, 1536, kernel_size=1),
    }


def _way(conv: Convolution, before: int, *steps: tuple[int, int | tuple[int, int]], last_stride: int = 1) -> nn.Module:
    """Convolutions one after the other that keep the size of the maps, but for the last where it has a stride."""
    made: list[nn.Module] = []
    for number, (channels, kernel) in enumerate(steps):
        halves = number == len(steps) - 1 and last_stride > 1
        sides = (kernel, kernel) if isinstance(kernel, int) else kernel
        padding = (0, 0) if halves else (sides[0] // 2, sides[1] // 2)
        made.append(conv(before, channels, kernel_size=sides, stride=last_stride if halves else 1, padding=padding))
        before = channels
    return made[0] if len(made) == 1 else nn.Sequential(*made)


def _mixed_5b(conv: Convolution) -> nn.Module:
    way = partial(_way, conv, 192)
    pool = nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)
    return Branches(
        way((96, 1)), way((48, 1), (64, 5)), way((64, 1), (96, 3), (96, 3)), nn.Sequential(pool, way((64, 1)))
    )


def _block_35(size: Size) -> nn.Module:
    way = partial(_way, size.convolution, 320)
    ways = way((32, 1)), way((32, 1), (32, 3)), way((32, 1), (48, 3), (64, 3))
    return Residual(SCALES[0], size.of(128), size.of(320), *ways)


def _mixed_6a(conv: Convolution) -> nn.Module:
    way = partial(_way, conv, 320, last_stride=2)
    return Branches(way((384, 3)), way((256, 1), (256, 3), (384, 3)), nn.MaxPool2d(3, stride=2))


def _block_17(size: Size) -> nn.Module:
    way = partial(_way, size.convolution, 1088)
    ways = way((192, 1)), way((128, 1), (160, (1, 7)), (192, (7, 1)))
    return Residual(SCALES[1], size.of(384), size.of(1088), *ways)


def _mixed_7a(conv: Convolution) -> nn.Module:
    way = partial(_way, conv, 1088, last_stride=2)
    ways: Sequence[nn.Module] = (
        way((256, 1), (384, 3)),
        way((256, 1), (288, 3)),
        way((256, 1), (288, 3), (320, 3)),
        nn.MaxPool2d(3, stride=2),
    )
    return Branches(*ways)


def _block_8(size: Size, relu: bool = True) -> nn.Module:
    way = partial(_way, size.convolution, 2080)
    ways = way((192, 1)), way((192, 1), (224, (1, 3)), (256, (3, 1)))
    return Residual(SCALES[2], size.of(448), size.of(2080), *ways, relu=relu)
