"""The probability that a candidate is a lesion, from its features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from livercad.phases.trees import Trees

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class CandidateScorer:
    """Gradient-boosted trees, calibrated on patients that they have not seen.

    Parameters
    ----------
    trees : Trees
        Log-odds, one class.
    slope, intercept : float
        Of the calibrated log-odds over these (J. Platt 1999).
    """

    trees: Trees
    slope: float
    intercept: float

    def probabilities(self, features: Values) -> Values:
        """Calibrated probabilities.

        Parameters
        ----------
        features : ndarray, shape (n, features)
            In the order of `livercad.detectors.features.FEATURES`; NaN where missing.

        Returns
        -------
        ndarray, shape (n,)
            In [0, 1].
        """
        odds = self.slope * self.trees.scores(features)[:, 0] + self.intercept
        return np.asarray(1 / (1 + np.exp(-np.clip(odds, -30, 30))))

    def to_tensors(self) -> dict[str, npt.NDArray[np.generic]]:
        """Arrays by name, for a safetensors file."""
        return {**self.trees.to_tensors(), "calibration": np.array([self.slope, self.intercept])}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, npt.NDArray[Any]]) -> CandidateScorer:
        """Read what `to_tensors` gave; other names are ignored."""
        slope, intercept = np.asarray(tensors["calibration"], np.float64).tolist()
        return cls(Trees.from_tensors(tensors), slope, intercept)
