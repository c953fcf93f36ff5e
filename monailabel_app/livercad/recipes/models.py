"""The models that can be trained."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from livercad.learning.plan import Plan
from livercad.models.version import ModelVersion
from livercad.recipes.trainable import Sides, Trainable
from livercad.segmentation.training.jobs import LESIONS, LIVER, Kind, SegmentationJob
from livercad.settings import Settings


def _segmentation(
    kind: Kind, sides: Sides, start: ModelVersion | None, folder: Path, cache: Path, settings: Settings, seed: int
) -> SegmentationJob:
    return SegmentationJob(kind, sides.training, sides.pool, start, folder, cache, settings, seed)


SEGMENTATION = Plan(steps=1, learning_rate=2e-4, weight_decay=1e-4, ema=0.98, patience=3, checkpoint_every=1)
"""Small steps from weights that work already. A step is a case with several updates, so each has its checkpoint."""

LESION_RECIPE = Trainable(
    "lesions",
    LESIONS.name,
    lambda case: case.has_lesions,
    "outlined lesions",
    partial(_segmentation, LESIONS),
    SEGMENTATION,
)
LIVER_RECIPE = Trainable(
    "liver", LIVER.name, lambda case: True, "an outlined liver", partial(_segmentation, LIVER), SEGMENTATION
)

RECIPES: dict[str, Trainable] = {model.task: model for model in (LESION_RECIPE, LIVER_RECIPE)}
"""By task, as commands and the server name them."""
