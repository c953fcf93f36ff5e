"""What a training of either network is, and what it leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import torch
from pydantic import BaseModel, ConfigDict, ValidationError
from torch import Tensor, nn

RESULT, WEIGHTS = "training.json", "weights.safetensors"
Rows = npt.NDArray[np.int64]


class Step(NamedTuple):
    """What a network made of some images.

    Parameters
    ----------
    loss : Tensor
        Cross-entropy.
    right, counted : float
        How much was right, and of how much.
    """

    loss: Tensor
    right: float
    counted: float


class Curve(BaseModel):
    """How a training went, an entry an epoch (Fig 6); in training the average over its minibatches."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    loss: list[float]
    accuracy: list[float]
    test_loss: list[float]
    test_accuracy: list[float]


class Training(BaseModel):
    """The result of one training."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    images: int
    """For training."""
    parameters: int
    seconds: float
    curve: Curve


class Schedule(Protocol):
    """How long and how fast; both networks' settings have it."""

    @property
    def epochs(self) -> int:
        """Times that every image is shown."""

    @property
    def batch(self) -> int:
        """Images a minibatch."""

    @property
    def learning_rate(self) -> float:
        """At the beginning."""

    @property
    def beta1(self) -> float:
        """Of Adam."""

    @property
    def beta2(self) -> float:
        """Of Adam."""


@dataclass(frozen=True)
class Learner:
    """What is trained on what.

    Parameters
    ----------
    network : Module
        With its first weights.
    step : callable
        ``step(network, rows, device) -> Step``: what the network makes of images.
    training, test : ndarray of int
        Rows of the images.
    """

    network: nn.Module
    step: Callable[[nn.Module, Rows, torch.device], Step]
    training: Rows
    test: Rows


class Job(Protocol):
    """A training to do; can be pickled."""

    @property
    def key(self) -> str:
        """What the result depends on."""

    @property
    def folder(self) -> Path:
        """Where checkpoint, result and weights go."""

    @property
    def schedule(self) -> Schedule:
        """How long and how fast."""

    @property
    def rate_setting(self) -> str:
        """Name of the learning rate in the settings, with the group."""

    @property
    def seed(self) -> int:
        """Of first weights and order."""

    @property
    def training(self) -> tuple[bool, ...]:
        """Which images are for training."""

    @property
    def threads(self) -> int:
        """Of torch."""

    @property
    def device(self) -> str:
        """Of torch."""

    def learner(self) -> Learner:
        """Read the arrays and make the network."""


def result_of(job: Job) -> Training | None:
    """The result of a training, if it is there and still holds."""
    try:
        training = Training.model_validate_json((job.folder / RESULT).read_text(encoding="utf-8"))
    except (OSError, ValidationError, UnicodeDecodeError):
        return None
    return training if training.key == job.key and (job.folder / WEIGHTS).is_file() else None
