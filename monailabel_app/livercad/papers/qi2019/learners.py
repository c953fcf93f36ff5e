"""The methods that see whole images: Mt-Net and Sn-Net alone and together, and GoogLeNet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Adadelta, Optimizer

from livercad.errors import ModelError
from livercad.networks.googlenet import add_classes, make_googlenet
from livercad.networks.inception_resnet import Size
from livercad.networks.qi2019 import RegionEnhanced, make_mt_net, make_sn_net
from livercad.papers.base_weights import NONE, load_base
from livercad.papers.qi2019.crops import Grey, random_crop, to_input, uniform_crops
from livercad.papers.qi2019.cross_training import CrossTraining, MiniBatch, descend
from livercad.papers.qi2019.jobs import Probabilities, Rows
from livercad.papers.qi2019.methods import Method, Question
from livercad.papers.qi2019.settings import HanSettings, NetworkSettings, TrainingSettings

Answers = Mapping[Question, Sequence[int]]


class Views(Protocol):
    """Squares that a network sees of images."""

    @property
    def count(self) -> int:
        """Of an image, in prediction."""

    def drawn(self, row: int, rng: np.random.Generator) -> Grey:
        """One square, for training."""

    def fixed(self, row: int) -> list[Grey]:
        """All squares, for prediction."""


@dataclass(frozen=True)
class Whole:
    """The whole image, stretched to a square.

    Parameters
    ----------
    images : sequence of ndarray of uint8, shape (side, side)
        Of all rows.
    """

    images: Sequence[Grey]
    count: int = 1

    def drawn(self, row: int, rng: np.random.Generator) -> Grey:
        """The same as in prediction."""
        return self.images[row]

    def fixed(self, row: int) -> list[Grey]:
        """One."""
        return [self.images[row]]


@dataclass(frozen=True)
class CutOut:
    """Squares cut out of an image whose shape is kept (Figure 4).

    Parameters
    ----------
    images : sequence of ndarray of uint8, shape (rows, columns)
        Of all rows, the shortest side `side`.
    side : int
        Of the squares.
    count : int
        Of an image, in prediction.
    """

    images: Sequence[Grey]
    side: int
    count: int

    def drawn(self, row: int, rng: np.random.Generator) -> Grey:
        """Anywhere."""
        return random_crop(self.images[row], self.side, rng)

    def fixed(self, row: int) -> list[Grey]:
        """Uniformly spaced."""
        return uniform_crops(self.images[row], self.side, self.count)


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


def make_alone(
    question: Question, views: Views, answers: Answers, networks: NetworkSettings, training: TrainingSettings
) -> Alone:
    """Mt-Net or Sn-Net without region enhancement."""
    network = Basic(new_network(question, networks, 0.0))
    return Alone(network, question, views, answers[question], adadelta(network, training))


def make_together(views: Views, answers: Answers, networks: NetworkSettings, training: TrainingSettings) -> Together:
    """Both, with region enhancement."""
    mt = new_network(Question.MALIGNANT, networks, networks.strength)
    sn = new_network(Question.SOLID, networks, networks.strength)
    return Together(mt, sn, views, answers, adadelta(mt, training), adadelta(sn, training))


def make_han(
    question: Question, views: Views, answers: Answers, settings: HanSettings, training: TrainingSettings
) -> Alone:
    """GoogLeNet."""
    size = Size(settings.divisor)
    network = make_googlenet(size)
    load_base(network, "googlenet", settings.weights)
    add_classes(network, size)
    return Alone(network, question, views, answers[question], adadelta(network, training))


def new_network(question: Question, settings: NetworkSettings, strength: float) -> RegionEnhanced:
    """Mt-Net or Sn-Net with its first weights, the same for both pathways where they are from a file."""
    is_mt = question is Question.MALIGNANT
    network = (make_mt_net if is_mt else make_sn_net)(strength, settings.size, settings.keep)
    weights = settings.mt_weights if is_mt else settings.sn_weights
    if weights != NONE:
        parts = nn.Sequential()
        for name, module in (*network.image.named_children(), *network.joined.named_children()):
            parts.add_module(name, module)
        name = "Inception-ResNet-v2 with timm's names" if is_mt else "Inception-v3 with torchvision's names"
        try:
            load_base(parts, "inception_v3", weights)
        except ModelError as error:
            raise ModelError(weights, found=error.found, expected=f"weights of {name}", todo=error.todo) from error
        if network.map is not None:
            network.map.load_state_dict(network.image.state_dict())
    return network


def adadelta(network: nn.Module, settings: TrainingSettings) -> Optimizer:
    """The optimiser of section 3.4."""
    return Adadelta(
        network.parameters(),
        lr=settings.learning_rate,
        rho=settings.rho,
        eps=settings.epsilon,
        weight_decay=settings.decay,
    )


def drawn_input(views: Views, rows: Rows, rng: np.random.Generator, device: torch.device) -> Tensor:
    """A square of each row, shape (n, 3, side, side)."""
    return _input([views.drawn(row, rng) for row in rows.tolist()], device)


def fixed_input(views: Views, rows: Rows, device: torch.device) -> Tensor:
    """All squares of each row, shape (n · count, 3, side, side)."""
    return _input([square for row in rows.tolist() for square in views.fixed(row)], device)


def averaged(logits: Tensor, count: int) -> Probabilities:
    """Probability of yes, shape (n,): the mean over each image's squares."""
    probabilities = torch.softmax(logits.float(), 1)[:, 1].cpu().numpy().astype(np.float64)
    return np.asarray(probabilities.reshape(-1, count).mean(1))


def answer_tensor(answers: Sequence[int], rows: Rows, device: torch.device) -> Tensor:
    """Those of some rows, shape (n,)."""
    return torch.tensor([answers[row] for row in rows.tolist()], device=device)


def _input(squares: list[Grey], device: torch.device) -> Tensor:
    return to_input(squares).to(device, memory_format=torch.channels_last)


def _device(network: nn.Module) -> torch.device:
    return next(network.parameters()).device
