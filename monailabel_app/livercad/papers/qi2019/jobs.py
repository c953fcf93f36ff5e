"""What a training of the study is, and what it leaves."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, ValidationError
from torch import nn
from torch.optim import Optimizer

from livercad.code import code_hash
from livercad.networks.base_weights import NONE, weights_key
from livercad.papers.qi2019.methods import Method, Question
from livercad.papers.qi2019.settings import Settings
from livercad.papers.qi2019.splits import Side, Sides, rows_of

RESULT, WEIGHTS = "training.json", "weights.safetensors"
Rows = npt.NDArray[np.int64]
Probabilities = npt.NDArray[np.float64]
CODE = (
    "livercad.networks.denoising_autoencoder",
    "livercad.networks.googlenet",
    "livercad.networks.inception_resnet",
    "livercad.networks.qi2019",
    "livercad.networks.base_weights",
    "livercad.papers.qi2019.autoencoder",
    "livercad.papers.qi2019.criteria",
    "livercad.papers.qi2019.crops",
    "livercad.papers.qi2019.cross_training",
    "livercad.papers.qi2019.learners",
    "livercad.papers.qi2019.making",
    "livercad.papers.qi2019.training",
    "livercad.papers.qi2019.views",
    __name__,
)
"""What a training depends on, but for what it sees and its settings: of another version's code it is done again."""


class Learner(Protocol):
    """A method with its first weights and what it sees."""

    @property
    def modules(self) -> Mapping[str, nn.Module]:
        """What is trained, by name."""

    @property
    def optimizers(self) -> Mapping[str, Optimizer]:
        """Of each of them."""

    def step(self, rows: Rows, rng: np.random.Generator) -> dict[Question, float]:
        """Update once with the images of some rows; cross-entropy by question."""

    def ask(self, rows: Rows, method: Method) -> dict[Question, Probabilities]:
        """Probability of yes for the images of some rows."""


class Curve(BaseModel):
    """How a training went for one question, an entry an epoch."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    loss: list[float]
    """Average over the minibatches, before their updates."""
    f_beta: list[float]
    """Of validation."""


class Training(BaseModel):
    """The result of one training."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    images: int
    """For training."""
    parameters: int
    seconds: float
    best_epoch: int
    """From 1: the one that counts."""
    curves: dict[Question, Curve]
    rows: list[int]
    """Images of validation and test, in the order of `probabilities`."""
    probabilities: dict[Method, dict[Question, list[float]]]
    """Of yes."""


@dataclass(frozen=True)
class Job:
    """A training to do; can be pickled.

    Parameters
    ----------
    method : Method
        One that is trained.
    answers : mapping of Question to tuple of int
        What it learns; of each image, 1 for yes.
    settings : Settings
        Of the reproduction.
    arrays : Path
        From `livercad.papers.qi2019.arrays.write_arrays`.
    data_key : str
        Hash of what the method sees.
    sides : tuple of Side
        Of each image.
    folder : Path
        Where results go.
    threads : int
        Of torch.
    device : str
        Of torch.
    """

    method: Method
    answers: Mapping[Question, tuple[int, ...]]
    settings: Settings
    arrays: Path
    data_key: str
    sides: Sides
    folder: Path
    threads: int = 1
    device: str = "cpu"

    @property
    def key(self) -> str:
        """What the result depends on."""
        made_from = (
            *(code_hash(*CODE), self.method, self.data_key, self.settings.seed, self.settings.beta),
            *(self.sides, sorted(self.answers.items())),
            *self._own_settings(),
        )
        return hashlib.sha256("\n".join(map(str, made_from)).encode()).hexdigest()

    @property
    def epochs(self) -> int:
        """Times that every image is shown."""
        return self.settings.cheng.epochs if self.method is Method.CHENG else self.settings.training.epochs

    @property
    def batch(self) -> int:
        """Images a minibatch."""
        return self.settings.cheng.batch if self.method is Method.CHENG else self.settings.training.batch

    @property
    def rate_setting(self) -> str:
        """Name of the learning rate in the settings, with the group."""
        return f"{'cheng' if self.method is Method.CHENG else 'training'}.learning_rate"

    @property
    def training(self) -> Rows:
        """Rows of the images for training."""
        return rows_of(self.sides, Side.TRAINING)

    def _own_settings(self) -> tuple[str, ...]:
        """Those that this method's training depends on."""
        settings = self.settings
        if self.method is Method.CHENG:
            return (settings.cheng.model_dump_json(),)
        if self.method is Method.HAN:
            weights = settings.han.weights
            return settings.han.model_dump_json(), settings.training.model_dump_json(), weights_key(weights)
        networks = settings.networks
        crops = 1 if self.method is Method.BASIC else settings.crops
        first = (networks.mt_weights if Question.MALIGNANT in self.answers else NONE,
                 networks.sn_weights if Question.SOLID in self.answers else NONE)  # fmt: skip
        return networks.model_dump_json(), settings.training.model_dump_json(), str(crops), *map(weights_key, first)


def result_of(job: Job) -> Training | None:
    """The result of a training, if it is there and still holds."""
    try:
        training = Training.model_validate_json((job.folder / RESULT).read_text(encoding="utf-8"))
    except (OSError, ValidationError, UnicodeDecodeError):
        return None
    return training if training.key == job.key and (job.folder / WEIGHTS).is_file() else None
