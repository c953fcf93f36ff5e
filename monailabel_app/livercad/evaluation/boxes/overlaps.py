"""How much boxes share, in two and three dimensions."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Boxes = npt.NDArray[np.float64]
"""Shape (n, 4) or (n, 6): lower corner, then upper corner."""


def iou(detected: Boxes, true: Boxes) -> npt.NDArray[np.float64]:
    """Shared over united area or volume.

    Parameters
    ----------
    detected, true : ndarray, shape (P, 2 D) and (T, 2 D)
        In one frame.

    Returns
    -------
    ndarray, shape (P, T)
        In [0, 1]; 0 between boxes without area.
    """
    shared = _shared(detected, true)
    return _ratio(shared, _size(detected)[:, None] + _size(true)[None, :] - shared)


def iobb(detected: Boxes, true: Boxes) -> npt.NDArray[np.float64]:
    """Shared over the detected box's own area or volume.

    Parameters
    ----------
    detected, true : ndarray, shape (P, 2 D) and (T, 2 D)
        In one frame.

    Returns
    -------
    ndarray, shape (P, T)
        In [0, 1]; 0 for detected boxes without area.
    """
    shared = _shared(detected, true)
    return _ratio(shared, np.broadcast_to(_size(detected)[:, None], shared.shape))


def centre_inside(detected: Boxes, true: Boxes) -> npt.NDArray[np.bool_]:
    """Whether the centre of a detected box lies in a true one, or on its border.

    Parameters
    ----------
    detected, true : ndarray, shape (P, 2 D) and (T, 2 D)
        In one frame.

    Returns
    -------
    ndarray of bool, shape (P, T)
        As said.
    """
    half = detected.shape[1] // 2
    centres = ((detected[:, :half] + detected[:, half:]) / 2)[:, None, :]
    inside = (centres >= true[None, :, :half]) & (centres <= true[None, :, half:])
    return np.asarray(inside.all(axis=2))


def _shared(detected: Boxes, true: Boxes) -> npt.NDArray[np.float64]:
    half = detected.shape[1] // 2
    low = np.maximum(detected[:, None, :half], true[None, :, :half])
    high = np.minimum(detected[:, None, half:], true[None, :, half:])
    return np.asarray(np.clip(high - low, 0, None).prod(axis=2))


def _size(boxes: Boxes) -> npt.NDArray[np.float64]:
    half = boxes.shape[1] // 2
    return np.asarray((boxes[:, half:] - boxes[:, :half]).prod(axis=1))


def _ratio(part: npt.NDArray[np.float64], whole: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
