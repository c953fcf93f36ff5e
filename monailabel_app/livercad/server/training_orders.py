"""What a training on the server is asked for, what it works on, and what became of it: files that outlive the server.

In a studies folder each training has a folder of its own, ``.livercad/learning/trainings/ID``: ``training.json``
(`Training`), ``cases.json`` (its cases with the versions of their labels, and their sides), and what the recipe writes.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from livercad.learning.cases import LabelledCase
from livercad.learning.checkpoint import CHECKPOINT
from livercad.learning.folder import learning_folder
from livercad.learning.pool import Side
from livercad.learning.trained import WEIGHTS
from livercad.recipes.run import MINUTES
from livercad.recipes.trainable import Start
from livercad.settings import Settings
from livercad.studies.atomic import write_text

logger = logging.getLogger(__name__)

FOLDER, ORDER, CASES = "trainings", "training.json", "cases.json"
LOOKED_AT = 20
"""Trainings, for those that have failed."""


class Wish(BaseModel):
    """The settings of a training."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: Start = Field(
        "champion", description="Weights to begin with: those in use, the published or shipped ones, or none."
    )
    minutes: float = Field(MINUTES, ge=0.1, le=10_000, description="How long it may take; the steps follow.")
    steps: int = Field(0, ge=0, le=1_000_000, description="How many steps, instead of minutes; 0: as many as fit.")
    seed: int = Field(0, ge=0, le=2**31 - 1, description="Of all that is drawn.")


class Stage(StrEnum):
    """How far a training is, for a server that starts again."""

    RUNNING = "running"
    TRAINED = "trained"
    """Its weights are written; they are still to be registered, and to be used from now on if they are better."""
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN = frozenset({Stage.RUNNING, Stage.TRAINED})
"""A server that starts goes on with these."""


class Training(BaseModel):
    """One training."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(description="Also its job's.")
    task: str
    model: str = Field(description="Name in the registry of models.")
    recipes: str = Field(description="Where its recipe is found, see `LiverCADApp.recipes`.")
    weights: str = Field(description="SHA-256 of those that it begins with, also when it goes on; empty for none.")
    version: int | None = Field(None, description="Number of their version; None for none.")
    wish: Wish
    settings: Settings
    who: str = Field(description="Wants it.")
    started: float = Field(description="Seconds since 1970.")
    sides: Mapping[str, int] = Field(description="How many of its cases are on each side.")
    stage: Stage = Stage.RUNNING
    ended: float | None = None
    error: str = ""
    result: Mapping[str, Any] | None = Field(None, description="What the version scored; in numbers and words.")
    promotion: Mapping[str, Any] | None = Field(None, description="Whether it is used from now on, and why.")


@dataclass(frozen=True)
class Material:
    """What a training works on: fixed when it begins, whatever is submitted meanwhile.

    Parameters
    ----------
    cases : list of LabelledCase
        With the versions of their labels.
    sides : mapping of str to Side
        By case.
    """

    cases: Sequence[LabelledCase]
    sides: Mapping[str, Side]


_MATERIAL = TypeAdapter(Material)


class Trainings:
    """The trainings of a studies folder.

    Parameters
    ----------
    studies : Path
        The studies folder.
    """

    def __init__(self, studies: Path) -> None:
        self.folder = learning_folder(studies) / FOLDER

    def place(self, training: Training) -> Path:
        """Folder of a training."""
        return self.folder / training.id

    def all(self) -> list[Training]:
        """Every training, the oldest first."""
        return self._read(self.folder.glob(f"*/{ORDER}"))

    def failed(self) -> list[Training]:
        """Those of the latest `LOOKED_AT` trainings that have failed or are not registered, the latest first."""
        files = sorted(self.folder.glob(f"*/{ORDER}"), key=lambda file: file.parent.name)[-LOOKED_AT:]
        return [
            training for training in reversed(self._read(files)) if training.stage is Stage.FAILED or training.error
        ]

    def _read(self, files: Iterable[Path]) -> list[Training]:
        found = []
        for file in files:
            try:
                found.append(read_training(file.parent))
            except (OSError, ValueError) as error:  # another version of this software has written it
                logger.warning("%s is no training that can be gone on with: %s", file, error)
        return sorted(found, key=lambda training: (training.started, training.id))

    def begin(self, training: Training, material: Material) -> None:
        """Write a new training down; from then on it outlives a kill."""
        write_material(self.place(training), material)
        self.write(training)

    def works_on(self, training: Training, material: Material) -> bool:
        """Whether a training works on just that."""
        file = self.place(training) / CASES
        return file.is_file() and file.read_bytes() == _MATERIAL.dump_json(material)

    def remove_checkpoints(self, kept: Training) -> None:
        """Remove what no other training will go on from: it is large. Weights stay until they lie in the registry."""
        for training in self.all():
            if training.id != kept.id:
                for name in (CHECKPOINT, WEIGHTS) if training.stage is Stage.DONE else (CHECKPOINT,):
                    (self.place(training) / name).unlink(missing_ok=True)

    def write(self, training: Training) -> None:
        """Write down what became of a training."""
        write_text(self.place(training) / ORDER, training.model_dump_json(indent=2) + "\n")


def new_id() -> str:
    """A name for a training that sorts by time."""
    return f"{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:6]}"


def read_training(folder: Path) -> Training:
    """Read what a training is asked for."""
    return Training.model_validate_json((folder / ORDER).read_bytes())


def write_material(folder: Path, material: Material) -> None:
    """Write down what a training works on; its folder is made if it is missing."""
    write_text(folder / CASES, _MATERIAL.dump_json(material).decode())


def read_material(folder: Path) -> Material:
    """Read what a training works on."""
    return _MATERIAL.validate_json((folder / CASES).read_bytes())
