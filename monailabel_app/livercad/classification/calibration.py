"""How sure is sure: a temperature for the logits, and the distance from what was learnt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

Array = npt.NDArray[np.float64]

FAR_QUANTILE = 0.99
"""What lies further from the classes than this share of held-out lesions is unlike the training data. Our choice."""
SHRINKAGE = 0.1
"""Share of the mean variance in the covariance, so that it can be inverted however few examples there are."""


@dataclass(frozen=True)
class Calibration:
    """What turns logits and features into probabilities and a distance.

    Parameters
    ----------
    temperature : float
        Divides the logits (C. Guo et al., "On calibration of modern neural networks", ICML 2017, section 4.2).
    means : ndarray, shape (classes, width)
        Of the features of each class.
    precision : ndarray, shape (width, width)
        Inverse of the covariance that classes share.
    far : float
        Distance beyond which a lesion is unlike the training data.
    """

    temperature: float
    means: Array
    precision: Array
    far: float

    def probabilities(self, logits: npt.ArrayLike) -> Array:
        """Calibrated probabilities, shape (n, classes), of logits of that shape."""
        return np.asarray(softmax(np.asarray(logits, dtype=np.float64) / self.temperature, axis=1))

    def distances(self, features: npt.ArrayLike) -> Array:
        """Mahalanobis distance to the nearest class, shape (n,), of features of shape (n, width).

        K. Lee et al., "A simple unified framework for detecting out-of-distribution samples and adversarial attacks",
        NeurIPS 2018, section 2.1.
        """
        apart = np.asarray(features, dtype=np.float64)[:, None] - self.means
        squares = np.einsum("ncw,wv,ncv->nc", apart, self.precision, apart)
        return np.asarray(np.sqrt(squares.min(axis=1)))


def calibrate(
    learnt: tuple[npt.ArrayLike, npt.ArrayLike], held_out: tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike]
) -> Calibration:
    """Fit a calibration.

    Parameters
    ----------
    learnt : tuple of array_like
        Features, shape (n, width), and classes, shape (n,), of the training data.
    held_out : tuple of array_like
        Features, logits and classes of patients kept apart.

    Returns
    -------
    Calibration
        Temperature and limit from the held-out patients, means and covariance from the training data.
    """
    features, classes = np.asarray(learnt[0], dtype=np.float64), np.asarray(learnt[1])
    means = np.stack([features[classes == n].mean(axis=0) for n in range(int(classes.max()) + 1)])
    spread = features - means[classes]
    covariance = spread.T @ spread / len(spread)
    shrunk = (1 - SHRINKAGE) * covariance + SHRINKAGE * np.eye(len(covariance)) * np.trace(covariance) / len(covariance)
    fitted = Calibration(temperature_of(held_out[1], held_out[2]), means, np.linalg.inv(shrunk), np.inf)
    far = float(np.quantile(fitted.distances(held_out[0]), FAR_QUANTILE))
    return Calibration(fitted.temperature, means, fitted.precision, far)


def temperature_of(logits: npt.ArrayLike, classes: npt.ArrayLike) -> float:
    """The temperature with the smallest negative log-likelihood.

    Parameters
    ----------
    logits : array_like, shape (n, classes)
        Of lesions that were not learnt from.
    classes : array_like of int, shape (n,)
        What they are.

    Returns
    -------
    float
        In [0.05, 20].
    """
    logits, rows = np.asarray(logits, dtype=np.float64), np.arange(len(np.asarray(classes)))

    def loss(log_temperature: float) -> float:
        return -float(log_softmax(logits / np.exp(log_temperature), axis=1)[rows, np.asarray(classes)].mean())

    return float(np.exp(minimize_scalar(loss, bounds=(np.log(0.05), np.log(20)), method="bounded").x))
