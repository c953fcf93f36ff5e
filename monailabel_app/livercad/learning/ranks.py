"""One process or several that train together, each with a share of every draw (torchrun)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from livercad.learning.hardware import chosen_device

PATIENCE = timedelta(hours=6)
"""How long a process waits for the others: the first one validates alone."""


@dataclass(frozen=True)
class Ranks:
    """Which process this is, of how many.

    Parameters
    ----------
    rank : int
        0 is the one that validates, writes and tells.
    count : int
        1 without torchrun.
    device : torch.device
        Where this process computes.
    """

    rank: int
    count: int
    device: torch.device

    @property
    def is_first(self) -> bool:
        """Whether this process writes what all have done."""
        return self.rank == 0

    def shared(self, value: Any) -> Any:
        """What the first process gave, in every process."""
        if self.count == 1:
            return value
        values = [value]
        distributed.broadcast_object_list(values, src=0)
        return values[0]

    def wrapped(self, network: nn.Module) -> nn.Module:
        """The network, its gradients averaged over all processes."""
        if self.count == 1:
            return network
        # Buffers are a process's own: what they hold may belong to its share of the draw.
        return DistributedDataParallel(
            network, device_ids=[self.device] if self.device.type == "cuda" else None, broadcast_buffers=False
        )


def is_first_process() -> bool:
    """Whether this is the process that writes results: the only one, or the first of torchrun's."""
    return int(os.environ.get("RANK", 0)) == 0


@contextmanager
def joined(device: str) -> Iterator[Ranks]:
    """Join the other processes that torchrun has started, if any.

    Parameters
    ----------
    device : str
        ``auto``, ``cpu`` or ``cuda``; with several processes each takes a GPU of its own.

    Yields
    ------
    Ranks
        This process among them.

    Raises
    ------
    ModelError
        If CUDA is asked for and not there.
    """
    on_gpu = chosen_device(device) == "cuda"
    count, rank = int(os.environ.get("WORLD_SIZE", 1)), int(os.environ.get("RANK", 0))
    place = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0))) if on_gpu else torch.device("cpu")
    if count == 1:
        yield Ranks(0, 1, place)
        return
    distributed.init_process_group("nccl" if on_gpu else "gloo", timeout=PATIENCE)
    if on_gpu:
        torch.cuda.set_device(place)
    try:
        yield Ranks(rank, count, place)
    finally:
        distributed.destroy_process_group()
