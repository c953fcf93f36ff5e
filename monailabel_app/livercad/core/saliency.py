"""The colours of a map of what spoke for the classifier's choice, in report and Slicer."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

STRONGEST_ALPHA = 0.62
"""Tissue stays visible where the overlay is strongest."""
RAMP = np.array([(84, 39, 143), (190, 55, 120), (245, 125, 55), (252, 230, 90)])
"""From weak to strong: lightness grows with strength, so that the overlay reads without colour vision."""


def overlay_of(strength: npt.ArrayLike) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Colour and opacity of saliency.

    Parameters
    ----------
    strength : array_like, any shape
        In [0, 1]; what is not a number counts as 0.

    Returns
    -------
    colors : ndarray, that shape and 3
        Red, green, blue in [0, 255].
    alpha : ndarray, that shape
        In [0, `STRONGEST_ALPHA`].
    """
    share = np.clip(np.nan_to_num(np.asarray(strength, dtype=np.float64)), 0, 1)
    steps = np.arange(len(RAMP))
    colors = np.stack([np.interp(share * steps[-1], steps, RAMP[:, channel]) for channel in range(3)], axis=-1)
    return colors, STRONGEST_ALPHA * share
