"""How unsure a model is, from its probabilities alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]
TINY = 1e-9


def entropy(probabilities: Array) -> Array:
    """Entropy of classes (last axis) as a share of the largest there can be: in [0, 1]."""
    p = np.clip(probabilities, TINY, 1)
    return np.asarray(-(p * np.log(p)).sum(axis=-1) / np.log(p.shape[-1]))


def margin(probabilities: Array) -> Array:
    """Probability of the likeliest class (last axis) less that of the second: in [0, 1], 0 where they are alike."""
    two = np.sort(probabilities, axis=-1)[..., -2:]
    return np.asarray(two[..., 1] - two[..., 0])
