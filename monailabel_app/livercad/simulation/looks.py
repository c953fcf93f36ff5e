"""How unsure a model is, from its probabilities alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]
TINY = 1e-9


def entropy(probabilities: Array, axis: int = -1) -> Array:
    """Entropy over an axis of probabilities, as a share of the largest there can be: in [0, 1]."""
    p = np.clip(probabilities, TINY, 1)
    return np.asarray(-(p * np.log(p)).sum(axis=axis) / np.log(p.shape[axis]))


def narrowness(probabilities: Array) -> Array:
    """One minus the margin between the two likeliest classes (last axis): in [0, 1], 1 where they are alike."""
    two = np.sort(probabilities, axis=-1)[..., -2:]
    return np.asarray(1 - (two[..., 1] - two[..., 0]))


def disagreement(answers: Array) -> Array:
    """Jensen-Shannon divergence of several answers as a share of the largest there can be.

    Parameters
    ----------
    answers : ndarray, shape (answers, n, classes)
        Probabilities, such as those from each phase alone.

    Returns
    -------
    ndarray, shape (n,)
        0 where all say the same, 1 where each is sure of another class (with as many answers as classes or more).
    """
    return np.maximum(entropy(answers.mean(axis=0)) - entropy(answers).mean(axis=0), 0)
