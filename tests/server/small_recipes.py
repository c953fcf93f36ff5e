"""The recipe of the lesion network with steps of two seconds: fewer and smaller crops, and fewer looks at the pool."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from livercad.models.version import ModelVersion
from livercad.recipes.models import LESION_RECIPE, MeasuringOnce
from livercad.recipes.trainable import Sides
from livercad.segmentation.training import lesion_views
from livercad.segmentation.training.jobs import LESIONS, Amount
from livercad.settings import Settings

CROPS = 2
lesion_views.CROP = (80, 80, 24)  # as large as the livers of these tests


def _small(
    sides: Sides, start: ModelVersion | None, folder: Path, cache: Path, settings: Settings, seed: int
) -> MeasuringOnce:
    return MeasuringOnce(
        LESIONS, sides.training, sides.pool, start, folder, cache, settings, seed, Amount(CROPS, at_once=1)
    )


PLAN = replace(LESION_RECIPE.plan, ema=0.9)
"""A mean over fewer updates, since there are fewer."""
RECIPES = {LESION_RECIPE.task: replace(LESION_RECIPE, job=_small, plan=PLAN, validations=1)}
