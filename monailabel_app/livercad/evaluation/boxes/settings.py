"""What makes a box a hit, and how detections are scored; written beside every result."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, field_validator


class BoxCriterion(StrEnum):
    """What has to reach the threshold for a box to be a hit."""

    IOU = "iou"
    """Area or volume shared by both boxes over that of both together."""
    IOBB = "iobb"
    """Shared over the detected box's own: "intersection over the detected bounding box" of Wang et al. 2017
    (ChestX-ray8), which DeepLesion's authors report too. A small box inside a large lesion is a hit."""
    CENTRE = "centre"
    """The detected box's centre lies in the lesion: in its mask where there is one, else in its box. No threshold."""


class Repeats(StrEnum):
    """What a further box on a lesion that has been hit already counts as in an FROC curve."""

    IGNORED = "ignored"
    """Neither hit nor false positive, as in CAMELYON16, LUNA16, DeepLesion's evaluation and PI-CAI."""
    FALSE_POSITIVE = "false-positive"
    """A false positive, as in COCO's average precision."""


class Per(StrEnum):
    """What false positives are counted per. A rate per slice and a rate per scan must never be compared."""

    IMAGE = "image"
    SCAN = "scan"


FALSE_POSITIVE_RATES = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Of LUNA16 (Setio et al. 2017); their mean sensitivity is its competition performance metric, CPM."""
AP_IOUS = (0.1, 0.2, 0.3, 0.4, 0.5)
"""nnDetection reports average precision at IoU 0.1 (Baumgartner et al. 2021), COCO from 0.5 on."""


class DetectionSettings(BaseModel):
    """Settings of an evaluation of detections."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    criterion: BoxCriterion = Field(BoxCriterion.IOU, description="What makes a box a hit.")
    threshold: float = Field(0.1, gt=0, le=1, description="A hit reaches this IoU or IoBB; `centre` needs none.")
    repeats: Repeats = Field(Repeats.IGNORED, description="What a further box on a lesion counts as in FROC.")
    rates: tuple[float, ...] = Field(
        FALSE_POSITIVE_RATES, min_length=1, description="False positives per image or scan."
    )
    ap_ious: tuple[float, ...] = Field(AP_IOUS, min_length=1, description="IoU thresholds of average precision.")
    confidence: float = Field(0.95, gt=0, lt=1, description="Confidence level of all intervals.")
    seed: int = Field(0, ge=0, description="Seed of the bootstrap over patients.")

    @field_validator("rates", "ap_ious")
    @classmethod
    def _rising(cls, values: tuple[float, ...]) -> tuple[float, ...]:
        if min(values) <= 0:
            raise ValueError("must be above 0")
        return tuple(sorted(set(values)))

    @field_validator("ap_ious")
    @classmethod
    def _an_iou(cls, values: tuple[float, ...]) -> tuple[float, ...]:
        if max(values) > 1:
            raise ValueError("an IoU is 1 at most")
        return values
