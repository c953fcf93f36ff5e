"""The weights of a Leuven network by the names that its files have."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from torch import nn

from livercad.networks.leuven_unet import LeuvenUNet


def numbered(network: LeuvenUNet) -> dict[str, npt.NDArray[np.float32]]:
    """Name the weights of a network as `LeuvenUNet.load_numbered` takes them.

    Parameters
    ----------
    network : LeuvenUNet
        On the CPU or not.

    Returns
    -------
    dict of str to ndarray of float32
        ``convolutions.<n>.weight`` and ``convolutions.<n>.bias``.
    """
    tensors = {}
    convolutions = [module for module in network.modules() if isinstance(module, nn.Conv3d)]
    for number, convolution in enumerate(convolutions):
        for name, tensor in convolution.named_parameters():
            tensors[f"convolutions.{number}.{name}"] = tensor.detach().float().cpu().numpy()
    return tensors
