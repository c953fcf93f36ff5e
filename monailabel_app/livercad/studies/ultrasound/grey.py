"""Colours and deep greys turned to 8 bits of grey, one way for all files."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

COLOURED = 24
"""Levels of 255 between a pixel's channels from which it counts as coloured: JPEG makes greys differ by less."""
LUMA = (0.299, 0.587, 0.114)
"""Red, green, blue (ITU-R BT.601): how bright a colour looks. Grey stored as colour stays what it is."""


def grey_of_colours(rgb: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.uint8], float]:
    """Turn colours to grey by their brightness.

    A colour Doppler overlay so becomes a grey of its own brightness: what it covers is not in the file.

    Parameters
    ----------
    rgb : ndarray of uint8, shape (rows, columns, 3)
        Red, green, blue.

    Returns
    -------
    grey : ndarray of uint8, shape (rows, columns)
        `LUMA`.
    coloured : float
        Share of the pixels that are not grey, in [0, 1].
    """
    coloured = float((np.ptp(rgb, axis=2) > COLOURED).mean())
    return np.round(rgb @ np.array(LUMA)).astype(np.uint8), coloured


def stretched(values: npt.NDArray[Any], low: float, high: float) -> npt.NDArray[np.uint8]:
    """Scale deep greys to 8 bits.

    Parameters
    ----------
    values : ndarray
        Of any shape and type.
    low, high : float
        What becomes black and white.

    Returns
    -------
    ndarray of uint8
        The same shape.
    """
    share = (values.astype(np.float64) - low) / max(high - low, 1e-12)
    return np.round(np.clip(share, 0, 1) * 255).astype(np.uint8)
