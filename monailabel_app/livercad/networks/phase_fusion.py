"""A lesion classifier for whatever phases there are: one encoder for all of them, fused by attention.

Each phase's crop goes through the same convolutions, told by an embedding which phase it is. The phases that are
present then look at each other once (self-attention: washout is a matter of two phases), and are averaged with weights
that the network gives them.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

WIDTHS = (32, 64, 128)
"""Channels of the encoder's stages; each halves the image."""
HEADS = 4


class FusedOutput(NamedTuple):
    """What the network says of a batch of lesions.

    Parameters
    ----------
    logits : Tensor, shape (batch, classes)
        Before the softmax.
    features : Tensor, shape (batch, width)
        What the logits are made from.
    attention : Tensor, shape (batch, phases)
        Weight of each phase; 0 where it is missing, sum 1.
    """

    logits: Tensor
    features: Tensor
    attention: Tensor


class PhaseFusionNet(nn.Module):
    """Classifies a lesion from its crops.

    Parameters
    ----------
    phases : int
        How many phases there can be.
    planes : int
        Planes of a crop: the encoder's input channels.
    classes : int
        How many classes.
    dropout : float, default 0.3
        Of the fused features, in training.
    """

    def __init__(self, phases: int, planes: int, classes: int, dropout: float = 0.3) -> None:
        super().__init__()
        stages: list[nn.Module] = []
        incoming = planes
        for width in WIDTHS:
            stages += [_convolution(incoming, width, stride=2), _Residual(width)]
            incoming = width
        self.encoder = nn.ModuleList(stages)
        self.which = nn.ModuleList(_embedding(phases, 2 * width) for width in WIDTHS)
        self.exchange = nn.TransformerEncoderLayer(
            incoming, HEADS, 2 * incoming, dropout=0.1, batch_first=True, norm_first=True
        )
        self.weigh = nn.Linear(incoming, 1)
        self.drop = nn.Dropout(dropout)
        self.head = nn.Linear(incoming, classes)

    def forward(self, crops: Tensor, present: Tensor) -> FusedOutput:
        """Classify.

        Parameters
        ----------
        crops : Tensor, shape (batch, phases, planes, rows, columns)
            Scaled; what stands for a missing phase does not matter.
        present : Tensor of bool, shape (batch, phases)
            At least one phase of each lesion.

        Returns
        -------
        FusedOutput
            Logits and what led to them.
        """
        return self.fuse(self.encode(crops), present)

    def fuse(self, maps: Tensor, present: Tensor) -> FusedOutput:
        """Classify from the encoder's maps; see `forward`."""
        tokens = self.exchange(maps.mean(dim=(3, 4)), src_key_padding_mask=~present)
        scores = self.weigh(tokens).squeeze(-1).masked_fill(~present, -torch.inf)
        attention = scores.softmax(dim=1)
        features = (attention[..., None] * tokens.masked_fill(~present[..., None], 0)).sum(dim=1)
        return FusedOutput(self.head(self.drop(features)), features, attention)

    def encode(self, crops: Tensor) -> Tensor:
        """The encoder's last maps, shape (batch, phases, width, rows, columns), of crops; see `forward`."""
        batch, phases = crops.shape[:2]
        maps = crops.flatten(0, 1)
        index = torch.arange(phases, device=crops.device).repeat(batch)
        for stage in range(len(WIDTHS)):
            maps = self.encoder[2 * stage](maps)
            scale, shift = self.which[stage](index)[..., None, None].chunk(2, dim=1)
            maps = self.encoder[2 * stage + 1](maps * (1 + scale) + shift)
        return maps.unflatten(0, (batch, phases))


def _embedding(count: int, width: int) -> nn.Embedding:
    # Nearly alike at first: phases come apart as far as that helps.
    embedding = nn.Embedding(count, width)
    nn.init.normal_(embedding.weight, std=0.02)
    return embedding


def _convolution(incoming: int, width: int, stride: int = 1) -> nn.Sequential:
    # Normalised over the batch, not over each image: how dense a lesion is in HU is what water and blood are told by.
    convolution = nn.Conv2d(incoming, width, 3, stride, padding=1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(width), nn.ReLU(inplace=True))


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        second = nn.Sequential(nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width))
        self.body = nn.Sequential(_convolution(width, width), second)

    def forward(self, maps: Tensor) -> Tensor:
        return torch.relu(maps + self.body(maps))
