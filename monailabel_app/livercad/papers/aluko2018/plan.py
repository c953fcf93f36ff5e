"""What a training is, what it depends on, and what it leaves."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from livercad.code import code_hash

CODE = (
    "livercad.networks.aluko2018",
    "livercad.networks.faster_rcnn",
    "livercad.papers.aluko2018.one_box",
    "livercad.papers.aluko2018.detector",
    "livercad.papers.aluko2018.training",
    "livercad.networks.base_weights",
)
"""What a training depends on, but for what it sees and its settings."""


class Curves(BaseModel):
    """Losses by epoch, and with them other numbers that were taken."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    training: dict[str, list[float]]
    validation: dict[str, list[float]]
    """Empty where there is no validation image."""


class Training(BaseModel):
    """A training that has ended."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    name: str
    epochs: int
    parameters: int
    trained_parameters: int
    seconds: float
    curves: Curves
    answers: dict[str, Any]
    """By part, as the task gives them."""


@dataclass(frozen=True)
class Plan:
    """What to train, and where it is kept.

    Parameters
    ----------
    name : str
        Of the training; fit for a file.
    told : str
        All settings and first weights that it depends on, and what it sees, by content.
    folder : Path
        Of all trainings.
    epochs : int
        How often every training image is shown.
    numbers : tuple of int
        The training images.
    seed : int
        Of the order, dropout and sampling; each epoch has its own.
    """

    name: str
    told: str
    folder: Path
    epochs: int
    numbers: tuple[int, ...]
    seed: int

    @property
    def key(self) -> str:
        """Tells whether a training that is there is this one."""
        told = f"{code_hash(*CODE)} {self.name} {self.told} {self.epochs} {self.numbers} {self.seed}"
        return hashlib.sha256(told.encode()).hexdigest()

    @property
    def result_path(self) -> Path:
        """Of what came out."""
        return self.folder / f"{self.name}.json"

    @property
    def weights_path(self) -> Path:
        """Of the weights."""
        return self.folder / f"{self.name}.safetensors"

    def seed_of(self, *what: object) -> int:
        """A seed of its own for every purpose."""
        return int.from_bytes(hashlib.sha256(f"{self.seed} {self.name} {what}".encode()).digest()[:6], "big")

    def result(self) -> Training | None:
        """What came out, where this training has ended already."""
        try:
            training = Training.model_validate_json(self.result_path.read_text(encoding="utf-8"))
        except (OSError, ValidationError, UnicodeDecodeError):
            return None
        return training if training.key == self.key and self.weights_path.is_file() else None
