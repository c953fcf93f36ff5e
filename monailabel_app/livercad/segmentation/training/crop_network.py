"""A network on crops, normalised as it is in use: by statistics of all that it would see there.

In use a window is as large as the liver, and normalisations take their statistics from all of it. Training on windows
of that size takes a minute a step on two cores, and small ones would have statistics of their own, with more or less of
the masked background in them, which changes what the network finds (docs/lesions.md). So statistics are measured once
over the whole, without gradients, and given to every crop of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from livercad.networks.leuven_unet import LEAKY_SLOPE, NORM_EPSILON, LeuvenUNet

Region = tuple[slice, slice, slice]

SLAB = 16
"""Planes of a whole that are computed in float32 at a time."""


@dataclass(frozen=True)
class Looked:
    """Where normalisations take their statistics from.

    Parameters
    ----------
    window : tuple of slice
        The voxels of the whole that are the network's output in use.
    keep : tuple of int
        How many voxels around it count, as far as a layer still has them.
    halo : tuple of int
        How many the network's input has around it.
    """

    window: Region
    keep: tuple[int, int, int]
    halo: tuple[int, int, int]


@dataclass(frozen=True)
class Statistics:
    """Mean and standard deviation of each channel at each normalisation, in the order in which they come.

    Parameters
    ----------
    means, deviations : tuple of Tensor, each of shape (1, channels, 1, 1, 1)
        Over the region that normalisations look at.
    """

    means: tuple[Tensor, ...]
    deviations: tuple[Tensor, ...]


@dataclass(frozen=True)
class _Padded:
    """Values and what lies beyond them, shape (1, channels, 1, 1, 1); None for more of what is at the border."""

    values: Tensor
    beyond: Tensor | None

    def each(self, change: Callable[[Tensor], Tensor]) -> _Padded:
        """Change voxel by voxel."""
        return _Padded(change(self.values), None if self.beyond is None else change(self.beyond))


Normalise = Callable[[_Padded, int], _Padded]


class CropNetwork(nn.Module):
    """A Leuven network that keeps the size of what it is given, or loses as little of it as up-sampling has to.

    Where the network itself leaves off what lacks context, this goes on at each layer: a whole with what layers make of
    plain background, which gives what the network gives as long as there is some background around the liver; a crop
    with what lies at its border, so that within some voxels of that its output is not the network's.

    Parameters
    ----------
    network : LeuvenUNet
        Its weights are used and trained.
    background : float
        What it sees where there is nothing to see.
    """

    def __init__(self, network: LeuvenUNet, background: float) -> None:
        super().__init__()
        self.network, self.background = network, background

    def forward(self, image: Tensor, statistics: Statistics) -> Tensor:
        """Compute logits.

        Parameters
        ----------
        image : Tensor, shape (batch, 1, i, j, k)
            Scaled CT; sides that the strides divide.
        statistics : Statistics
            Of the whole that it was cut from.

        Returns
        -------
        Tensor, shape (batch, 1, i', j', k')
            Of the middle, where up-sampling costs voxels; else of the same shape.
        """
        given = iter(zip(statistics.means, statistics.deviations, strict=True))

        def normalise(x: _Padded, stride: int) -> _Padded:
            mean, deviation = next(given)
            return x.each(lambda values: _normalised(values, mean, deviation))

        return self._run(_Padded(image, None), normalise)

    @torch.no_grad()
    def measure(self, whole: Tensor, looked: Looked | None = None) -> tuple[Statistics, Tensor]:
        """Measure the statistics that normalisations have in use.

        Parameters
        ----------
        whole : Tensor, shape (1, 1, i, j, k)
            All that the network sees.
        looked : Looked, optional
            What normalisations look at; all where not given.

        Returns
        -------
        statistics : Statistics
            For `forward`.
        logits : Tensor, shape (1, 1, i, j, k)
            What the network gives in use.
        """
        left = iter(_left(self.network, looked.halo) if looked else [])
        means: list[Tensor] = []
        deviations: list[Tensor] = []

        def normalise(x: _Padded, stride: int) -> _Padded:
            seen = x.values
            if looked:
                i, j, k = _region(looked, next(left), stride)
                seen = seen[:, :, i, j, k]
            deviation, mean = _std_mean(seen)
            means.append(mean)
            deviations.append(deviation)
            return x.each(lambda values: _in_slabs(values, lambda slab: _normalised(slab, mean, deviation)))

        logits = self._run(_Padded(whole, whole.new_full((1, 1, 1, 1, 1), self.background)), normalise)
        return Statistics(tuple(means), tuple(deviations)), logits

    def _run(self, x: _Padded, normalise: Normalise) -> Tensor:
        network, levels = self.network, []
        for depth, block in enumerate(network.down):
            x = _Padded(F.max_pool3d(x.values, network.stride), x.beyond) if depth else x
            x = _block(block, x, normalise, network.stride**depth)
            levels.append(x)
        x = levels.pop()
        for depth, block in zip((2, 1, 0), network.up, strict=True):
            x = _beside(levels.pop(), _Padded(self._enlarged(x.values), x.beyond))
            x = _block(block, x, normalise, network.stride**depth)
        return network.head(F.leaky_relu(normalise(x, 1).values, LEAKY_SLOPE))

    def _enlarged(self, values: Tensor) -> Tensor:
        stride = self.network.stride
        values = F.interpolate(values, scale_factor=float(stride), mode="nearest")
        return F.avg_pool3d(values, stride, 1) if self.network.linear_upsampling else values


def _left(network: LeuvenUNet, halo: tuple[int, int, int]) -> list[tuple[int, int, int]]:
    """How many voxels a window still has around its output at each normalisation, in use."""
    left, all_left = list(halo), []
    depths: list[tuple[int, Any]] = [*enumerate(network.down), *zip((2, 1, 0), network.up, strict=True)]
    for depth, block in depths:
        for activation, convolution in (
            (block.activate_first, block.first),
            (block.activate_second, block.second),
        ):
            if not isinstance(activation, nn.Identity):
                all_left.append((left[0], left[1], left[2]))
            costs = (network.stride**depth * (side // 2) for side in convolution.kernel_size)
            left = [n - cost for n, cost in zip(left, costs, strict=True)]
    return [*all_left, (left[0], left[1], left[2])]


def _region(looked: Looked, left: tuple[int, int, int], stride: int) -> Region:
    """The region at one layer, in its voxels; see `livercad.networks.leuven_unet`."""
    around = (n - stride * max(0, (n - keep) // stride) for n, keep in zip(left, looked.keep, strict=True))
    i, j, k = (
        slice((side.start - out) // stride, -(-(side.stop + out) // stride))
        for side, out in zip(looked.window, around, strict=True)
    )
    return i, j, k


def _std_mean(seen: Tensor) -> tuple[Tensor, Tensor]:
    """`torch.std_mean` of each channel in float32, without a copy of all in float32: a whole liver would take GB."""
    slabs, count = seen.split(SLAB, dim=2), seen[0, 0].numel()
    mean = sum(slab.float().sum((2, 3, 4), keepdim=True) for slab in slabs) / count
    squares = sum((slab.float() - mean).square_().sum((2, 3, 4), keepdim=True) for slab in slabs)
    return (squares / count).sqrt(), mean


def _in_slabs(values: Tensor, change: Callable[[Tensor], Tensor]) -> Tensor:
    """Change voxel by voxel, some planes at a time."""
    changed = torch.empty_like(values)
    for given, made in zip(values.split(SLAB, dim=2), changed.split(SLAB, dim=2), strict=True):
        made.copy_(change(given))
    return changed


def _normalised(values: Tensor, mean: Tensor, deviation: Tensor) -> Tensor:
    """Computed in float32, kept as it came: bfloat16 takes half of the memory."""
    return (values - mean).div_(deviation + NORM_EPSILON).to(values.dtype)


def _block(block: Any, x: _Padded, normalise: Normalise, stride: int) -> _Padded:
    def activate(x: _Padded) -> _Padded:
        return normalise(x, stride).each(lambda values: F.leaky_relu_(values, LEAKY_SLOPE))

    is_input = isinstance(block.activate_first, nn.Identity)
    y = _convolved(block.first, x.each(torch.clone) if is_input else activate(x))
    y = _convolved(block.second, activate(y))
    return _sum(y, x if block.shortcut is None else x.each(block.shortcut)) if block.residual else y


def _convolved(convolution: nn.Module, x: _Padded) -> _Padded:
    """Convolve; the values may be used up."""
    assert isinstance(convolution, nn.Conv3d)
    i, j, k = (side // 2 for side in convolution.kernel_size)
    if x.beyond is None:
        around = F.pad(x.values, (k, k, j, j, i, i), mode="replicate")
        return _Padded(F.conv3d(around, convolution.weight, convolution.bias), None)
    # Of plain background a kernel makes the same everywhere; of the rest it makes what that adds to it.
    beyond = F.conv3d(x.beyond, convolution.weight.sum((2, 3, 4), keepdim=True), convolution.bias)
    if convolution.padding == "same":  # The network itself pads with zeros at the border of its window.
        return _Padded(F.conv3d(x.values, convolution.weight, convolution.bias, padding=(i, j, k)), beyond)
    return _Padded(F.conv3d(x.values.sub_(x.beyond), convolution.weight, padding=(i, j, k)).add_(beyond), beyond)


def _sum(x: _Padded, y: _Padded) -> _Padded:
    return _Padded(x.values + y.values, None if x.beyond is None or y.beyond is None else x.beyond + y.beyond)


def _beside(x: _Padded, y: _Padded) -> _Padded:
    values = torch.cat([_middle(x.values, y.values), y.values], dim=1)
    return _Padded(values, None if x.beyond is None or y.beyond is None else torch.cat([x.beyond, y.beyond], dim=1))


def _middle(x: Tensor, like: Tensor) -> Tensor:
    starts = [(have - want) // 2 for have, want in zip(x.shape[2:], like.shape[2:], strict=True)]
    i, j, k = (slice(start, start + want) for start, want in zip(starts, like.shape[2:], strict=True))
    return x[:, :, i, j, k]
