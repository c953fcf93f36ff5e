"""A training of seconds: a small network with all that makes resuming hard (dropout, running statistics, momentum)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from livercad.learning.engine import train
from livercad.learning.job import Outcome, Validation
from livercad.learning.plan import Plan
from livercad.progress import Progress, silent

PLAN = Plan(steps=12, learning_rate=0.02, validate_every=4, checkpoint_every=3, ema=0.8, seed=5, precision="float32")


class TinyJob:
    """Learns the sign of a sum; two updates a step, of which the second sees what the first has changed."""

    def __init__(self, name: str = "tiny", noise: float = 0.0) -> None:
        self.name, self.noise = name, noise
        self.drawn: list[int] = []

    def network(self) -> nn.Module:
        torch.manual_seed(1)
        return nn.Sequential(nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 1))

    def draw(self, step: int, rank: int, ranks: int) -> list[tuple[Tensor, Tensor]]:
        self.drawn.append(step)
        rng = np.random.default_rng((7, step, rank))
        values = torch.from_numpy(rng.normal(size=(2, 16, 6)).astype(np.float32))
        return [(part, (part.sum(1) > 0).float()) for part in values]

    def losses(self, network: nn.Module, drawn: list[tuple[Tensor, Tensor]]) -> Iterator[Tensor]:
        for values, truth in drawn:
            yield nn.functional.binary_cross_entropy_with_logits(network(values)[:, 0], truth)

    def validate(self, network: nn.Module, progress: Progress) -> Validation:
        assert not network.training
        progress(0, 1, "validation")
        values, truth = map(torch.cat, zip(*self.draw(10_000, 0, 1), strict=True))
        self.drawn.pop()
        with torch.inference_mode():
            right = (network(values)[:, 0] > 0) == truth.bool()
        return Validation(right.float().mean().item(), {"right": float(right.sum())}, {"a": {"right": 1}})

    def identity(self) -> str:
        return self.name


def run(folder: Path, progress: Progress = silent) -> Outcome:
    return train(TinyJob(), PLAN, folder, "cpu", progress)
