"""A stacked denoising autoencoder (Vincent et al. 2010) with a classifier on its top (Qi 2019, section 5.2.4).

Qi 2019 takes it for Cheng et al. 2016.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

CLASSES = 2


class DenoisingAutoencoder(nn.Module):
    """Layers of sigmoid units, each trained to give back what came into it; then two classes.

    Parameters
    ----------
    inputs : int
        Values of an image.
    layers : sequence of int
        Units of each hidden layer.
    numbers : int
        Further values that only the classifier sees.
    """

    def __init__(self, inputs: int, layers: Sequence[int], numbers: int) -> None:
        super().__init__()
        sizes = [inputs, *layers]
        self.encoders = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))
        self.decoders = nn.ModuleList(nn.Linear(b, a) for a, b in pairwise(sizes))
        self.classes = nn.Linear(layers[-1] + numbers, CLASSES)

    def encoded(self, values: Tensor, layers: int | None = None) -> Tensor:
        """Pass values through the first layers.

        Parameters
        ----------
        values : Tensor, shape (n, inputs)
            In [0, 1].
        layers : int, optional
            How many; all where not given.

        Returns
        -------
        Tensor, shape (n, units)
            In (0, 1).
        """
        for encoder in self.encoders[:layers]:
            values = torch.sigmoid(encoder(values))
        return values

    def denoised(self, values: Tensor, layer: int) -> Tensor:
        """Encode and decode by one layer.

        Parameters
        ----------
        values : Tensor, shape (n, units)
            What comes into it, some of it set to 0.
        layer : int
            From 0.

        Returns
        -------
        Tensor, shape (n, units)
            Logits of what came into it.
        """
        decoded: Tensor = self.decoders[layer](torch.sigmoid(self.encoders[layer](values)))
        return decoded

    def layer_weights(self, layer: int) -> Iterator[nn.Parameter]:
        """Weights that `denoised` uses."""
        yield from self.encoders[layer].parameters()
        yield from self.decoders[layer].parameters()

    def forward(self, values: Tensor, numbers: Tensor) -> Tensor:
        """Classify.

        Parameters
        ----------
        values : Tensor, shape (n, inputs)
            Images in [0, 1].
        numbers : Tensor, shape (n, numbers)
            The further values.

        Returns
        -------
        Tensor, shape (n, 2)
            Logits.
        """
        logits: Tensor = self.classes(torch.cat([self.encoded(values), numbers], 1))
        return logits
