"""Loading an installed model into its network."""

from __future__ import annotations

from safetensors.torch import load_file

from livercad.core.findings import ModelUsed
from livercad.models.install import installed_weights
from livercad.models.registry import find
from livercad.networks.leuven_unet import LeuvenUNet


def load_weights(network: LeuvenUNet, name: str) -> LeuvenUNet:
    """Fill a network with the weights of an installed model.

    Parameters
    ----------
    network : LeuvenUNet
        Filled in place.
    name : str
        As in the registry of models.

    Returns
    -------
    LeuvenUNet
        The same network.

    Raises
    ------
    ModelError
        If the model is not installed or its weights are damaged.
    """
    network.load_numbered(load_file(installed_weights(name)))
    return network


def model_used(name: str, runtime: str) -> ModelUsed:
    """Say which model took part, and what ran it, for the Findings."""
    entry = find(name)
    return ModelUsed(name=name, version=entry.version, sha256=entry.weights.sha256, runtime=runtime)
