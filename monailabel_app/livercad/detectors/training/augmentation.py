"""Scenes and slices that are as likely as those that there are: mirrored, with more or less contrast, and noise."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from livercad.detectors.scene import SMOOTHING, Array

CONTRAST = (0.8, 1.25)
"""Factor of a phase's contrast."""
LEVEL_HU = 4.0
"""SD of the error of the liver's level in a phase."""
NOISE_HU = 6.0
"""Largest SD of what noise is added, in half of the cases; before the smoothing of a scene."""


def altered(image: Array, unit_hu: float, rng: np.random.Generator) -> Array:
    """Give an image of one phase another contrast, level and noise.

    Parameters
    ----------
    image : ndarray of float32
        Contrast in `unit_hu`, 0 where nothing is searched; stays 0 there.
    unit_hu : float
        HU that come to 1.
    rng : numpy.random.Generator
        Draws.

    Returns
    -------
    ndarray of float32
        Of the same shape.
    """
    new = image * np.float32(np.exp(rng.uniform(*np.log(CONTRAST)))) + np.float32(rng.normal(0, LEVEL_HU / unit_hu))
    if rng.random() < 0.5:
        noise = rng.standard_normal(image.shape, np.float32)
        new += np.float32(rng.uniform(0, NOISE_HU / unit_hu)) * ndimage.gaussian_filter(noise, SMOOTHING, truncate=2)
    return np.asarray(np.where(image != 0, new, np.float32(0)))


def mirrors(axes: int, rng: np.random.Generator) -> tuple[slice, ...]:
    """Draw which axes are turned round: an index."""
    return tuple(slice(None, None, -1) if rng.random() < 0.5 else slice(None) for _ in range(axes))
