"""How unsure the classifier is of a lesion: of its class, and in whether the phases agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from scipy.spatial.distance import jensenshannon

from livercad.classification.calibration import Calibration
from livercad.networks.phase_fusion import PhaseFusionNet


@dataclass(frozen=True)
class ClassDoubt:
    """What speaks against the class that a lesion was given.

    Parameters
    ----------
    margin : float
        Probability of the first class less that of the second, in [0, 1].
    divergence : float
        Mean Jensen-Shannon divergence of each single phase's answer from that of all, in bits, in [0, 1]; 0 where there
        is one phase only.
    features : ndarray of float32, shape (width,)
        What the network made the class from.
    """

    margin: float
    divergence: float
    features: npt.NDArray[np.float32]

    @property
    def value(self) -> float:
        """1 less the margin, which disagreement between phases makes smaller; in [0, 1], 0 is sure."""
        return 1 - self.margin * (1 - self.divergence)


def doubt_of(
    network: PhaseFusionNet, calibration: Calibration, crops: npt.NDArray[np.float32], present: npt.NDArray[np.bool_]
) -> ClassDoubt:
    """Ask the classifier with all phases of a lesion, and with each alone.

    Parameters
    ----------
    network : PhaseFusionNet
        In evaluation mode.
    calibration : Calibration
        Its.
    crops : ndarray of float32, shape (phases, planes, rows, columns)
        Scaled.
    present : ndarray of bool, shape (phases,)
        Which phases there are; at least one.

    Returns
    -------
    ClassDoubt
        Of the lesion.
    """
    alone = [np.arange(len(present)) == phase for phase in np.flatnonzero(present)]
    sets = np.stack([present, *alone])
    with torch.inference_mode():
        maps = network.encode(torch.from_numpy(crops)[None])
        output = network.fuse(maps.expand(len(sets), *maps.shape[1:]), torch.from_numpy(sets))
    logits = output.logits.numpy()
    fused, *single = (calibration.probabilities(logits[n : n + 1], shown)[0] for n, shown in enumerate(sets))
    second, first = np.sort(fused)[-2:]
    return ClassDoubt(
        margin=float(first - second),
        divergence=float(np.mean([divergence_bits(one, fused) for one in single])) if len(single) > 1 else 0.0,
        features=output.features[0].numpy(),
    )


def divergence_bits(one: npt.ArrayLike, other: npt.ArrayLike) -> float:
    """Jensen-Shannon divergence of two distributions, in bits: 0 where they are the same, 1 where nothing is shared."""
    distance = jensenshannon(one, other, base=2)
    # Of equal distributions rounding can make the root of less than nothing.
    return float(np.nan_to_num(distance) ** 2)
