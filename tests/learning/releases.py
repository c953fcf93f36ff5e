"""A small model under a real model's name, and trainings of it that nobody has done."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from livercad.learning.trained import CURVES, PAGE, RECORD, WEIGHTS
from livercad.models.install import installed_weights

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
) -> Path:
    """What a training leaves, whose weights are the base's, moved by the seed."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {key: tensor + np.float32(seed) for key, tensor in load_file(installed_weights(name)).items()}
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
