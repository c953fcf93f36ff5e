"""What an evaluation counts as a hit and how it scores; written beside every result."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class HitCriterion(StrEnum):
    """What has to exceed the threshold for a predicted and a true lesion to be a hit."""

    IOU = "iou"
    """Shared volume over united volume."""
    COVERAGE = "coverage"
    """Shared volume over the true lesion's volume; an outline that is too large costs nothing."""


class EvaluationSettings(BaseModel):
    """Settings of an evaluation.

    The default hit criterion, IoU above 0.1, is the one that nnDetection reports (Baumgartner et al. 2021, AP at
    IoU 0.1): small lesions lose IoU by a voxel's shift. The LiTS challenge asks for IoU above 0.5 (Bilic et al. 2023).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    hit_criterion: HitCriterion = Field(HitCriterion.IOU, description="Overlap that decides what a hit is.")
    hit_threshold: float = Field(0.1, ge=0, lt=1, description="A hit's overlap lies above this.")
    tolerance_mm: float = Field(3.0, gt=0, description="Tolerance of the surface Dice, in mm.")
    confidence: float = Field(0.95, gt=0, lt=1, description="Confidence level of all intervals.")
    seed: int = Field(0, ge=0, description="Seed of the bootstrap over cases.")
