"""Loading a version of a model into its network."""

from __future__ import annotations

from safetensors.torch import load_file

from livercad.models.version import ModelVersion
from livercad.networks.leuven_unet import LeuvenUNet


def load_weights(network: LeuvenUNet, weights: ModelVersion) -> LeuvenUNet:
    """Fill a network with the weights of a version.

    Parameters
    ----------
    network : LeuvenUNet
        Filled in place.
    weights : ModelVersion
        Of the model that the network is of.

    Returns
    -------
    LeuvenUNet
        The same network.
    """
    network.load_numbered(load_file(weights.path))
    return network
