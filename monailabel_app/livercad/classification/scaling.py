"""What the classifier's network is given of `livercad.core.crops`: HU, scaled."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

LOWEST_HU, HIGHEST_HU = -60.0, 240.0
"""From fat to blood in the arterial phase; what is outside looks like the nearest end."""


def to_network(crops: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Scale HU to [-1, 1]; see `LOWEST_HU`."""
    middle, half = (HIGHEST_HU + LOWEST_HU) / 2, (HIGHEST_HU - LOWEST_HU) / 2
    return np.asarray((np.clip(crops, LOWEST_HU, HIGHEST_HU) - middle) / half, dtype=np.float32)
