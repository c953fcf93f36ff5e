"""How good class probabilities are: accuracy, area under the curve, calibration; intervals by patient."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

from livercad.evaluation.intervals import Estimate, resampled

Array = npt.NDArray[np.floating[Any]]
Index = npt.NDArray[np.int64]

BINS = 10
"""Of confidence, equally wide (C. Guo et al., ICML 2017, section 2, with M = 10)."""


@dataclass(frozen=True)
class Bin:
    """One bin of a reliability diagram.

    Parameters
    ----------
    confidence, accuracy : float
        Mean probability of the label, and share of right labels.
    n : int
        How many lesions.
    """

    confidence: float
    accuracy: float
    n: int


def accuracy(probabilities: Array, classes: Index) -> float:
    """Share of lesions whose most probable class is the true one."""
    return float((probabilities.argmax(axis=1) == classes).mean())


def macro_auc(probabilities: Array, classes: Index) -> float:
    """Area under the ROC curve of each class against the others, averaged over the classes that occur."""
    there = [n for n in range(probabilities.shape[1]) if 0 < (classes == n).sum() < len(classes)]
    return float(np.mean([roc_auc_score(classes == n, probabilities[:, n]) for n in there]))


def reliability(probabilities: Array, classes: Index) -> tuple[Bin, ...]:
    """Confidence and accuracy in `BINS` bins of confidence; empty bins are left out."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == classes
    which = np.minimum((confidence * BINS).astype(int), BINS - 1)
    there = np.unique(which)
    return tuple(
        Bin(float(confidence[which == n].mean()), float(right[which == n].mean()), int((which == n).sum()))
        for n in there
    )


def expected_calibration_error(probabilities: Array, classes: Index) -> float:
    """Mean distance of confidence and accuracy over bins, each weighted by its lesions (Guo 2017, equation 3)."""
    return sum(one.n * abs(one.confidence - one.accuracy) for one in reliability(probabilities, classes)) / len(classes)


def with_interval(
    measure: Callable[[Array, Index], float],
    probabilities: Array,
    classes: Index,
    patients: Index,
    confidence: float = 0.95,
    seed: int = 0,
) -> Estimate:
    """A measure with its percentile bootstrap interval; patients are drawn, since their lesions are alike.

    Parameters
    ----------
    measure : callable
        Takes probabilities, shape (n, classes), and classes, shape (n,).
    probabilities : ndarray, shape (n, classes)
        Of every lesion.
    classes : ndarray of int, shape (n,)
        What each is.
    patients : ndarray of int, shape (n,)
        Whose it is.
    confidence : float, default 0.95
        Level of the interval.
    seed : int, default 0
        Of the resampling.

    Returns
    -------
    Estimate
        `n` counts lesions.
    """
    drawn = resampled(lambda rows: measure(probabilities[rows], classes[rows]), patients, seed)
    low, high = np.quantile(drawn, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Estimate(measure(probabilities, classes), float(low), float(high), len(classes))
