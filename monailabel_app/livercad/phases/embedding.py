"""Where the organ network places a liver among others: what its deepest level sees there."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from livercad.networks.organ_unet import STRIDE, OrganUNet
from livercad.phases.organs import scale_hu


def liver_features(
    network: OrganUNet, image: npt.NDArray[np.float32], liver: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Pool the features of the deepest level over a liver.

    Parameters
    ----------
    network : OrganUNet
        In evaluation mode.
    image : ndarray of float32, shape (i, j, k)
        HU at the network's spacing; sides are multiples of `STRIDE`.
    liver : ndarray of float32, shape (i, j, k)
        Share of each voxel that is liver; not zero everywhere.

    Returns
    -------
    ndarray of float32, shape (channels,)
        Means, each place weighted by its share of liver.
    """
    device = next(network.parameters()).device
    with torch.inference_mode():
        features = torch.from_numpy(scale_hu(image))[None, None].to(device)
        for depth, level in enumerate(network.down):
            features = level(functional.max_pool3d(features, 2) if depth else features)
        weights = functional.avg_pool3d(torch.from_numpy(liver)[None, None].to(device), STRIDE)
        pooled = (features * weights).sum(dim=(2, 3, 4)) / weights.sum()
    return np.asarray(pooled[0].float().cpu().numpy())
