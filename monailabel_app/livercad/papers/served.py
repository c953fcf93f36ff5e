"""Trained networks of papers as files that can be served: weights, and a description that names their hash."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load
from torch import nn

from livercad.core.findings import DISCLAIMER, ModelUsed
from livercad.errors import ModelError
from livercad.studies.atomic import write_bytes, write_text

VERSION_DIGITS = 12
"""Of the weights' SHA-256, which are the model's version."""


class ServedModel(BaseModel):
    """What stands beside the weights of any paper's network; each paper adds its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    version: str
    disclaimer: str = DISCLAIMER
    method: str
    """The paper."""
    trained_on: str
    learnt_from_phantoms: bool = False
    """Whether from phantoms alone; False where nobody tells."""
    weights_sha256: str

    @property
    def used(self) -> ModelUsed:
        """Which model this is, for the Findings."""
        return ModelUsed(self.name, self.version, self.weights_sha256, "torch")


Description = TypeVar("Description", bound=ServedModel)
Network = TypeVar("Network", bound=nn.Module)


class ModelFiles(NamedTuple):
    """Where a reproduction leaves its network, in the folder ``model`` of its output.

    Parameters
    ----------
    paper : str
        As ``livercad reproduce`` calls it.
    weights, description : str
        Names of the files: safetensors, and JSON.
    """

    paper: str
    weights: str
    description: str

    @property
    def shipped(self) -> str:
        """Name in the registry of the networks that come with LiverCAD, where some do."""
        return f"{self.paper}-phantom"

    def write(self, folder: Path, data: bytes, description: ServedModel) -> None:
        """Write both, the description last.

        Parameters
        ----------
        folder : Path
            Made if it is not there.
        data : bytes
            Of the weights' file.
        description : ServedModel
            With their hash.
        """
        write_bytes(folder / self.weights, data)
        write_text(folder / self.description, description.model_dump_json(indent=1))

    def read(self, folder: Path, kind: type[Description]) -> tuple[Description, bytes]:
        """Read both.

        Parameters
        ----------
        folder : Path
            As `write` left it.
        kind : type
            Of the description.

        Returns
        -------
        description : ServedModel
            Of that kind.
        data : bytes
            The weights that it describes.

        Raises
        ------
        ModelError
            If a file is missing, or damaged.
        """
        try:
            description = kind.model_validate_json((folder / self.description).read_text(encoding="utf-8"))
            data = (folder / self.weights).read_bytes()
        except (OSError, ValidationError, UnicodeDecodeError) as error:
            raise self._unusable(folder, "no model that can be read") from error
        if hashlib.sha256(data).hexdigest() != description.weights_sha256:
            raise self._unusable(folder, "weights that are not those of its description")
        return description, data

    def fill(self, network: Network, data: bytes, folder: Path) -> Network:
        """Give a network the weights that were read; ModelError where they are another's.

        Parameters
        ----------
        network : Module
            As the description has it.
        data : bytes
            From `read`.
        folder : Path
            Where they are from, for the message.

        Returns
        -------
        Module
            The same, ready to answer.
        """
        try:
            network.load_state_dict(load(data))
        except (SafetensorError, RuntimeError) as error:
            raise self._unusable(folder, "weights of another network") from error
        return network.eval()

    def _unusable(self, folder: Path, found: str) -> ModelError:
        return ModelError(
            folder,
            found=found,
            expected=f"{self.weights} and {self.description} as `livercad reproduce {self.paper}` writes them",
            todo="Run it, and name the folder `model` of its output.",
        )


def sha256_and_version(data: bytes) -> tuple[str, str]:
    """Hash of weights, and the version that it gives them."""
    digest = hashlib.sha256(data).hexdigest()
    return digest, digest[:VERSION_DIGITS]
