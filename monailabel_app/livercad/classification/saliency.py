"""Where in each phase the classifier found what it says."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from livercad.core.crops import PIXELS
from livercad.networks.phase_fusion import FusedOutput, PhaseFusionNet


def classify_and_explain(
    network: PhaseFusionNet, crops: Tensor, present: Tensor
) -> tuple[FusedOutput, npt.NDArray[np.float32]]:
    """Run the network, and map what spoke for its choice.

    Parameters
    ----------
    network : PhaseFusionNet
        In evaluation mode.
    crops : Tensor, shape (batch, phases, planes, rows, columns)
        Scaled.
    present : Tensor of bool, shape (batch, phases)
        Which phases there are.

    Returns
    -------
    output : FusedOutput
        Without gradients.
    saliency : ndarray, shape (batch, phases, PIXELS, PIXELS)
        Class activation map of the chosen class by gradients (R. R. Selvaraju et al., "Grad-CAM", ICCV 2017, equations
        1 and 2), in [0, 1]: 1 is the strongest place of all phases of a lesion, so that phases compare.
    """
    with torch.no_grad():
        maps = network.encode(crops)
    maps.requires_grad_()
    with torch.enable_grad():
        output = network.fuse(maps, present)
        chosen = output.logits.max(dim=1).values.sum()
        (gradient,) = torch.autograd.grad(chosen, maps)
    weights = gradient.mean(dim=(3, 4), keepdim=True)
    activation = (weights * maps.detach()).sum(dim=2).clamp(min=0) * present[..., None, None]
    wide = functional.interpolate(activation, size=(PIXELS, PIXELS), mode="bilinear", align_corners=False)
    saliency = wide / wide.amax(dim=(1, 2, 3), keepdim=True).clamp(min=1e-9)
    return FusedOutput(*(part.detach() for part in output)), saliency.numpy()
