"""Linear answers to one question from the features of several views, and where on each view they come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.special import softmax

from livercad.ultrasound.backbone import Array, Maps
from livercad.ultrasound.views import View

Logits = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Head:
    """Answers to one question.

    Parameters
    ----------
    classes : tuple of str
        Their names.
    views : tuple of View
        What is looked at; their logits are averaged.
    weights : ndarray of float32, shape (views, classes, features)
        Of the features as they are, standardisation included.
    biases : ndarray of float32, shape (views, classes)
        Likewise.
    temperature : float
        What divides the averaged logits.
    """

    classes: tuple[str, ...]
    views: tuple[View, ...]
    weights: Array
    biases: Array
    temperature: float

    def logits(self, features: Sequence[Array]) -> Logits:
        """Answer.

        Parameters
        ----------
        features : sequence of ndarray, shape (n, features)
            Of each view.

        Returns
        -------
        ndarray of float64, shape (n, classes)
            Not yet divided by the temperature.
        """
        told = [
            seen.astype(np.float64) @ weights.T.astype(np.float64) + bias
            for seen, weights, bias in zip(features, self.weights, self.biases, strict=True)
        ]
        return np.asarray(np.mean(told, axis=0))

    def probabilities(self, features: Sequence[Array]) -> Logits:
        """Calibrated probabilities, shape (n, classes), which add up to 1; `features` as for `logits`."""
        return np.asarray(softmax(self.logits(features) / self.temperature, axis=1))

    def activation(self, view: int, maps: Maps, chosen: int) -> npt.NDArray[np.float32]:
        """Class activation map of a class on one view: its mean is the view's logit of the class.

        Each class is taken against the mean of all, as only differences between logits count. The bias is spread
        evenly: features that are never negative leave weights and bias to cancel, and without it a map may lie below
        0 nearly everywhere although the view speaks for the class.

        Parameters
        ----------
        view : int
            Which of `views`.
        maps : tuple of ndarray, shape (1, channels, rows, columns)
            Of the square.
        chosen : int
            Class.

        Returns
        -------
        ndarray of float32, shape (rows, columns)
            In the resolution of the first maps.
        """
        weights = self.weights[view, chosen] - self.weights[view].mean(axis=0)
        shape, first = maps[0].shape[2:], 0
        total = np.full(shape, self.biases[view, chosen] - self.biases[view].mean(), np.float32)
        for each in maps:
            own = weights[first : first + each.shape[1]]
            first += each.shape[1]
            place = np.einsum("c,crk->rk", own, each[0])
            total += ndimage.zoom(
                place, [n / m for n, m in zip(shape, place.shape, strict=True)], order=1, mode="nearest", grid_mode=True
            )
        return total
