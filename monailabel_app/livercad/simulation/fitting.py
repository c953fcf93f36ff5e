"""A training of seconds: what `livercad.learning.engine` does, without checkpoints, validations and running means."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor, nn

from livercad.learning.plan import Plan

Network = TypeVar("Network", bound=nn.Module)

SEED_STEP = 1_000_003


def fit(network: Network, plan: Plan, loss_of: Callable[[torch.Generator], Tensor]) -> Network:
    """Train a network that is small enough for it to take seconds.

    A replay keeps what whole trainings come to: they need no checkpoints.

    Parameters
    ----------
    network : nn.Module
        With the weights to start from; changed in place.
    plan : Plan
        Steps, rates, weight decay, clip and seed count.
    loss_of : callable
        Draws a batch with the generator and tells its loss.

    Returns
    -------
    nn.Module
        The network, in evaluation mode.
    """
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=plan.weight_decay)
    network.train()
    with torch.random.fork_rng(devices=[]):
        for step in range(plan.steps):
            for group in optimizer.param_groups:
                group["lr"] = plan.rate(step)
            torch.manual_seed(plan.seed * SEED_STEP + step)  # of dropout
            optimizer.zero_grad(set_to_none=True)
            loss_of(torch.Generator().manual_seed(plan.seed * SEED_STEP + step)).backward()
            nn.utils.clip_grad_norm_(network.parameters(), plan.clip)
            optimizer.step()
    return network.eval()


def seeded_network(make: Callable[[], Network], seed: int) -> Network:
    """Make a network whose random weights depend on a seed alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return make()
