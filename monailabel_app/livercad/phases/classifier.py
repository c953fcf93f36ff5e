"""From features to calibrated probabilities of the four phases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from livercad.core.phases import Phase
from livercad.phases.trees import Trees

PHASES = tuple(Phase)
"""Classes in their order."""
STRANGE_MARGIN_HU = 25.0
"""How far beyond all phantoms a feature may lie; HU of patients and phantoms agree no better than this."""

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PhaseClassifier:
    """Gradient-boosted trees with a temperature, and the range of features that they know.

    Parameters
    ----------
    trees : Trees
        One score a phase.
    temperature : float
        Divides the scores (C. Guo et al., "On calibration of modern neural networks", ICML 2017).
    lowest, highest : ndarray, shape (features,)
        Range of each feature on the phantoms that the trees were grown on.
    """

    trees: Trees
    temperature: float
    lowest: Array
    highest: Array

    def probabilities(self, features: Array) -> Array:
        """Calibrated probabilities.

        Parameters
        ----------
        features : ndarray, shape (n, features)
            NaN where missing.

        Returns
        -------
        ndarray, shape (n, 4)
            In the order of `PHASES`; rows sum to 1.
        """
        return softmax(self.trees.scores(features) / self.temperature)

    def strange(self, features: Array) -> npt.NDArray[np.float64]:
        """Share of the features that are there and lie far outside of what the trees have seen, shape (n,)."""
        outside = (features < self.lowest - STRANGE_MARGIN_HU) | (features > self.highest + STRANGE_MARGIN_HU)
        return np.asarray(outside.sum(axis=1) / np.maximum(np.isfinite(features).sum(axis=1), 1))

    def to_tensors(self) -> dict[str, npt.NDArray[np.generic]]:
        """Arrays by name, for a safetensors file."""
        rest = {"temperature": np.array([self.temperature]), "lowest": self.lowest, "highest": self.highest}
        return {**self.trees.to_tensors(), **rest}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, npt.NDArray[Any]]) -> PhaseClassifier:
        """Read what `to_tensors` gave; other names are ignored."""
        temperature = float(np.asarray(tensors["temperature"], np.float64)[0])
        lowest, highest = (np.asarray(tensors[name], np.float64) for name in ("lowest", "highest"))
        return cls(Trees.from_tensors(tensors), temperature, lowest, highest)


def softmax(scores: Array) -> Array:
    """Probabilities from scores, along the last axis."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))
