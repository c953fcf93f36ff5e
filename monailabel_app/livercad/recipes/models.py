"""The models that can be trained."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path

from livercad.classification.classifier import NAME as CLASS_MODEL
from livercad.classification.finetuning import ClassificationJob
from livercad.learning.job import Validation
from livercad.learning.plan import Plan
from livercad.models.version import ModelVersion
from livercad.progress import Progress
from livercad.recipes.laying import Laying
from livercad.recipes.trainable import Sides, Trainable
from livercad.segmentation.training.jobs import LESIONS, LIVER, Kind, SegmentationJob
from livercad.settings import Settings


class MeasuringOnce(SegmentationJob):
    """Measures no weights twice, since a pool takes minutes: the first that are validated are mostly the champion's."""

    def measure(self, weights: ModelVersion, progress: Progress) -> Validation:
        """Score any version on the pool, or tell what it has scored before."""
        if weights.sha256 not in self._measured:
            self._measured[weights.sha256] = super().measure(weights, progress)
        return self._measured[weights.sha256]

    @cached_property
    def _measured(self) -> dict[str, Validation]:
        return {}


def _segmentation(
    kind: Kind, sides: Sides, start: ModelVersion | None, folder: Path, cache: Path, settings: Settings, seed: int
) -> SegmentationJob:
    return MeasuringOnce(kind, sides.training, sides.pool, start, folder, cache, settings, seed)


LIVER_PLAN = Plan(steps=1, learning_rate=2e-4, weight_decay=1e-4, ema=0.98, patience=2, checkpoint_every=1)
"""Small steps from weights that work already. A step is a case with several updates, so each has its checkpoint."""

LESION_PLAN = replace(LIVER_PLAN, learning_rate=1e-3, ema=0.96)
"""Larger steps: with 2e-4 some hundred updates changed next to nothing about what the network does not know."""

LESION_RECIPE = Trainable(
    "lesions",
    LESIONS.name,
    lambda case: case.has_lesions,
    "outlined lesions",
    partial(_segmentation, LESIONS),
    LESION_PLAN,
)
LIVER_RECIPE = Trainable(
    "liver", LIVER.name, lambda case: True, "an outlined liver", partial(_segmentation, LIVER), LIVER_PLAN
)

CLASSIFICATION = Plan(
    steps=1,
    learning_rate=3e-4,
    weight_decay=0.02,
    clip=5.0,
    patience=4,
    checkpoint_every=25,
    precision="float32",
)
"""Small steps as well; a batch takes a fraction of a second."""


def _classification(
    sides: Sides, start: ModelVersion | None, folder: Path, cache: Path, settings: Settings, seed: int
) -> ClassificationJob:
    lay = Laying((*sides.training, *sides.pool), settings, folder)
    return ClassificationJob(lay, sides.training, sides.pool, start, cache, settings, seed)


CLASS_RECIPE = Trainable(
    "lesion_classification",
    CLASS_MODEL,
    lambda case: bool(case.classes),
    "lesions whose types are told",
    _classification,
    CLASSIFICATION,
    validations=9,
    steps=400,
)

RECIPES: dict[str, Trainable] = {model.task: model for model in (LESION_RECIPE, LIVER_RECIPE, CLASS_RECIPE)}
"""By task, as commands and the server name them."""
