"""What a training leaves in its folder: weights, and the record of how they were made and what they scored."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from livercad.errors import ModelError
from livercad.learning.metrics import CaseMetrics
from livercad.models.version import UNNUMBERED

WEIGHTS, RECORD, PAGE, CURVES = "challenger.safetensors", "record.json", "index.html", "log.jsonl"
KEPT = (WEIGHTS, RECORD, PAGE, CURVES)
"""What is kept with a version; checkpoints are not."""


class PoolRecord(BaseModel):
    """What challenger and champion scored on the pool, by case, at the end of the training."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    challenger: Mapping[str, CaseMetrics] = Field(default_factory=dict)
    champion: Mapping[str, CaseMetrics] = Field(default_factory=dict)
    champion_number: int = 0
    champion_sha256: str = Field("", description="Of its weights; empty in older records.")


class TrainingRecord(BaseModel):
    """The part of ``record.json`` that promotion needs; the recipe writes what else is worth knowing beside it."""

    model_config = ConfigDict(frozen=True, extra="allow")

    model: str = Field("", description="Name in the registry of models; empty in older records.")
    parent: int = Field(UNNUMBERED, description="Version that the training started from; -1 is from scratch.")
    start: Mapping[str, Any] | None = Field(None, description="Its `ModelVersion`; None from scratch.")
    livercad: str = Field("", description="Version of this software that has trained; empty in older records.")
    code: str = Field("", description="Hash of what its code did then; likewise.")
    pool: PoolRecord = PoolRecord()
    labels: Mapping[str, Any] = Field(default_factory=dict, description="Label version and side of every case.")

    def sides(self) -> dict[str, int]:
        """How many cases were on each side of the pool."""
        sides = [str(label["side"]) for label in self.labels.values() if isinstance(label, dict) and "side" in label]
        return {side: sides.count(side) for side in sorted(set(sides))}


def read_record(path: Path) -> TrainingRecord:
    """Read a training's record.

    Parameters
    ----------
    path : Path
        ``record.json``.

    Returns
    -------
    TrainingRecord
        All of it.

    Raises
    ------
    ModelError
        If it is not there, or none.
    """
    try:
        return TrainingRecord.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise ModelError(
            path,
            found=f"no record of a training ({str(error).splitlines()[0]})",
            expected="what `livercad train` writes when it has ended",
            todo="Run the training to its end; the same command goes on where it was.",
        ) from error
