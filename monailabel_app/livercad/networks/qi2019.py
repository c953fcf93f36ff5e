"""Mt-Net and Sn-Net of Qi 2019 (Tables 1 and 2, Figure 1): two pathways, for the image and for where another one looks.

Mt-Net is Inception-ResNet-v2, Sn-Net torchvision's Inception-v3. Both are cut where equation 4 adds the pathways: after
30 of the 40 blocks, and after block (3d).
"""

from __future__ import annotations

from collections import OrderedDict
from contextvars import ContextVar
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models import inception

from livercad.networks.inception_resnet import Size, inception_resnet_parts

INPUT = 299
"""Side of the images, in pixels ("Multi-input prediction")."""
MT_JOINED = "repeat_1"
"""The last part of Mt-Net's pathways: 10 blocks at 35 pixels and 20 at 17 are 30 (section 3.2)."""
SN_JOINED = "Mixed_6a"
"""Likewise of Sn-Net's: torchvision's name of block (3d) (section 3.2, Table 2)."""
CLASSES = 2


_NOTHING = ContextVar("livercad_nothing_looked_at", default=False)
"""Whether the map's pathway is shown a map of zeros now; each thread has its own."""


class PathwayNorm(nn.BatchNorm2d):
    """Batch normalisation of the map's pathway: a map of zeros is normalised by itself, in prediction as in training.

    Its values are nowhere near those of real maps. Were they part of the running averages, these would fit neither, and
    prediction with an empty map would be another function than the one that has learnt (Algorithm 1, line 5).
    """

    def forward(self, maps: Tensor) -> Tensor:
        """Normalise.

        Parameters
        ----------
        maps : Tensor, shape (n, channels, rows, columns)
            To normalise.

        Returns
        -------
        Tensor, shape (n, channels, rows, columns)
            By their own mean and variance in training, and where they come from a map of zeros, which leave the running
            averages as they are; else by those.
        """
        if _NOTHING.get():
            return F.batch_norm(maps, None, None, self.weight, self.bias, training=True, eps=self.eps)
        normalised: Tensor = super().forward(maps)
        return normalised


