"""Weights of our own: from a training recipe to a file, and from there into the package."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save

from livercad.errors import ModelError
from livercad.models import registry
from livercad.models.convert import content_sha256
from livercad.models.registry import ShippedModel
from livercad.studies.atomic import write_bytes, write_text

RECORDED_PACKAGES = ("torch", "monai", "numpy", "scipy", "scikit-learn")


@dataclass(frozen=True)
class Trained:
    """What a training recipe gives.

    Parameters
    ----------
    name : str
        As in the registry.
    tensors : dict of str to ndarray
        The weights.
    record : dict
        How they were made and what they scored: seeds, hash of the training data, numbers; ready for JSON.
    """

    name: str
    tensors: dict[str, npt.NDArray[np.generic]]
    record: dict[str, Any]


def write_trained(trained: Trained, folder: Path) -> Path:
    """Write weights, with their record as metadata and as a JSON file beside them.

    Parameters
    ----------
    trained : Trained
        From a recipe.
    folder : Path
        Made if it is not there.

    Returns
    -------
    Path
        ``<folder>/<name>.safetensors``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    record = trained.record | {"packages": {package: version(package) for package in RECORDED_PACKAGES}}
    text = json.dumps(record, indent=2, ensure_ascii=False)
    path = folder / f"{trained.name}.safetensors"
    write_bytes(path, weights_file(Trained(trained.name, trained.tensors, record)))
    write_text(path.with_suffix(".json"), text + "\n")
    return path


def weights_file(trained: Trained) -> bytes:
    """The content of a safetensors file with weights, and their record as metadata."""
    # safetensors writes an array's memory as it lies: a view such as a transposed one would come back in another order.
    tensors = {name: np.ascontiguousarray(tensor) for name, tensor in trained.tensors.items()}
    return save(tensors, {"name": trained.name, "record": json.dumps(trained.record)})


def ship(trained: Trained) -> Path:
    """Put weights into the package and their hash into the registry, whose entry has to be there.

    Parameters
    ----------
    trained : Trained
        From a recipe.

    Returns
    -------
    Path
        The file in the package.

    Raises
    ------
    ModelError
        If the registry has no shipped model of this name.
    """
    entry = registry.find(trained.name)
    if not isinstance(entry, ShippedModel):
        raise ModelError(
            trained.name,
            found="a model that others published",
            expected="a shipped one (with `file` and `made_by` in registry.json)",
            todo="See docs/models.md.",
        )
    path = write_trained(trained, entry.path.parent)
    rows = json.loads(registry.REGISTRY.read_text(encoding="utf-8"))
    for row in rows:
        if row["name"] == trained.name:
            count = sum(tensor.size for tensor in trained.tensors.values())
            row["weights"] = {"sha256": content_sha256(trained.tensors), "parameters": count}
    write_text(registry.REGISTRY, json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
    registry.load_registry.cache_clear()
    return path
