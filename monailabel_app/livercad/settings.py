"""Every setting that changes a result, with defaults that work; and the one place that reads the environment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """What an analysis does. All but `device` is hashed into every result: a change there computes it again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="Where networks run; auto takes a GPU if there is one."
    )
    lesion_threshold: float = Field(0.5, gt=0, lt=1, description="Lesion probability from which a voxel is a lesion's.")
    minimum_score: float = Field(0.5, ge=0, le=1, description="Lesions with a lower score are dropped.")
    minimum_volume_ml: float = Field(0.05, ge=0, description="Lesions smaller than this (ml) are dropped.")
    detector: Literal["components", "rescored", "faster-rcnn", "retinanet"] = Field(
        "rescored", description="What decides which candidates are lesions; docs/lesions.md compares them."
    )


class UltrasoundSettings(BaseModel):
    """What is done with ultrasound images. All but `device` is hashed into every result."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    device: Literal["auto", "cpu", "cuda"] = Field("auto", description=Settings.model_fields["device"].description)
    model: Literal["ultrasound_lesion", "yamakawa2020", "qi2019"] = Field(
        "ultrasound_lesion", description="What is asked about the images; docs/ultrasound.md tells them apart."
    )
    region_enhancement: bool = Field(
        True, description="Whether the networks of qi2019 show each other where they look; other models have none."
    )


def models_folder() -> Path:
    """Where installed models live: ``LIVERCAD_MODELS``, else ``~/.cache/livercad/models``."""
    return Path(os.environ.get("LIVERCAD_MODELS") or Path.home() / ".cache" / "livercad" / "models")


def mlflow_uri() -> str | None:
    """Where versions of models are registered: ``LIVERCAD_MLFLOW``; None means a file in `models_folder`."""
    return os.environ.get("LIVERCAD_MLFLOW") or None


def server_token() -> str | None:
    """What the server asks its clients for: ``LIVERCAD_TOKEN``."""
    return os.environ.get("LIVERCAD_TOKEN") or None


def app_folder() -> Path:
    """Where `livercad serve` keeps the app folder that MONAI Label needs: ``~/.cache/livercad/app``."""
    return Path.home() / ".cache" / "livercad" / "app"
