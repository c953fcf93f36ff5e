"""Algorithm 1 of Qi 2019, traced: which network runs with what, and when which weights change."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from livercad.papers.qi2019.cross_training import CrossTraining, look

IMAGES = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))


class Traced(nn.Module):
    """A network that writes down what it is given, and looks where nobody else does."""

    def __init__(self, name: str, trace: list[tuple[str, ...]], looks: float) -> None:
        super().__init__()
        self.name, self.trace, self.looks = name, trace, looks
        self.weight = nn.Parameter(torch.zeros(2))

    def forward(self, images: Tensor, looked: Tensor | None = None) -> tuple[Tensor, Tensor]:
        given = "zeros" if looked is None else {0.25: "map of mt", 0.75: "map of sn"}[float(looked.mean())]
        how = "training" if self.training else "prediction"
        self.trace.append((f"forward {self.name}", given, how, "gradient" if torch.is_grad_enabled() else "none"))
        return self.weight.expand(len(images), 2), torch.full((len(images), 1, 8, 8), self.looks)


class TracedSteps(torch.optim.SGD):
    def __init__(self, network: Traced) -> None:
        super().__init__(network.parameters(), lr=0.5)
        self.network = network

    def step(self, closure=None) -> None:
        self.network.trace.append((f"update {self.network.name}",))
        super().step(closure)


def one_step(p: float) -> tuple[list[tuple[str, ...]], Traced, Traced, SimpleNamespace]:
    trace: list[tuple[str, ...]] = []
    mt, sn = Traced("mt", trace, 0.25), Traced("sn", trace, 0.75)
    rng = SimpleNamespace(random=lambda: p)
    batch = SimpleNamespace(images=IMAGES, malignant=torch.tensor([1, 1]), solid=torch.tensor([0, 0]))
    losses = CrossTraining(mt, sn, TracedSteps(mt), TracedSteps(sn), rng).step(batch)
    return trace, mt, sn, losses


SN_LEARNS = [
    ("forward mt", "zeros", "prediction", "none"),
    ("forward sn", "map of mt", "training", "gradient"),
    ("update sn",),
]


def test_a_low_p_trains_mt_net_without_a_map_and_then_sn_net_with_mt_net_s() -> None:
    trace, *_ = one_step(0.49)
    assert trace == [("forward mt", "zeros", "training", "gradient"), ("update mt",), *SN_LEARNS]


def test_a_high_p_trains_mt_net_with_what_sn_net_looked_at_after_it() -> None:
    trace, *_ = one_step(0.5)
    assert trace == [
        ("forward mt", "zeros", "prediction", "none"),
        ("forward sn", "map of mt", "prediction", "none"),
        ("forward mt", "map of sn", "training", "gradient"),
        ("update mt",),
        *SN_LEARNS,
    ]


def test_each_network_learns_its_own_answers() -> None:
    _, mt, sn, losses = one_step(0.1)
    assert losses.mt == losses.sn == pytest.approx(np.log(2))  # equation 5 of two equal probabilities
    assert mt.weight[1] > 0 > mt.weight[0] and sn.weight[0] > 0 > sn.weight[1]


def test_looking_leaves_a_network_in_training() -> None:
    network = Traced("mt", [], 0.25).train()
    assert look(network, IMAGES).shape == (2, 1, 8, 8) and network.training
