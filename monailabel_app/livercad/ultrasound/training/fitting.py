"""Logistic regression on the features of each view, its strength and temperature chosen on held-out patients."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import log_softmax
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold

from livercad.classification.calibration import likeliest_temperature
from livercad.ultrasound.head import Head
from livercad.ultrasound.views import View

STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)
"""Inverse strengths of the L2 penalty that are tried. Our choice."""
INNER_FOLDS = 4
"""By which they are judged, within the patients that are learnt from; fewer where these are too few. Our choice."""
FEWEST = 4
"""Patients that each class needs, lest one is left to learn from, and nothing to choose on."""
ITERATIONS = 300
SUREST = 1.0
"""Lowest temperature. Where few patients are all told rightly, the likeliest one would make a model certain."""
ABSENT = -10.0
"""Logit of a class that a fold has nobody of to learn from: hardly ever."""

Array = npt.NDArray[np.float32]
Logits = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Fitted:
    """A head and how it was chosen.

    Parameters
    ----------
    head : Head
        Ready to answer.
    strength : float
        One of `STRENGTHS`.
    loss : float
        Negative log-likelihood on held-out patients.
    """

    head: Head
    strength: float
    loss: float


@dataclass(frozen=True)
class _Rotated:
    """Standardised features in their own span: fewer numbers, and a penalty on the length of weights is the same.

    Parameters
    ----------
    places : ndarray of float64, shape (n, rank)
        Of the examples.
    mean, scale : ndarray, shape (features,)
        Of the features.
    axes : ndarray, shape (rank, features)
        Orthonormal.
    """

    places: Logits
    mean: Logits
    scale: Logits
    axes: Logits


def divided(labels: Index, groups: Index, folds: int, seed: int) -> Iterator[tuple[Index, Index]]:
    """Divide examples by group, with about as many of each class everywhere.

    Parameters
    ----------
    labels, groups : ndarray of int, shape (n,)
        Class of each, and what no split may part.
    folds : int
        How many; no more than there are groups, or examples of the most frequent class.
    seed : int
        Of the division.

    Yields
    ------
    training, test : ndarray of int
        Places; each example is tested once.
    """
    most = min(int(np.bincount(labels).max()), len(np.unique(groups)))
    splitter = StratifiedGroupKFold(min(folds, most), shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # some folds may test nobody of a rare class
        parts = list(splitter.split(np.zeros(len(labels)), labels, groups))
    for training, test in parts:
        yield np.asarray(training), np.asarray(test)


def fit_likeliest(
    features: Sequence[Array],
    labels: Index,
    groups: Index,
    classes: tuple[str, ...],
    views: tuple[View, ...],
    seed: int,
) -> Fitted:
    """Learn to answer a question by the views of one pooling: that with the smallest loss.

    Parameters
    ----------
    features, labels, groups, classes, views, seed
        As for `fit`; views of one pooling or of several.

    Returns
    -------
    Fitted
        Its head's views are those of the pooling that was chosen, in their order. The loss is that of held-out patients
        among those given, so that no tested patient takes part in the choice.
    """
    tried = []
    for pooling in dict.fromkeys(view.pooling for view in views):
        own = [n for n, view in enumerate(views) if view.pooling is pooling]
        tried.append(fit([features[n] for n in own], labels, groups, classes, tuple(views[n] for n in own), seed))
    return min(tried, key=lambda fitted: fitted.loss)


def fit(
    features: Sequence[Array],
    labels: Index,
    groups: Index,
    classes: tuple[str, ...],
    views: tuple[View, ...],
    seed: int,
) -> Fitted:
    """Learn to answer a question.

    Parameters
    ----------
    features : sequence of ndarray, shape (n, features)
        Of each view.
    labels, groups : ndarray of int, shape (n,)
        Class of each example, and what no split may part.
    classes : tuple of str
        Names.
    views : tuple of View
        What the features are of.
    seed : int
        Of the inner division.

    Returns
    -------
    Fitted
        Of the strength that has the smallest negative log-likelihood on held-out patients, at the temperature that
        makes it smallest.
    """
    rotated = [_rotate(each) for each in features]
    tried = []
    for strength in STRENGTHS:
        held_out = np.zeros((len(labels), len(classes)))
        for training, test in divided(labels, groups, INNER_FOLDS, seed):
            for each in rotated:
                weights, bias = _regression(each.places[training], labels[training], len(classes), strength)
                held_out[test] += (each.places[test] @ weights.T + bias) / len(rotated)
        temperature = max(likeliest_temperature(held_out, labels), SUREST)
        loss = -float(log_softmax(held_out / temperature, axis=1)[np.arange(len(labels)), labels].mean())
        tried.append((loss, strength, temperature))
    loss, strength, temperature = min(tried)
    weights_of, biases = [], []
    for each in rotated:
        weights, bias = _regression(each.places, labels, len(classes), strength)
        own = weights @ each.axes / each.scale
        weights_of.append(own)
        biases.append(bias - own @ each.mean)
    head = Head(classes, views, np.array(weights_of, np.float32), np.array(biases, np.float32), temperature)
    return Fitted(head, strength, loss)


def _rotate(features: Array) -> _Rotated:
    mean, scale = features.mean(axis=0, dtype=np.float64), features.std(axis=0, dtype=np.float64)
    scale[scale < 1e-6] = np.inf  # what never changes tells nothing
    standard = (features - mean) / scale
    left, size, axes = np.linalg.svd(standard, full_matrices=False)
    kept = size > 1e-6 * max(float(size[0]), 1e-12)
    return _Rotated((left * size)[:, kept], mean, scale, axes[kept])


def _regression(places: Logits, labels: Index, classes: int, strength: float) -> tuple[Logits, Logits]:
    """Weights, shape (classes, rank), and biases, shape (classes,)."""
    weights, bias = np.zeros((classes, places.shape[1])), np.full(classes, ABSENT)
    there = np.unique(labels)
    if len(there) == 1:
        bias[there] = 0.0
        return weights, bias
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # it stops close enough
        model = LogisticRegression(C=strength, max_iter=ITERATIONS).fit(places, labels)
    if len(there) == 2:
        # Half for and half against: softmax makes of it what the logistic function makes of the whole.
        weights[there] = np.concatenate([-model.coef_, model.coef_]) / 2
        bias[there] = np.concatenate([-model.intercept_, model.intercept_]) / 2
    else:
        weights[there], bias[there] = model.coef_, model.intercept_
    return weights, bias
