"""Where a backbone's weights come from."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import nn

from livercad.errors import ModelError
from livercad.models.install import installed_weights
from livercad.networks.base_weights import TORCHVISION, load_base
from livercad.networks.planar_features import ResNet50Features
from livercad.ultrasound.backbone import Backbone, new_backbone
from livercad.ultrasound.load import SHIPPED
from livercad.ultrasound.predictor import BACKBONE_PREFIX, read_model

RESNET = "resnet50"
"""At torchvision."""
STRIDE, FIRST = "stride", "first"
"""In a file's metadata where its network halves the resolution as Keras does."""
RECORD = "record"
"""In the metadata of a model that ``livercad train ultrasound`` wrote."""


class BackboneSource(StrEnum):
    """What may be named instead of a file."""

    PHANTOM = "phantom"
    """The small network that comes with LiverCAD."""
    TORCHVISION = TORCHVISION
    """ResNet50 of ImageNet, fetched over the internet."""


def load_backbone(weights: str) -> tuple[Backbone, nn.Module, str]:
    """Make a backbone with weights.

    Parameters
    ----------
    weights : str
        A `BackboneSource`; or a safetensors file: a model that ``livercad train ultrasound`` wrote, or a ResNet50 with
        torchvision's names, whose metadata say ``stride: first`` where it is built as Keras does.

    Returns
    -------
    kind : Backbone
        Which.
    network : Module
        With the weights.
    origin : str
        In words.

    Raises
    ------
    ModelError
        If there are no such weights.
    """
    if weights == BackboneSource.TORCHVISION:
        network = ResNet50Features()
        load_base(network.network, RESNET, weights)
        return Backbone.RESNET50, network, "features of torchvision's ResNet50 of ImageNet"
    path = installed_weights(SHIPPED) if weights == BackboneSource.PHANTOM else Path(weights)
    told = _metadata(path)
    if RECORD in told:
        return _of_model(path)
    network = ResNet50Features(stride_first=told.get(STRIDE) == FIRST)
    load_base(network.network, RESNET, weights)
    kind = Backbone.RESNET50_STRIDE_FIRST if told.get(STRIDE) == FIRST else Backbone.RESNET50
    return (
        kind,
        network,
        f"features of a ResNet50 from {path.name} (SHA-256 {hashlib.sha256(path.read_bytes()).hexdigest()[:12]})",
    )


def _of_model(path: Path) -> tuple[Backbone, nn.Module, str]:
    description, tensors = read_model(path)
    network = new_backbone(description.backbone)
    own = {
        name.removeprefix(BACKBONE_PREFIX): torch.from_numpy(tensor)
        for name, tensor in tensors.items()
        if name.startswith(BACKBONE_PREFIX)
    }
    network.load_state_dict(own)
    return description.backbone, network, f"features of {description.name} ({description.trained_on})"


def _metadata(path: Path) -> dict[str, str]:
    try:
        with safe_open(path, "numpy") as file:
            return dict(file.metadata() or {})
    except (OSError, SafetensorError) as error:
        raise _unusable(str(path), f"no weights that can be read ({str(error).splitlines()[0]})") from error


def _unusable(what: str, found: str) -> ModelError:
    names = " or ".join(f"'{source}'" for source in BackboneSource)
    return ModelError(
        what,
        found=found,
        expected=f"{names}, or a safetensors file of a ResNet50 with torchvision's names",
        todo="Name a file of such weights.",
    )
