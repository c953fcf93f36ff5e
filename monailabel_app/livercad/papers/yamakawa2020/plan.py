"""What a training is, what it depends on, and what it leaves."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from livercad.code import code_hash
from livercad.papers.yamakawa2020.crops import Crops
from livercad.papers.yamakawa2020.dataset import Dataset
from livercad.papers.yamakawa2020.folds import Fold
from livercad.papers.yamakawa2020.settings import CropSet, NetworkSettings, Settings, TrainingSettings

MULTI_SCALE = "multi-scale"
"""Name of the network that sees a crop per scale."""
CODE = (
    "livercad.networks.yamakawa2020",
    "livercad.papers.yamakawa2020.accuracy",
    "livercad.papers.yamakawa2020.training",
    "livercad.papers.yamakawa2020.versions",
)
"""What a training depends on, but for what it sees and its settings."""


class Curve(BaseModel):
    """A training by epoch (Figure 4)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    loss: list[float]
    training: list[float]
    """Accuracy in images, of minibatches with dropout."""
    validation: list[float]
    """Accuracy in images."""


class Training(BaseModel):
    """The result of one fold of one network."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    name: str
    start: int
    epoch: int
    validation_cases: float
    validation_images: float
    parameters: int
    seconds: float
    curve: Curve
    """Of the start that was chosen."""
    probabilities: list[list[float]]
    """Shape (test images, classes)."""


@dataclass(frozen=True)
class Plan:
    """What to train, and where it is kept.

    Parameters
    ----------
    network_name : str
        Name of the region of interest, or `MULTI_SCALE`.
    fold : int
        From 0.
    crops : tuple of Path
        Arrays, one for each channel that the network sees.
    seen : tuple of str
        Their hashes.
    pixels, classes : int
        Along an image's side; how many the network tells apart.
    labels, cases : tuple of int
        Of all images.
    sides : tuple of tuple of int
        Images for training, validation and test.
    network : NetworkSettings
        Its layers.
    training : TrainingSettings
        How.
    seed : int
        Of the reproduction; starts of one fold begin alike in all regions of interest.
    folder : Path
        Of all trainings.
    device : str
        Of torch.
    """

    network_name: str
    fold: int
    crops: tuple[Path, ...]
    seen: tuple[str, ...]
    pixels: int
    classes: int
    labels: tuple[int, ...]
    cases: tuple[int, ...]
    sides: tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]
    network: NetworkSettings
    training: TrainingSettings
    seed: int
    folder: Path
    device: str

    @property
    def name(self) -> str:
        """Of the training; fit for a file."""
        return f"{self.network_name}-fold-{self.fold + 1:02d}"

    @property
    def key(self) -> str:
        """Tells whether a training that is there is this one."""
        made_from = (
            *(code_hash(*CODE), self.name, self.seen, self.classes, self.labels, self.cases, self.sides),
            *(self.network.model_dump_json(), self.training.model_dump_json(), self.seed, self.device),
        )
        return hashlib.sha256(" ".join(map(str, made_from)).encode()).hexdigest()

    @property
    def result_path(self) -> Path:
        """Where the result goes, last of all."""
        return self.folder / f"{self.name}.json"

    @property
    def weights_path(self) -> Path:
        """Where the best network goes."""
        return self.folder / f"{self.name}.safetensors"

    def result(self) -> Training | None:
        """The result, where this training has ended already."""
        try:
            training = Training.model_validate_json(self.result_path.read_text(encoding="utf-8"))
        except (OSError, ValidationError, UnicodeDecodeError):
            return None
        return training if training.key == self.key and self.weights_path.is_file() else None


def plans_of(
    dataset: Dataset, folds: Sequence[Fold], crops: Mapping[CropSet, Crops], folder: Path, settings: Settings
) -> list[Plan]:
    """List all trainings: every region of interest and all scales together, in every fold.

    Parameters
    ----------
    dataset : Dataset
        The images.
    folds : sequence of Fold
        Places of images.
    crops : mapping of CropSet to Crops
        The regions of interest.
    folder : Path
        Of all trainings.
    settings : Settings
        How.

    Returns
    -------
    list of Plan
        Network by network.
    """
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    networks: dict[str, tuple[Crops, ...]] = {crop.name: (array,) for crop, array in crops.items()}
    networks[MULTI_SCALE] = tuple(crops[CropSet(ratio)] for ratio in settings.study.scales)
    labels, cases = tuple(dataset.labels.tolist()), tuple(dataset.cases.tolist())
    return [
        Plan(
            network_name=name,
            fold=number,
            crops=tuple(each.path for each in seen),
            seen=tuple(each.sha256 for each in seen),
            pixels=settings.crops.pixels,
            classes=len(dataset.classes),
            labels=labels,
            cases=cases,
            sides=(tuple(fold.training.tolist()), tuple(fold.validation.tolist()), tuple(fold.test.tolist())),
            network=settings.network,
            training=settings.training,
            seed=settings.seed,
            folder=folder,
            device=device,
        )
        for name, seen in networks.items()
        for number, fold in enumerate(folds)
    ]
