"""Gradient-boosted trees as plain arrays: what scikit-learn has grown, evaluated without it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Trees:
    """Trees whose leaves add up to one score a class.

    Parameters
    ----------
    feature : ndarray of int16, shape (trees, nodes)
        Feature that a node asks about; -1 in a leaf.
    threshold : ndarray of float64, shape (trees, nodes)
        Values up to it go left.
    missing_left : ndarray of bool, shape (trees, nodes)
        Whether NaN goes left.
    left, right : ndarray of int16, shape (trees, nodes)
        The nodes that follow.
    value : ndarray of float32, shape (trees, nodes)
        What a leaf adds.
    output : ndarray of int16, shape (trees,)
        The class that a tree adds to.
    baseline : ndarray of float64, shape (classes,)
        Scores before the first tree.
    """

    feature: npt.NDArray[np.int16]
    threshold: npt.NDArray[np.float64]
    missing_left: npt.NDArray[np.bool_]
    left: npt.NDArray[np.int16]
    right: npt.NDArray[np.int16]
    value: npt.NDArray[np.float32]
    output: npt.NDArray[np.int16]
    baseline: npt.NDArray[np.float64]

    def scores(self, features: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Score the classes.

        Parameters
        ----------
        features : ndarray, shape (n, features)
            NaN where missing.

        Returns
        -------
        ndarray, shape (n, classes)
            Log-odds, to be put through a softmax.
        """
        samples, trees = np.arange(len(features))[:, None], np.arange(len(self.output))[None]
        node = np.zeros((len(features), len(self.output)), np.int64)
        while (inner := self.feature[trees, node] >= 0).any():
            x = features[samples, self.feature[trees, node]]
            goes_left = np.where(np.isnan(x), self.missing_left[trees, node], x <= self.threshold[trees, node])
            node = np.where(inner, np.where(goes_left, self.left[trees, node], self.right[trees, node]), node)
        leaves = self.value[trees, node].astype(np.float64)
        classes = self.output[None] == np.arange(len(self.baseline))[:, None]
        return np.asarray(leaves @ classes.T + self.baseline)

    def to_tensors(self) -> dict[str, npt.NDArray[np.generic]]:
        """Arrays by name, for a safetensors file."""
        return {f"trees.{field.name}": getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, npt.NDArray[Any]]) -> Trees:
        """Read what `to_tensors` gave; other names are ignored."""
        return cls(**{field.name: tensors[f"trees.{field.name}"] for field in fields(cls)})
