"""Loading an installed model into its network."""

from __future__ import annotations

from safetensors.torch import load_file

from livercad.models.install import installed_weights
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
