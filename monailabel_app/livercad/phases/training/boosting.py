"""Gradient boosting on the features, and its export."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier

from livercad.phases.trees import Trees

Array = npt.NDArray[np.float64]


def grow_trees(features: Array, phases: npt.NDArray[np.int64], seed: int) -> HistGradientBoostingClassifier:
    """Fit scikit-learn's gradient boosting.

    Parameters
    ----------
    features : ndarray, shape (n, features)
        NaN where missing.
    phases : ndarray of int, shape (n,)
        Classes from 0.
    seed : int
        Of its subsampling.

    Returns
    -------
    HistGradientBoostingClassifier
        Fitted.
    """
    model = HistGradientBoostingClassifier(
        max_iter=250,
        learning_rate=0.05,
        max_depth=3,
        min_samples_leaf=15,
        l2_regularization=1.0,
        max_features=0.25,
        early_stopping=False,
        random_state=seed,
    )
    return model.fit(features, phases)


def export_trees(model: HistGradientBoostingClassifier) -> Trees:
    """Take a fitted model's trees out of scikit-learn.

    Parameters
    ----------
    model : HistGradientBoostingClassifier
        Fitted on three or more classes and numbers only.

    Returns
    -------
    Trees
        Its scores are the model's decision function.
    """
    grown = [(k, tree.nodes) for iteration in model._predictors for k, tree in enumerate(iteration)]
    longest = max(len(nodes) for _, nodes in grown)

    def table(name: str, dtype: type) -> npt.NDArray[Any]:
        values: npt.NDArray[Any] = np.zeros((len(grown), longest), dtype)
        for row, (_, nodes) in zip(values, grown, strict=True):
            row[: len(nodes)] = nodes[name]
        return values

    leaf = table("is_leaf", bool).astype(bool)
    return Trees(
        feature=np.where(leaf, -1, table("feature_idx", np.int16)).astype(np.int16),
        threshold=table("num_threshold", np.float64).astype(np.float64),
        missing_left=table("missing_go_to_left", bool).astype(bool),
        left=table("left", np.int16).astype(np.int16),
        right=table("right", np.int16).astype(np.int16),
        value=table("value", np.float32).astype(np.float32),
        output=np.array([k for k, _ in grown], np.int16),
        baseline=np.asarray(model._baseline_prediction, np.float64).ravel(),
    )
