"""The methods that see whole images: a network that answers one question, and Mt-Net and Sn-Net together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from livercad.networks.qi2019 import RegionEnhanced
from livercad.papers.qi2019.cross_training import CrossTraining, MiniBatch, descend
from livercad.papers.qi2019.jobs import Probabilities, Rows
from livercad.papers.qi2019.methods import Method, Question
from livercad.papers.qi2019.views import Answers, Views, answer_tensor, averaged, drawn_input, fixed_input


@dataclass(frozen=True)
class Alone:
    """One network that answers one question.

    Parameters
    ----------
    network : Module
        Gives logits, shape (n, 2).
    question : Question
        Which.
    views : Views
        What it sees.
    answers : sequence of int
        Of all rows.
    optimizer : Optimizer
        Of its weights.
    """

    network: nn.Module
    question: Question
    views: Views
    answers: Sequence[int]
    optimizer: Optimizer

    @property
    def modules(self) -> dict[str, nn.Module]:
        """The network."""
        return {"network": self.network}

    @property
    def optimizers(self) -> dict[str, Optimizer]:
        """Its own."""
        return {"network": self.optimizer}

    def step(self, rows: Rows, rng: np.random.Generator) -> dict[Question, float]:
        """Update once."""
        self.network.train()
        images = drawn_input(self.views, rows, rng, _device(self.network))
        return {
            self.question: descend(
                self.optimizer, self.network(images), answer_tensor(self.answers, rows, images.device)
            )
        }

    def ask(self, rows: Rows, method: Method) -> dict[Question, Probabilities]:
        """Mean over the squares of each image."""
        self.network.eval()
        with torch.inference_mode():
            logits = self.network(fixed_input(self.views, rows, _device(self.network)))
        return {self.question: averaged(logits, self.views.count)}


class Basic(nn.Module):
    """Mt-Net or Sn-Net that answers without telling where it looks.

    Parameters
    ----------
    network : RegionEnhanced
        Without a second pathway.
    """

    def __init__(self, network: RegionEnhanced) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        """Logits, shape (n, 2)."""
        logits: Tensor = self.network(images)[0]
        return logits


@dataclass(frozen=True)
class Together:
    """Mt-Net and Sn-Net by cross training (Algorithm 1).

    Parameters
    ----------
    mt, sn : RegionEnhanced
        Both networks.
    views : Views
        What they see.
    answers : mapping of Question to sequence of int
        Of all rows.
    mt_optimizer, sn_optimizer : Optimizer
        Of their weights.
    """

    mt: RegionEnhanced
    sn: RegionEnhanced
    views: Views
    answers: Answers
    mt_optimizer: Optimizer
    sn_optimizer: Optimizer

    @property
    def modules(self) -> dict[str, nn.Module]:
        """Both networks."""
        return {"mt": self.mt, "sn": self.sn}

    @property
    def optimizers(self) -> dict[str, Optimizer]:
        """Theirs."""
        return {"mt": self.mt_optimizer, "sn": self.sn_optimizer}

    def step(self, rows: Rows, rng: np.random.Generator) -> dict[Question, float]:
        """Update each once."""
        self.mt.train()
        self.sn.train()
        images = drawn_input(self.views, rows, rng, _device(self.mt))
        told = {question: answer_tensor(self.answers[question], rows, images.device) for question in Question}
        batch = MiniBatch(images, told[Question.MALIGNANT], told[Question.SOLID])
        losses = CrossTraining(self.mt, self.sn, self.mt_optimizer, self.sn_optimizer, rng).step(batch)
        return {Question.MALIGNANT: losses.mt, Question.SOLID: losses.sn}

    def ask(self, rows: Rows, method: Method) -> dict[Question, Probabilities]:
        """Mean over the squares of each image; each square has maps of its own."""
        self.mt.eval()
        self.sn.eval()
        with torch.inference_mode():
            images = fixed_input(self.views, rows, _device(self.mt))
            if method is Method.REM_OFF:
                mt, sn = self.mt(images)[0], self.sn(images)[0]
            else:
                mt, sn = enhanced(self.mt, self.sn, images)
        return {
            Question.MALIGNANT: averaged(mt, self.views.count),
            Question.SOLID: averaged(sn, self.views.count),
        }


def enhanced(mt: RegionEnhanced, sn: RegionEnhanced, images: Tensor) -> tuple[Tensor, Tensor]:
    """Ask both networks as Algorithm 1 shows them each other's maps (lines 10 to 14).

    Parameters
    ----------
    mt, sn : RegionEnhanced
        In prediction mode.
    images : Tensor, shape (n, 3, rows, columns)
        What they see.

    Returns
    -------
    mt, sn : Tensor, shape (n, 2)
        Logits: of Mt-Net with the map of Sn-Net, and of Sn-Net with the map of Mt-Net without one.
    """
    logits_of_sn, map_of_sn = sn(images, mt(images)[1])
    return mt(images, map_of_sn)[0], logits_of_sn


def _device(network: nn.Module) -> torch.device:
    return next(network.parameters()).device
