"""Temperature scaling and how well probabilities hold."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar

from livercad.phases.classifier import softmax

Array = npt.NDArray[np.float64]
Classes = npt.NDArray[np.int64]

BINS = 10


def fit_temperature(scores: Array, classes: Classes) -> float:
    """The temperature with the highest likelihood (C. Guo et al., ICML 2017).

    Parameters
    ----------
    scores : ndarray, shape (n, classes)
        Of examples that the scores were not fitted on.
    classes : ndarray of int, shape (n,)
        Their true classes.

    Returns
    -------
    float
        What to divide scores by, between 0.2 and 10.
    """
    rows = np.arange(len(classes))

    def loss(log_temperature: float) -> float:
        probability = softmax(scores / np.exp(log_temperature))[rows, classes]
        return -float(np.log(np.maximum(probability, 1e-12)).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(np.log(0.2), np.log(10)), method="bounded").x))


def expected_calibration_error(probabilities: Array, classes: Classes) -> float:
    """Mean distance of confidence and accuracy over ten bins of confidence, weighted by how many fall in each."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == classes
    where = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = [abs(confidence[where == b].mean() - right[where == b].mean()) * (where == b).mean() for b in set(where)]
    return float(sum(gaps))
