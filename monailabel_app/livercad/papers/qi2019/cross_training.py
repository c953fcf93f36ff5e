"""Cross training (Algorithm 1): each network learns with what the other one looked at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.optim import Optimizer

from livercad.networks.qi2019 import RegionEnhanced

WITHOUT = 0.5
"""Below this p, drawn from [0, 1), a step trains Mt-Net without what Sn-Net looked at (Algorithm 1, line 5)."""


class MiniBatch(NamedTuple):
    """Images with the answers to both questions.

    Parameters
    ----------
    images : Tensor, shape (n, 3, rows, columns)
        What both networks see.
    malignant, solid : Tensor of int, shape (n,)
        0 or 1.
    """

    images: Tensor
    malignant: Tensor
    solid: Tensor


@dataclass(frozen=True)
class Losses:
    """Cross-entropies (equation 5) of one step, before its updates.

    Parameters
    ----------
    mt, sn : float
        Of Mt-Net and of Sn-Net.
    """

    mt: float
    sn: float


@dataclass(frozen=True)
class CrossTraining:
    """Both networks with their optimisers.

    Parameters
    ----------
    mt, sn : RegionEnhanced
        Mt-Net and Sn-Net, in training mode.
    mt_optimizer, sn_optimizer : Optimizer
        Of their weights.
    rng : numpy.random.Generator
        Draws p.
    """

    mt: RegionEnhanced
    sn: RegionEnhanced
    mt_optimizer: Optimizer
    sn_optimizer: Optimizer
    rng: np.random.Generator

    def step(self, batch: MiniBatch) -> Losses:
        """Update both networks once, as lines 4 to 20 of Algorithm 1 have it.

        Parameters
        ----------
        batch : MiniBatch
            The same for both.

        Returns
        -------
        Losses
            Before the updates.
        """
        for_mt = None if self.rng.random() < WITHOUT else look(self.sn, batch.images, look(self.mt, batch.images))
        mt = _update(self.mt, self.mt_optimizer, batch.images, for_mt, batch.malignant)
        # Mt-Net has changed: Sn-Net learns with what it looks at now (line 18).
        sn = _update(self.sn, self.sn_optimizer, batch.images, look(self.mt, batch.images), batch.solid)
        return Losses(mt, sn)


def look(network: RegionEnhanced, images: Tensor, looked: Tensor | None = None) -> Tensor:
    """Where a network looks: its class activation map, made as in prediction.

    The paper does not tell whether dropout and normalisation work as in training there. Here they do not: the other
    network shall learn with what it will be shown.

    Parameters
    ----------
    network : RegionEnhanced
        Mt-Net or Sn-Net.
    images : Tensor, shape (n, 3, rows, columns)
        To look at.
    looked : Tensor, optional, shape (n, 1, rows, columns)
        Where the other network looked.

    Returns
    -------
    Tensor, shape (n, 1, rows, columns)
        In [0, 1].
    """
    with _predicting(network), torch.no_grad():
        _, where = network(images, looked)
    return where


@contextmanager
def _predicting(network: RegionEnhanced) -> Iterator[None]:
    training = network.training
    network.eval()
    try:
        yield
    finally:
        network.train(training)


def _update(
    network: RegionEnhanced, optimizer: Optimizer, images: Tensor, looked: Tensor | None, answers: Tensor
) -> float:
    logits, _ = network(images, looked)
    return descend(optimizer, logits, answers)


def descend(optimizer: Optimizer, logits: Tensor, answers: Tensor) -> float:
    """Update weights once.

    Parameters
    ----------
    optimizer : Optimizer
        Of the weights.
    logits : Tensor, shape (n, 2)
        What the network answers with them.
    answers : Tensor of int, shape (n,)
        The true ones.

    Returns
    -------
    float
        Cross-entropy (equation 5) before the update.
    """
    optimizer.zero_grad()
    loss = F.cross_entropy(logits, answers)
    loss.backward()
    optimizer.step()
    return float(loss.detach())
