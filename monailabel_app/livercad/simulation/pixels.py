"""Pixels of a liver, each described by what is around it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from livercad.simulation.slices import Slices

SIGMAS = (0.8, 1.6, 3.2)
"""Scales in pixels."""
SCALE_HU = 50.0
FEATURES = 2 * len(SIGMAS) + 5


def pixels_of(slices: Slices) -> npt.NDArray[np.float16]:
    """Describe each pixel of the liver by what is around it, at several scales; the same mirrored and turned.

    Parameters
    ----------
    slices : Slices
        Of one examination.

    Returns
    -------
    ndarray of float16, shape (pixels, FEATURES)
        In the order of `slices.livers`. HU over `SCALE_HU`, below or above the liver's median: what lies outside the
        liver has no part in it.
    """
    typical = float(np.median(slices.images[slices.livers]))
    found = []
    for image, liver in zip(slices.images, slices.livers, strict=True):
        values: npt.NDArray[np.floating] = np.where(liver, np.clip((image - typical) / SCALE_HU, -3, 3), 0.0)
        inside = liver.astype(np.float32)
        smooth = [_within(values, inside, sigma) for sigma in SIGMAS]
        squares = [_within(values**2, inside, sigma) for sigma in SIGMAS]
        spread = [np.sqrt(np.maximum(one - other**2, 0)) for one, other in zip(squares, smooth, strict=True)]
        depth = np.minimum(ndimage.distance_transform_edt(liver) / 10, 1)
        steep = ndimage.gaussian_gradient_magnitude(values, 1.0)
        maps = [values, *smooth, smooth[0] - smooth[-1], smooth[1] - smooth[-1], *spread, steep, depth]
        found.append(np.stack(maps, axis=-1)[liver])
    return np.concatenate(found).astype(np.float16)


def _within(
    values: npt.NDArray[np.floating], inside: npt.NDArray[np.float32], sigma: float
) -> npt.NDArray[np.floating]:
    """Smooth by a Gaussian that ends at the liver's border."""
    weight = ndimage.gaussian_filter(inside, sigma)
    return np.asarray(ndimage.gaussian_filter(values * inside, sigma) / np.maximum(weight, 1e-6))
