"""The two U-Nets of KU Leuven (pyliverlesionseg 0.3): whole liver, and lesions inside a liver that is known.

Both have four levels with two convolutions each on the way down and on the way up; instance normalisation and leaky
ReLU stand before every convolution but the first. They differ in strides, padding, up-sampling and residuals.

The lesion network can take the mean and standard deviation of its normalisations from the window's centre alone.
In the published network they come from the whole window, most of which is masked background around a liver, so that
what it finds depends on how much of that happens to lie in the window.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

LEAKY_SLOPE = 0.01
"""Slope of the leaky ReLU (pyliverlesionseg 0.3, architectures/unet_generalized.py)."""
NORM_EPSILON = 1e-7
"""Added to the standard deviation (instance normalisation of the same file)."""
FEATURES = (20, 40, 80, 160)
"""Channels of the first convolution of each level; the second has twice as many, the deepest level 160 in both."""
IN_PLANE, FULL = (3, 3, 1), (3, 3, 3)

Size = tuple[int, int, int]


def _center_crop(x: Tensor, like: Tensor) -> Tensor:
    margins = [(have - want) // 2 for have, want in zip(x.shape[2:], like.shape[2:], strict=True)]
    i, j, k = (slice(m, m + want) for m, want in zip(margins, like.shape[2:], strict=True))
    return x[:, :, i, j, k]


class _Activate(nn.Module):
    """Instance normalisation, its statistics taken `margin` voxels inside the window, and a leaky ReLU."""

    def __init__(self, margin: Size) -> None:
        super().__init__()
        self.margin = margin

    def forward(self, x: Tensor) -> Tensor:
        # Epsilon stands inside the root here and outside in Keras, which float32 cannot tell apart.
        x = F.instance_norm(x, eps=NORM_EPSILON**2)
        if any(self.margin):
            # On top of a normalisation, because the statistics of near-constant channels need more than bfloat16.
            i, j, k = (slice(m, -m or None) for m in self.margin)
            center = x[:, :, i, j, k]
            mean = center.mean((2, 3, 4), keepdim=True)
            deviation = (center - mean).square().mean((2, 3, 4), keepdim=True).sqrt()
            x = (x - mean) / (deviation + NORM_EPSILON)
        return F.leaky_relu(x, LEAKY_SLOPE)


class _Context:
    """Keeps count of the voxels around the output that a window still has at each layer, while a network is built."""

    def __init__(self, total: Size, statistics: Size | None) -> None:
        self.left = list(total)
        self.statistics = statistics

    def activation(self, stride: int) -> _Activate:
        if self.statistics is None:
            return _Activate((0, 0, 0))
        i, j, k = (max(0, (n - keep) // stride) for n, keep in zip(self.left, self.statistics, strict=True))
        return _Activate((i, j, k))

    def convolve(self, kernel: Size, stride: int) -> None:
        self.left = [n - stride * (k // 2) for n, k in zip(self.left, kernel, strict=True)]


class _Block(nn.Module):
    """Two convolutions, each behind normalisation and activation, with an optional residual around both."""

    def __init__(
        self,
        channels: tuple[int, int, int],
        kernels: tuple[Size, Size],
        *,
        stride: int,
        context: _Context,
        same: bool,
        residual: bool,
        is_input: bool = False,
    ) -> None:
        super().__init__()
        padding = "same" if same else 0
        incoming, middle, outgoing = channels
        self.residual = residual
        self.activate_first = nn.Identity() if is_input else context.activation(stride)
        self.first = nn.Conv3d(incoming, middle, kernels[0], padding=padding)
        context.convolve(kernels[0], stride)
        self.activate_second = context.activation(stride)
        self.second = nn.Conv3d(middle, outgoing, kernels[1], padding=padding)
        context.convolve(kernels[1], stride)
        self.shortcut = nn.Conv3d(incoming, outgoing, 1) if residual and incoming != outgoing else None

    def forward(self, x: Tensor) -> Tensor:
        y = self.second(self.activate_second(self.first(self.activate_first(x))))
        if not self.residual:
            return y
        around = _center_crop(x, y)
        return y + (around if self.shortcut is None else self.shortcut(around))


class LeuvenUNet(nn.Module):
    """A U-Net of four levels with anisotropic kernels.

    Parameters
    ----------
    stride : int
        Down-sampling between two levels, along every axis.
    same_padding : bool
        Whether convolutions keep the size; otherwise every 3-voxel kernel costs a voxel at either end.
    linear_upsampling : bool
        Whether up-sampling interpolates, which costs ``stride - 1`` voxels, or repeats.
    residual : bool
        Whether a block's input is added to its output.
    deepest_kernels : tuple
        Kernel sizes of the deepest block.
    halo : tuple of int
        Voxels (i, j, k) that a window needs around its output, on either side.
    statistics : tuple of int or None
        Voxels (i, j, k) around the output that the statistics of a normalisation may use; None for the whole window.
    """

    def __init__(
        self,
        *,
        stride: int,
        same_padding: bool,
        linear_upsampling: bool,
        residual: bool,
        deepest_kernels: tuple[Size, Size],
        halo: Size,
        statistics: Size | None = None,
    ) -> None:
        super().__init__()
        self.stride = stride
        self.linear_upsampling = linear_upsampling
        a, b, c, d = FEATURES
        down, up = (IN_PLANE, FULL), (FULL, IN_PLANE)
        context = _Context(halo, statistics)

        def block(channels: tuple[int, int, int], kernels: tuple[Size, Size], level: int) -> _Block:
            is_input = channels[0] == 1
            options = {"same": same_padding, "residual": residual, "is_input": is_input}
            return _Block(channels, kernels, stride=stride**level, context=context, **options)

        # Built in the order in which the weight file numbers the convolutions, which `load_numbered` relies on.
        self.down = nn.ModuleList(
            [
                block((1, a, b), down, 0),
                block((b, b, c), down, 1),
                block((c, c, d), down, 2),
                block((d, d, d), deepest_kernels, 3),
            ]
        )
        self.up = nn.ModuleList([block((2 * d, d, c), up, 2), block((2 * c, c, b), up, 1), block((2 * b, b, a), up, 0)])
        self.activate = context.activation(1)
        self.head = nn.Conv3d(a, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Compute a probability for every voxel that the window has enough context for.

        Parameters
        ----------
        x : Tensor, shape (batch, 1, i, j, k)
            Scaled CT on the model's RAS grid.

        Returns
        -------
        Tensor, shape (batch, 1, i', j', k')
            Probability in [0, 1] of the window's centre; `i'` < `i` and so on.
        """
        levels = []
        for depth, down in enumerate(self.down):
            x = down(F.max_pool3d(x, self.stride) if depth else x)
            levels.append(x)
        x = levels.pop()
        for up in self.up:
            x = self._upsample(x)
            x = up(torch.cat([_center_crop(levels.pop(), x), x], dim=1))
        return torch.sigmoid(self.head(self.activate(x)))

    def _upsample(self, x: Tensor) -> Tensor:
        x = F.interpolate(x, scale_factor=float(self.stride), mode="nearest")
        # A moving average over repeated voxels is how the published network interpolates.
        return F.avg_pool3d(x, self.stride, 1) if self.linear_upsampling else x

    def load_numbered(self, weights: Mapping[str, Tensor]) -> None:
        """Load weights whose names number the convolutions in their order of use.

        Parameters
        ----------
        weights : mapping of str to Tensor
            ``convolutions.<n>.weight`` and ``convolutions.<n>.bias`` for n = 0, 1, …

        Raises
        ------
        RuntimeError
            If a tensor is missing, left over or of another shape.
        """
        convolutions = [name for name, module in self.named_modules() if isinstance(module, nn.Conv3d)]
        names = {
            f"convolutions.{n}.{part}": f"{name}.{part}"
            for n, name in enumerate(convolutions)
            for part in ("weight", "bias")
        }
        self.load_state_dict({names.get(name, name): tensor for name, tensor in weights.items()})


