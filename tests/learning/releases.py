"""A small model under a real model's name, and trainings of it that nobody has done."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from fake_models import entry_of, keras_file
from livercad.learning.audit import AuditLog
from livercad.learning.tracking import DATABASE, FOLDER
from livercad.learning.trained import CURVES, PAGE, RECORD, WEIGHTS
from livercad.learning.versions import ModelVersions
from livercad.models import registry
from livercad.models.install import install_all, installed_weights

NAME = "lesions-leuven"
BEFORE = (0.40, 0.50, 0.55, 0.60, 0.70, 0.80)
"""Lesion Dice of the base on the pool."""


def scores(dices: Sequence[float], truth: str = "labels 1") -> dict[str, dict[str, object]]:
    return {
        f"case-{n}": {"patient": f"patient-{n}", "truth": truth, "lesion_dice": dice} for n, dice in enumerate(dices)
    }


def write_training(
    folder: Path,
    seed: int,
    gain: float = 0.05,
    *,
    champion: int = 0,
    before: Sequence[float] = BEFORE,
    name: str = NAME,
    moved: float | None = None,
) -> Path:
    """What a training leaves, whose weights are the base's, moved by the seed or by so much."""
    folder.mkdir(parents=True, exist_ok=True)
    by = seed if moved is None else moved
    tensors = {
        key: tensor + np.asarray(by, tensor.dtype) if tensor.dtype.kind == "f" else tensor
        for key, tensor in load_file(installed_weights(name)).items()
    }
    save_file(tensors, folder / WEIGHTS)
    pool = {
        "challenger": scores([dice + gain for dice in before]),
        "champion": scores(before),
        "champion_number": champion,
    }
    labels = {f"case-{n}": {"number": 1, "side": "validation" if n < len(before) else "training"} for n in range(20)}
    record = {"parent": champion, "seed": seed, "pool": pool, "labels": labels}
    (folder / RECORD).write_text(json.dumps(record))
    (folder / PAGE).write_text("<p>curves</p>")
    (folder / CURVES).write_text("".join(json.dumps({"step": n, "loss": 1 / n}) + "\n" for n in range(1, 4)))
    (folder / "checkpoint.pt").write_bytes(b"large")
    return folder


@dataclass(frozen=True)
class Place:
    folder: Path
    models: Path
    audit: AuditLog
    versions: ModelVersions

    def train(self, seed: int, gain: float = 0.05, **options: object) -> Path:
        return write_training(self.folder / f"training-{seed}", seed, gain, **options)  # type: ignore[arg-type]

    def events(self) -> list[tuple[str, int]]:
        """What the audit log tells, the oldest first."""
        return [(record["event"], record["version"]) for record in reversed(self.audit.read())]


@pytest.fixture
def place(tmp_path: Path, empty_database: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    data = keras_file()
    entries = {NAME: entry_of(NAME, data), "liver-leuven": entry_of("liver-leuven", data)}
    entries |= {"lesion-classes-phantom": entry_of("lesion-classes-phantom", data)}
    monkeypatch.setattr(registry, "load_registry", cache(lambda: entries))
    monkeypatch.setenv("LIVERCAD_MODELS", str(tmp_path / "models"))
    for name in entries:
        (tmp_path / f"{name}.hdf5").write_bytes(data)
    install_all([NAME], tmp_path / f"{NAME}.hdf5")
    (tmp_path / "models" / FOLDER).mkdir()
    shutil.copyfile(empty_database, tmp_path / "models" / FOLDER / DATABASE)
    return Place(tmp_path, tmp_path / "models", AuditLog(tmp_path / "audit"), ModelVersions())
