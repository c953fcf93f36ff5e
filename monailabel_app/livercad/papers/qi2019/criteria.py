"""Equation 6, and the area under the curve, with what they are in draws of patients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from livercad.evaluation.intervals import RESAMPLES, drawn_patients

THRESHOLD = 0.5
"""Probability from which the answer is yes: the likelier of two classes."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Counts:
    """Equation 6 of numbers of images, which may be arrays; what is not defined is NaN.

    Parameters
    ----------
    tp, fp, fn, tn : ndarray
        True positives, false positives, false negatives, true negatives.
    """

    tp: Floats
    fp: Floats
    fn: Floats
    tn: Floats

    @classmethod
    def of(cls, truth: npt.NDArray[np.int64], probabilities: Floats, weights: Floats) -> Counts:
        """Count images.

        Parameters
        ----------
        truth : ndarray of int, shape (n,)
            1 for positive.
        probabilities : ndarray, shape (n,)
            Of positive.
        weights : ndarray, shape (..., n)
            How often each image counts.

        Returns
        -------
        Counts
            Of shape (...).
        """
        positive, called = truth == 1, probabilities >= THRESHOLD
        return cls(*(weights @ each.astype(np.float64) for each in (
            positive & called, ~positive & called, positive & ~called, ~positive & ~called
        )))  # fmt: skip

    @property
    def accuracy(self) -> Floats:
        """Share of the right answers."""
        return _share(self.tp + self.tn, self.tp + self.fp + self.fn + self.tn)

    @property
    def sensitivity(self) -> Floats:
        """Share of the positives that are called so."""
        return _share(self.tp, self.tp + self.fn)

    @property
    def specificity(self) -> Floats:
        """Share of the negatives that are called so."""
        return _share(self.tn, self.tn + self.fp)

    @property
    def precision(self) -> Floats:
        """Share of what is called positive that is."""
        return _share(self.tp, self.tp + self.fp)

    def f_beta(self, beta: float) -> Floats:
        """F-β score: the weighted harmonic mean of sensitivity and precision; 0 where nothing is called positive.

        Parameters
        ----------
        beta : float
            Above 1, sensitivity counts more.

        Returns
        -------
        ndarray
            Equation 6 multiplied out: (1 + β²) TP / ((1 + β²) TP + β² FN + FP).
        """
        weighted = (1 + beta**2) * self.tp
        return _share(weighted, weighted + beta**2 * self.fn + self.fp)


def area(truth: npt.NDArray[np.int64], probabilities: Floats, weights: Floats) -> Floats:
    """Area under the receiver operating characteristic curve: the share of pairs in order, ties counted half.

    Parameters
    ----------
    truth, probabilities, weights : ndarray
        As `Counts.of` takes them.

    Returns
    -------
    ndarray, shape (...)
        NaN without positives or without negatives.
    """
    positive = truth == 1
    above = probabilities[positive][:, None] - probabilities[~positive][None, :]
    order = (np.sign(above) + 1) / 2
    yes, no = weights[..., positive], weights[..., ~positive]
    return _share(((yes @ order) * no).sum(-1), yes.sum(-1) * no.sum(-1))


def draws_of(groups: Sequence[int], seed: int) -> Floats:
    """How often each image counts when patients are drawn with replacement.

    Parameters
    ----------
    groups : sequence of int
        Patient of each image.
    seed : int
        Of the draws.

    Returns
    -------
    ndarray, shape (RESAMPLES, images)
        Whole numbers.
    """
    _, numbers = np.unique(groups, return_inverse=True)
    patients = int(numbers.max()) + 1
    drawn = np.zeros((RESAMPLES, patients))
    for row, chosen in zip(drawn, drawn_patients(patients, seed), strict=True):
        row += np.bincount(chosen, minlength=patients)
    return drawn[:, numbers]


def _share(part: Floats, whole: Floats) -> Floats:
    part, whole = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    return np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0)
