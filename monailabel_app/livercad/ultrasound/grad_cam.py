"""Grad-CAM of networks whose answers are averaged: where they found what they say together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor


def grad_cam(maps: Sequence[Tensor], score_of: Callable[[Sequence[Tensor]], Tensor]) -> Tensor:
    """Weigh feature maps by how a score depends on them (R. R. Selvaraju et al., ICCV 2017, equations 1 and 2).

    Maps of several networks count as those of one. Without hooks in the networks, so that threads may share them.

    Parameters
    ----------
    maps : sequence of Tensor, each of shape (n, channels, rows, columns)
        Of each network, all of one size.
    score_of : callable
        Goes on from the maps to the score of the class in question, summed over the n images.

    Returns
    -------
    Tensor, shape (n, rows, columns)
        0 or more.
    """
    leaves = [each.detach().requires_grad_() for each in maps]
    with torch.enable_grad():
        gradients = torch.autograd.grad(score_of(leaves), leaves)
    parts = [
        (gradient.mean(dim=(2, 3), keepdim=True) * leaf.detach()).sum(dim=1)
        for gradient, leaf in zip(gradients, leaves, strict=True)
    ]
    return torch.stack(parts).sum(dim=0).clamp(min=0)