LIVER_SHRINKAGE = 26
"""A liver window of 27 n voxels along an axis gives 27 n - 26."""
LESION_HALO: Size = (44, 44, 22)
"""Voxels of context that a lesion window needs around its output, on either side."""
LESION_SMALLEST: Size = (4, 4, 2)
"""The smallest output of the lesion network; larger ones grow by `LESION_STEP`."""
LESION_STEP = 8


def liver_unet() -> LeuvenUNet:
    """The whole-liver network, for a grid of 3 mm."""
    return LeuvenUNet(
        stride=3,
        same_padding=True,
        linear_upsampling=True,
        residual=False,
        deepest_kernels=(FULL, FULL),
        halo=(LIVER_SHRINKAGE // 2,) * 3,
    )


def lesion_unet(statistics: Size | None = None) -> LeuvenUNet:
    """The lesion network, for a grid of 1 × 1 × 3 mm; it gives (8 n + 4, 8 n + 4, 8 n + 2) voxels.

    Parameters
    ----------
    statistics : tuple of int or None
        As in `LeuvenUNet`; None for the network as published.
    """
    return LeuvenUNet(
        stride=2,
        same_padding=False,
        linear_upsampling=False,
        residual=True,
        deepest_kernels=(IN_PLANE, FULL),
        halo=LESION_HALO,
        statistics=statistics,
    )
