"""Where linear answers look: class activation maps (equation 3)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from livercad.ultrasound.head import Head

AT_ONCE = 64
"""Squares: memory."""

Array = npt.NDArray[np.float32]


def looked(head: Head, places: npt.NDArray[np.floating[Any]]) -> Array:
    """The class activation map of each square's more probable class.

    Parameters
    ----------
    head : Head
        Answers of two classes to one view.
    places : ndarray, shape (n, channels, rows, columns)
        Maps that it answers from the means of.

    Returns
    -------
    ndarray of float32, shape (n, rows, columns)
        From 0 to 1 in each square; 0 where a map is the same everywhere.
    """
    parts = [_looked(head, places[first : first + AT_ONCE]) for first in range(0, len(places), AT_ONCE)]
    return np.concatenate(parts)


def _looked(head: Head, places: npt.NDArray[np.floating[Any]]) -> Array:
    seen = places.astype(np.float32)
    chosen = head.logits([seen.mean(axis=(2, 3))]).argmax(axis=1)
    # Against the mean of both classes, as only the difference between their logits counts. The bias changes no map.
    weights = (head.weights[0] - head.weights[0].mean(axis=0))[chosen]
    maps = np.einsum("nc,ncrk->nrk", weights, seen, optimize=True)
    low, high = maps.min(axis=(1, 2), keepdims=True), maps.max(axis=(1, 2), keepdims=True)
    return np.asarray((maps - low) / np.maximum(high - low, np.finfo(np.float32).eps), np.float32)
