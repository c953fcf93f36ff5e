"""A trained model of ultrasound images as a file, and what answers with it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors import SafetensorError, safe_open

from livercad.core.circle import SMALLEST_SIDE, Circle
from livercad.core.findings import DISCLAIMER, ModelUsed
from livercad.core.ultrasound import Probabilities, Question
from livercad.errors import ModelError
from livercad.models.convert import content_sha256
from livercad.models.registry import has_learnt_from_phantoms
from livercad.ultrasound.backbone import Array, Backbone, Extractor, Maps, new_backbone
from livercad.ultrasound.head import Head
from livercad.ultrasound.model import Answer
from livercad.ultrasound.pooling import spread
from livercad.ultrasound.questions import answers_of, questions_of
from livercad.ultrasound.views import View

MODEL = "model"
"""Name of the description in a file's record."""
BACKBONE_PREFIX, HEAD_PREFIX = "backbone.", "head."
VERSION_DIGITS = 12
"""Of the weights' SHA-256, which are the model's version."""


class HeadDescription(BaseModel):
    """What belongs to the weights of the answers to one question."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    classes: tuple[str, ...]
    views: tuple[View, ...]
    temperature: float


class ModelDescription(BaseModel):
    """What belongs to the weights."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    trained_on: str
    learnt_from_phantoms: bool = False
    """Whether from phantoms alone; of a model that comes with LiverCAD the registry tells."""
    images_sha256: tuple[str, ...] | None = None
    """Of the files that were learnt from; None where they were not kept."""
    disclaimer: str = DISCLAIMER
    backbone: Backbone
    heads: dict[Question, HeadDescription]
    weights_sha256: str
    """Of all tensors (`livercad.models.convert.content_sha256`)."""


def tensors_of(backbone: torch.nn.Module, heads: Mapping[Question, Head]) -> dict[str, npt.NDArray[np.generic]]:
    """All weights by name, as a file has them."""
    tensors = {f"{BACKBONE_PREFIX}{name}": tensor.cpu().numpy() for name, tensor in backbone.state_dict().items()}
    for question, head in heads.items():
        tensors[f"{HEAD_PREFIX}{question}.weights"] = head.weights
        tensors[f"{HEAD_PREFIX}{question}.biases"] = head.biases
    return tensors


def read_model(path: Path) -> tuple[ModelDescription, dict[str, npt.NDArray[np.generic]]]:
    """Read a model's file.

    Parameters
    ----------
    path : Path
        As ``livercad train ultrasound`` writes it.

    Returns
    -------
    description : ModelDescription
        From its metadata.
    tensors : dict of str to ndarray
        Its weights.

    Raises
    ------
    ModelError
        If it is missing, damaged, or no such model.
    """
    try:
        with safe_open(path, "numpy") as file:
            description = ModelDescription.model_validate(json.loads(file.metadata()["record"])[MODEL])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118, it is no mapping
    except (OSError, SafetensorError, ValidationError, ValueError, KeyError, TypeError) as error:
        raise _unusable(path, "no model of ultrasound images that can be read") from error
    if content_sha256(tensors) != description.weights_sha256:
        raise _unusable(path, "weights that are not those of its description")
    return description, tensors


