"""Squares that networks see of images, the true answers, and probabilities averaged over squares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from livercad.papers.qi2019.crops import Grey, random_crop, to_input, uniform_crops
from livercad.papers.qi2019.jobs import Probabilities, Rows
from livercad.papers.qi2019.methods import Question

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


def drawn_input(views: Views, rows: Rows, rng: np.random.Generator, device: torch.device) -> Tensor:
    """A square of each row, shape (n, 3, side, side)."""
    return _input([views.drawn(row, rng) for row in rows.tolist()], device)


def fixed_input(views: Views, rows: Rows, device: torch.device) -> Tensor:
    """All squares of each row, shape (n · count, 3, side, side)."""
    return _input([square for row in rows.tolist() for square in views.fixed(row)], device)


def averaged(logits: Tensor, count: int) -> Probabilities:
    """Probability of yes, shape (n,): the mean over each image's squares."""
    # In double precision: sure answers stay in their order, which a curve is made of.
    probabilities = torch.softmax(logits.double(), 1)[:, 1].cpu().numpy()
    return np.asarray(probabilities.reshape(-1, count).mean(1))


def answer_tensor(answers: Sequence[int], rows: Rows, device: torch.device) -> Tensor:
    """Those of some rows, shape (n,)."""
    return torch.tensor([answers[row] for row in rows.tolist()], device=device)


def _input(squares: list[Grey], device: torch.device) -> Tensor:
    return to_input(squares).to(device, memory_format=torch.channels_last)
