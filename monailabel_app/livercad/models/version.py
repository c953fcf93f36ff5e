"""One version of a model: its number, its weights, and what Findings call it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file

from livercad.core.findings import ModelUsed
from livercad.errors import ModelError
from livercad.models.convert import content_sha256
from livercad.models.install import installed_weights, weights_path
from livercad.models.registry import find

BASE = 0
"""Number of the published or shipped weights; trained versions count from 1."""
UNNUMBERED = -1
"""Number of weights that are no version yet."""


@dataclass(frozen=True)
class ModelVersion:
    """One version of a model, its weights checked.

    Parameters
    ----------
    name : str
        As in the registry of models.
    number : int
        `BASE`, or that of a trained version.
    version : str
        What Findings call it: the registry's version, with ``+N`` for the version N that was trained from it.
    path : Path
        A safetensors file with the tensors of the base's.
    sha256 : str
        Of the tensors (`livercad.models.convert.content_sha256`).
    """

    name: str
    number: int
    version: str
    path: Path
    sha256: str

    def used(self, runtime: str) -> ModelUsed:
        """Say for the Findings that it took part, and what ran it, for example ``openvino bf16``."""
        return ModelUsed(name=self.name, version=self.version, sha256=self.sha256, runtime=runtime)


def version_text(name: str, number: int) -> str:
    """What people and Findings call a version: ``2022.02.07`` the base, ``2022.02.07+3`` what was trained third."""
    published = find(name).version
    return published if number == BASE else f"{published}+{number}"


def base(name: str) -> ModelVersion:
    """The published or shipped weights of a model, checked.

    Parameters
    ----------
    name : str
        As in the registry.

    Returns
    -------
    ModelVersion
        Number `BASE`.

    Raises
    ------
    ModelError
        If they are missing or damaged.
    """
    return ModelVersion(name, BASE, version_text(name, BASE), installed_weights(name), find(name).weights.sha256)


def challenger(name: str, path: Path) -> ModelVersion:
    """Weights that are no version yet, to try them where the champion's go.

    Parameters
    ----------
    name : str
        Whose weights they are to be, as in the registry.
    path : Path
        A safetensors file.

    Returns
    -------
    ModelVersion
        Number `UNNUMBERED`, version ``challenger``.

    Raises
    ------
    ModelError
        If they cannot be this model's weights: of another size, or not finite.
    """
    return ModelVersion(name, UNNUMBERED, "challenger", path, check_weights(name, path))


def check_weights(name: str, path: Path) -> str:
    """Check that a file can be a model's weights.

    Parameters
    ----------
    name : str
        The model, as in the registry.
    path : Path
        A safetensors file.

    Returns
    -------
    str
        SHA-256 of its tensors.

    Raises
    ------
    ModelError
        If it cannot be read, has other tensors than the base (where that is installed) or not as many parameters, or
        any that is not finite.
    """
    wanted = find(name).weights.parameters
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError) as error:
        raise _no_weights(name, path, f"no safetensors file that can be read ({error})") from error
    count = sum(tensor.size for tensor in tensors.values())
    if count != wanted:
        raise _no_weights(name, path, f"{count:,} parameters in place of {wanted:,}")
    others = _shapes_of_base(name)
    if others is not None and {key: tensor.shape for key, tensor in tensors.items()} != others:
        raise _no_weights(name, path, "other tensors than the base has")
    broken = sorted(key for key, tensor in tensors.items() if not np.isfinite(tensor).all())
    if broken:
        raise _no_weights(name, path, f"values that are not finite in {', '.join(broken)}")
    return content_sha256(tensors)


def _shapes_of_base(name: str) -> dict[str, tuple[int, ...]] | None:
    path = weights_path(find(name))
    if not path.is_file():
        return None
    try:
        with safe_open(path, "numpy") as file:
            return {key: tuple(file.get_slice(key).get_shape()) for key in file.keys()}  # noqa: SIM118, it is no dict
    except (SafetensorError, OSError):  # the base tells it when it is to be used
        return None


def _no_weights(name: str, path: Path, found: str) -> ModelError:
    return ModelError(path, found=found, expected=f"weights of {name}", todo="Train it again.")