class RegionEnhanced(nn.Module):
    """A network of two pathways that add up halfway (equation 4), with its class activation maps (equation 3).

    Parameters
    ----------
    parts : callable
        Makes the network's parts up to its last maps, by name, in their order.
    joined : str
        The last part that each pathway has for itself.
    channels : int
        Of the last maps.
    strength : float
        Lambda of equation 4: what the activation maps' pathway counts. The paper does not tell its own. With 0 there is
        no such pathway: the basic network (section 3.1).
    keep : float, default 0.8
        Share of the pooled values that dropout keeps ("Experimental setups and training").
    """

    def __init__(
        self, parts: partial[dict[str, nn.Module]], joined: str, channels: int, strength: float, keep: float = 0.8
    ) -> None:
        super().__init__()
        made = parts()
        cut = list(made).index(joined) + 1
        self.image = nn.Sequential(OrderedDict(list(made.items())[:cut]))
        self.map = _map_pathway(nn.Sequential(OrderedDict(list(parts().items())[:cut]))) if strength else None
        self.joined = nn.Sequential(OrderedDict(list(made.items())[cut:]))
        self.strength = strength
        self.dropout = nn.Dropout(1 - keep)
        self.classes = nn.Conv2d(channels, CLASSES, 1)

    def maps(self, images: Tensor, looked: Tensor | None = None) -> Tensor:
        """The last maps.

        Parameters
        ----------
        images : Tensor, shape (n, 3, rows, columns)
            As the pre-trained weights expect them.
        looked : Tensor, optional, shape (n, 1, rows, columns)
            Where the other network looked, in [0, 1]. Not given, it is zero everywhere, as in Algorithm 1. A basic
            network does not use it.

        Returns
        -------
        Tensor, shape (n, channels, rows, columns)
            8 x 8 for images of 299 x 299.
        """
        if self.map is None:
            basic: Tensor = self.joined(self.image(images))
            return basic
        seen = self._nothing(images) if looked is None else self.map(looked.expand(-1, 3, -1, -1))
        maps: Tensor = self.joined(self.image(images) + self.strength * seen)
        return maps

    def _nothing(self, images: Tensor) -> Tensor:
        """What the map's pathway makes of a map of zeros; one stands for all images."""
        assert self.map is not None
        before = _NOTHING.set(True)
        try:
            seen: Tensor = self.map(images.new_zeros(1, 3, *images.shape[2:]))
        finally:
            _NOTHING.reset(before)
        return seen

    def forward(self, images: Tensor, looked: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Classify images, and say where that comes from.

        Parameters
        ----------
        images, looked : Tensor
            As of `maps`.

        Returns
        -------
        logits : Tensor, shape (n, 2)
            Of the negative and the positive class.
        looked : Tensor, shape (n, 1, rows, columns)
            The class activation map of the more probable class, from 0 to 1 in each image, at the size of the images;
            no gradient goes through it.
        """
        maps = self.maps(images, looked)
        pooled = self.dropout(F.adaptive_avg_pool2d(maps, 1))
        logits: Tensor = self.classes(pooled)[:, :, 0, 0]
        return logits, self._activation(maps.detach(), logits.detach(), images.shape[2:])

    def _activation(self, maps: Tensor, logits: Tensor, size: torch.Size) -> Tensor:
        weights = self.classes.weight.detach()[logits.argmax(1)]
        activation = (weights * maps).sum(1, keepdim=True)
        low, high = activation.amin((2, 3), keepdim=True), activation.amax((2, 3), keepdim=True)
        flat = (high - low).clamp_min(torch.finfo(activation.dtype).eps)
        return F.interpolate((activation - low) / flat, size=tuple(size), mode="bilinear", align_corners=False)


def _map_pathway(pathway: nn.Sequential) -> nn.Sequential:
    """The same with `PathwayNorm`."""
    for module in list(pathway.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.BatchNorm2d):
                setattr(module, name, PathwayNorm(child.num_features, child.eps, child.momentum))
    return pathway


def make_mt_net(strength: float = 1.0, size: Size | None = None, keep: float = 0.8) -> RegionEnhanced:
    """Mt-Net, of malignant tumours, with random weights.

    Parameters
    ----------
    strength : float, default 1.0
        Lambda of equation 4.
    size : Size, optional
        How wide and deep; the paper's where not given.
    keep : float, default 0.8
        What dropout keeps.

    Returns
    -------
    RegionEnhanced
        Its last maps are 1536 of 8 x 8.
    """
    size = size or Size()
    return RegionEnhanced(partial(inception_resnet_parts, size), MT_JOINED, size.of(1536), strength, keep)


def make_sn_net(strength: float = 1.0, size: Size | None = None, keep: float = 0.8) -> RegionEnhanced:
    """Sn-Net, of solid nodules, with random weights.

    Parameters
    ----------
    strength : float, default 1.0
        Lambda of equation 4.
    size : Size, optional
        How wide and deep; the paper's where not given.
    keep : float, default 0.8
        What dropout keeps.

    Returns
    -------
    RegionEnhanced
        Its last maps are 2048 of 8 x 8.
    """
    size = size or Size()
    return RegionEnhanced(partial(inception_v3_parts, size), SN_JOINED, size.of(2048), strength, keep)


REPEATED = (("Mixed_5d",), ("Mixed_6c", "Mixed_6d", "Mixed_6e"), ("Mixed_7c",))
"""Blocks of Inception-v3, at 35, 17 and 8 pixels, that give as many channels as they take: (3c), (4b) to (4d), (5b)."""


def inception_v3_parts(size: Size) -> dict[str, nn.Module]:
    """Make the parts of torchvision's Inception-v3 up to its last maps, in their order.

    Parameters
    ----------
    size : Size
        How wide and deep; what is shallow has fewer of the blocks `REPEATED`.

    Returns
    -------
    dict of str to Module
        By torchvision's names. An image (3, 299, 299) comes out as (2048, 8, 8).
    """
    conv = size.convolution
    blocks = [
        partial(getattr(inception, f"Inception{letter}"), conv_block=conv)
        for letter in ("A", "B", "C", "D", "E", "Aux")
    ]
    whole = inception.Inception3(
        inception_blocks=[conv, *blocks], aux_logits=False, transform_input=False, init_weights=True
    )
    parts = OrderedDict(whole.named_children())
    for name in ("avgpool", "dropout", "fc"):
        del parts[name]
    for names in REPEATED:
        for name in names[len(names) // size.shallow :]:
            del parts[name]
    return parts
