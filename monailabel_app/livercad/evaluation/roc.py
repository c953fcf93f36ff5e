"""Receiver operating characteristic curves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class RocCurve:
    """A curve and the area under it.

    Parameters
    ----------
    false_positive_rate, true_positive_rate : tuple of float
        Points from (0, 0) to (1, 1); the first with no score counted as positive, the next with the highest score, …
    auc : float
        Area under the straight lines between them: the share of pairs of a positive and a negative that the score puts
        in order, ties counted half (the non-parametric estimate of Hanley & McNeil 1982).
    """

    false_positive_rate: tuple[float, ...]
    true_positive_rate: tuple[float, ...]
    auc: float


def roc_curve(positive: npt.ArrayLike, scores: npt.ArrayLike) -> RocCurve:
    """Make the curve of a score.

    Parameters
    ----------
    positive : array_like of bool, shape (n,)
        The truth; both kinds must occur.
    scores : array_like of float, shape (n,)
        Higher means more likely positive. Equal scores are one point.

    Returns
    -------
    RocCurve
        With a point for every score that occurs.

    Raises
    ------
    ValueError
        If all are positive, or none.
    """
    truth, values = np.asarray(positive, dtype=bool), np.asarray(scores, dtype=np.float64)
    if truth.all() or not truth.any():
        raise ValueError("A receiver operating characteristic curve needs positives and negatives.")
    cuts = np.unique(values)[::-1]
    above = values[None, :] >= cuts[:, None]
    sensitivity = [0.0, *(above[:, truth].mean(axis=1).tolist())]
    fall_out = [0.0, *(above[:, ~truth].mean(axis=1).tolist())]
    widths, heights = np.diff(fall_out), np.convolve(sensitivity, [0.5, 0.5], mode="valid")
    return RocCurve(tuple(fall_out), tuple(sensitivity), float(widths @ heights))