class UltrasoundLesionModel:
    """Whether an image shows a mass, and what a lesion inside a circle is; an `UltrasoundModel`.

    Parameters
    ----------
    path : Path
        Of the model's file.
    device : str, default "auto"
        ``auto``, ``cpu`` or ``cuda``.

    Raises
    ------
    ModelError
        If the file is missing or damaged, or there is no such device.
    """

    def __init__(self, path: Path, device: str = "auto") -> None:
        self.description, tensors = read_model(path)
        network = new_backbone(self.description.backbone)
        own = {name: torch.from_numpy(tensor) for name, tensor in _part(tensors, BACKBONE_PREFIX).items()}
        try:
            network.load_state_dict(own)
            self._heads = {
                question: Head(
                    told.classes,
                    told.views,
                    np.asarray(tensors[f"{HEAD_PREFIX}{question}.weights"], np.float32),
                    np.asarray(tensors[f"{HEAD_PREFIX}{question}.biases"], np.float32),
                    told.temperature,
                )
                for question, told in self.description.heads.items()
            }
        except (RuntimeError, KeyError) as error:
            raise _unusable(path, "weights of another network") from error
        self._extractor = Extractor(network, device)

    @property
    def used(self) -> ModelUsed:
        """Which model this is, for the findings."""
        digest = self.description.weights_sha256
        return ModelUsed(self.description.name, digest[:VERSION_DIGITS], digest, self._extractor.name)

    @property
    def title(self) -> str:
        """For people, on a line of a report."""
        return self.description.title

    @property
    def trained_on(self) -> str:
        """Data, in words."""
        return self.description.trained_on

    @property
    def learnt_from_phantoms(self) -> bool:
        """Whether it has learnt from phantoms alone."""
        return self.description.learnt_from_phantoms or has_learnt_from_phantoms(self.description.name)

    @cached_property
    def learnt_images(self) -> frozenset[str] | None:
        """SHA-256 of the files that it has learnt from; None where its record does not name them."""
        told = self.description.images_sha256
        return None if told is None else frozenset(told)

    @property
    def needs_circle(self) -> bool:
        """Whether it has nothing to say of an image as a whole."""
        return Question.MASS not in self._heads

    @property
    def takes_circle(self) -> bool:
        """Whether it has something to say of a lesion inside a circle."""
        return any(question is not Question.MASS for question in self._heads)

    @cached_property
    def ratios(self) -> tuple[float, ...]:
        """D / L of each square around a lesion."""
        views = {view for head in self._heads.values() for view in head.views}
        return tuple(sorted({view.ratio for view in views if view.ratio is not None}))

    @property
    def smallest(self) -> float:
        """Pixels of the image along a square's side, at least (`View.cut`)."""
        return SMALLEST_SIDE

    @cached_property
    def questions(self) -> Mapping[str, tuple[str, ...]]:
        """Classes by question: those about a lesion first."""
        told = {str(question): head.classes for question, head in self._heads.items() if question is not Question.MASS}
        if Question.TYPE in self._heads:
            told |= questions_of(told[Question.TYPE])
        if Question.MASS in self._heads:
            told[Question.MASS] = self._heads[Question.MASS].classes
        return told

    def __call__(self, image: npt.NDArray[np.uint8], circle: Circle | None) -> Answer:
        """Ask: with a circle what the lesion is, without one whether there is a mass.

        Parameters
        ----------
        image : ndarray of uint8, shape (rows, columns)
            Grey values as displayed.
        circle : Circle or None
            Around the lesion, in pixels of the image.

        Returns
        -------
        Answer
            The saliency is the sum of the views' class activation maps where it is above 0.

        Raises
        ------
        ValueError
            If it has nothing to say of an image without a circle, or of a lesion.
        """
        asked = [question for question in self._heads if (question is Question.MASS) == (circle is None)]
        if not asked:
            what = "an image without a circle" if circle is None else "a lesion inside a circle"
            raise ValueError(f"This model has nothing to say of {what}.")
        probabilities: Probabilities = {}
        saliency = np.zeros(image.shape, np.float32)
        for question in asked:
            told, activation = self._ask(self._heads[question], image, circle)
            probabilities[str(question)] = told
            if question is asked[0]:
                saliency = activation
        if Question.TYPE in probabilities and Question.MALIGNANT not in probabilities:
            probabilities |= answers_of(probabilities[Question.TYPE])
        return Answer(probabilities, saliency)

    def _ask(
        self, head: Head, image: npt.NDArray[np.uint8], circle: Circle | None
    ) -> tuple[dict[str, float], npt.NDArray[np.float32]]:
        """Probabilities by class, and what spoke for the most probable one, shape (rows, columns)."""
        maps = []
        for view in head.views:
            maps.append(self._look(view, image, circle))
        (told,) = head.probabilities([_means(each) for each in maps])
        chosen = int(told.argmax())
        total = np.zeros(image.shape, np.float32)
        for number, (view, both) in enumerate(zip(head.views, maps, strict=True)):
            plain, mirrored = (
                head.activation(number, tuple(each[n : n + 1] for each in both), chosen) for n in range(2)
            )
            total += view.on_image((plain + mirrored[:, ::-1]) / 2, image, circle)
        total = np.maximum(total, 0)
        strongest = float(total.max())
        probabilities = {name: float(share) for name, share in zip(head.classes, told, strict=True)}
        return probabilities, total / strongest if strongest > 0 else total

    def _look(self, view: View, image: npt.NDArray[np.uint8], circle: Circle | None) -> Maps:
        """Maps of a square and its mirror image whose means are the features (`livercad.ultrasound.pooling.spread`)."""
        square, sector = view.cut(image, circle), view.sector(image, circle)
        maps = self._extractor.maps([square, square[:, ::-1]])
        if sector is None:
            return maps
        sectors = torch.from_numpy(np.stack([sector, sector[:, ::-1]]))
        told = spread([torch.from_numpy(each) for each in maps], view.pooling, sectors)
        return tuple(each.numpy() for each in told)


def _means(maps: Maps) -> Array:  # of a square and its mirror image, shape (1, features)
    return np.concatenate([each.mean(axis=(0, 2, 3)) for each in maps])[None]


def _part(tensors: Mapping[str, npt.NDArray[np.generic]], prefix: str) -> dict[str, npt.NDArray[np.generic]]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _unusable(path: Path, found: str) -> ModelError:
    return ModelError(
        path,
        found=found,
        expected="a model as `livercad train ultrasound` writes it",
        todo="Train it again, or remove it: then the one that comes with LiverCAD is used.",
    )
