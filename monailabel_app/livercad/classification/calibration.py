"""How sure is sure: temperatures for the logits, and the distance from what was learnt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq, minimize_scalar
from scipy.special import log_softmax, softmax

Array = npt.NDArray[np.float64]

FAR_QUANTILE = 0.99
"""What lies further from the classes than this share of held-out lesions is unlike the training data. Our choice."""
SHRINKAGE = 0.1
"""Share of the mean variance in the covariance, so that it can be inverted however few examples there are."""
COLDEST, HOTTEST = 0.05, 20.0
"""Limits of temperatures. Our choice."""


def all_sets(phases: int) -> list[npt.NDArray[np.bool_]]:
    """Every set of so many phases that is not empty, each of shape (phases,)."""
    return [np.array([bool(n >> bit & 1) for bit in range(phases)]) for n in range(1, 2**phases)]


def place_of(shown: npt.ArrayLike) -> int:
    """Where a set of phases, shape (phases,), stands in `all_sets`."""
    return sum(int(there) << bit for bit, there in enumerate(np.asarray(shown, dtype=bool))) - 1


@dataclass(frozen=True)
class Calibration:
    """What turns logits and features into probabilities and a distance.

    Parameters
    ----------
    temperatures : ndarray, shape (2 ** phases - 1,)
        What divides the logits of a lesion that a set of phases shows (C. Guo et al., "On calibration of modern neural
        networks", ICML 2017, section 4.2; `consistent_temperature`), in the order of `all_sets`: with fewer phases a
        network errs more often, and is not as much less sure, and which phases they are matters too.
    means : ndarray, shape (classes, width)
        Of the features of each class.
    precision : ndarray, shape (width, width)
        Inverse of the covariance that classes share.
    far : float
        Distance beyond which a lesion is unlike the training data.
    """

    temperatures: Array
    means: Array
    precision: Array
    far: float

    def probabilities(self, logits: npt.ArrayLike, shown: npt.ArrayLike) -> Array:
        """Calibrated probabilities, shape (n, classes), of logits of that shape, from the phases `shown`."""
        temperature = self.temperatures[place_of(shown)]
        return np.asarray(softmax(np.asarray(logits, dtype=np.float64) / temperature, axis=1))

    def distances(self, features: npt.ArrayLike) -> Array:
        """Mahalanobis distance to the nearest class, shape (n,), of features of shape (n, width).

        K. Lee et al., "A simple unified framework for detecting out-of-distribution samples and adversarial attacks",
        NeurIPS 2018, section 2.1.
        """
        apart = np.asarray(features, dtype=np.float64)[:, None] - self.means
        squares = np.einsum("ncw,wv,ncv->nc", apart, self.precision, apart)
        return np.asarray(np.sqrt(squares.min(axis=1)))


def calibrate(
    learnt: tuple[npt.ArrayLike, npt.ArrayLike],
    held_out: Sequence[tuple[npt.ArrayLike, npt.ArrayLike]],
    classes: npt.ArrayLike,
) -> Calibration:
    """Fit a calibration.

    Parameters
    ----------
    learnt : tuple of array_like
        Features, shape (n, width), and classes, shape (n,), of the training data.
    held_out : sequence of tuple of array_like
        Logits and features of lesions of patients kept apart, as each of `all_sets` shows them.
    classes : array_like of int, shape (lesions,)
        What these are.

    Returns
    -------
    Calibration
        Temperatures and limit from the held-out patients, means and covariance from the training data.
    """
    features, learnt_classes = np.asarray(learnt[0], dtype=np.float64), np.asarray(learnt[1])
    means = np.stack([features[learnt_classes == n].mean(axis=0) for n in range(int(learnt_classes.max()) + 1)])
    spread = features - means[learnt_classes]
    covariance = spread.T @ spread / len(spread)
    shrunk = (1 - SHRINKAGE) * covariance + SHRINKAGE * np.eye(len(covariance)) * np.trace(covariance) / len(covariance)
    temperatures = [consistent_temperature(logits, classes) for logits, _ in held_out]
    fitted = Calibration(np.array(temperatures), means, np.linalg.inv(shrunk), np.inf)
    distances = np.concatenate([fitted.distances(seen) for _, seen in held_out])
    return replace(fitted, far=float(np.quantile(distances, FAR_QUANTILE)))


def consistent_temperature(logits: npt.ArrayLike, classes: npt.ArrayLike) -> float:
    """The temperature at which labels are as probable, on average, as they are right.

    L. Clarte et al., "Expectation consistency for calibration of neural networks", UAI 2023. On our
    held-out lesions, by sixfold cross-validation over patients, it leaves a smaller calibration error than the
    likeliest temperature (docs/classification.md). Where few lesions are all labelled right, a share of 1 would make
    the classifier as sure as it can be: the share is Jeffreys' estimate, half a lesion of each kind added.

    Parameters
    ----------
    logits : array_like, shape (n, classes)
        Of lesions that were not learnt from.
    classes : array_like of int, shape (n,)
        What they are.

    Returns
    -------
    float
        In [`COLDEST`, `HOTTEST`].
    """
    logits, classes = np.asarray(logits, dtype=np.float64), np.asarray(classes)
    right = ((logits.argmax(axis=1) == classes).sum() + 0.5) / (len(classes) + 1)

    def excess(temperature: float) -> float:
        return float(softmax(logits / temperature, axis=1).max(axis=1).mean()) - right

    if excess(COLDEST) <= 0:
        return COLDEST
    return float(brentq(excess, COLDEST, HOTTEST)) if excess(HOTTEST) < 0 else HOTTEST


def likeliest_temperature(logits: npt.ArrayLike, classes: npt.ArrayLike) -> float:
    """The temperature with the smallest negative log-likelihood (Guo 2017, section 4.2).

    Phases are calibrated by it: their classifier is hardly ever wrong, so that few examples could tell
    `consistent_temperature` how often it is right.

    Parameters
    ----------
    logits : array_like, shape (n, classes)
        Of examples that were not learnt from.
    classes : array_like of int, shape (n,)
        What they are.

    Returns
    -------
    float
        In [`COLDEST`, `HOTTEST`].
    """
    logits, rows = np.asarray(logits, dtype=np.float64), np.arange(len(np.asarray(classes)))

    def loss(log_temperature: float) -> float:
        return -float(log_softmax(logits / np.exp(log_temperature), axis=1)[rows, np.asarray(classes)].mean())

    bounds = (np.log(COLDEST), np.log(HOTTEST))
    return float(np.exp(minimize_scalar(loss, bounds=bounds, method="bounded").x))
