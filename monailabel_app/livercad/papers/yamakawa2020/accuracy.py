"""Accuracy in cases and in images (section 2.6)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Probabilities = npt.NDArray[np.float64]
Labels = npt.NDArray[np.intp]


class Accuracy(NamedTuple):
    """Both accuracies, in [0, 1]; compared in cases first, then in images, as the paper chooses its networks.

    Parameters
    ----------
    cases, images : float
        Shares of what is called rightly.
    """

    cases: float
    images: float


def case_probabilities(probabilities: Probabilities, cases: Labels) -> tuple[Labels, Probabilities]:
    """Average the probabilities of each case's images.

    Parameters
    ----------
    probabilities : ndarray, shape (images, classes)
        Of each image.
    cases : ndarray of int, shape (images,)
        Which case each is of.

    Returns
    -------
    cases : ndarray of int, shape (cases,)
        Each once, ascending.
    probabilities : ndarray, shape (cases, classes)
        Theirs.
    """
    names, place, counts = np.unique(cases, return_inverse=True, return_counts=True)
    sums = np.zeros((len(names), probabilities.shape[1]))
    np.add.at(sums, place, probabilities)
    return names, sums / counts[:, None]


def accuracy_of(probabilities: Probabilities, cases: Labels, truth: Labels) -> Accuracy:
    """Compare the likeliest types with the true ones.

    Parameters
    ----------
    probabilities : ndarray, shape (images, classes)
        Of each image.
    cases : ndarray of int, shape (images,)
        Which case each is of.
    truth : ndarray of int, shape (images,)
        Its type; the same for all images of a case.

    Returns
    -------
    Accuracy
        In cases and in images.
    """
    names, averages = case_probabilities(probabilities, cases)
    first = np.array([np.flatnonzero(cases == name)[0] for name in names])
    return Accuracy(
        float((averages.argmax(1) == truth[first]).mean()), float((probabilities.argmax(1) == truth).mean())
    )
