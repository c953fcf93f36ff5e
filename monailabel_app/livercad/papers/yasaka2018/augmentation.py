"""From one training image set to 52 ("Image Processing"; `AugmentationSettings` says what was chosen)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from livercad.papers.yasaka2018.capture import scaled_parts
from livercad.papers.yasaka2018.settings import AugmentationSettings, CaptureSettings

EIGHT = ((1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1))
"""Directions of the shifts: along the axes and the diagonals."""


def variants_of(
    captured: Sequence[Image.Image],
    settings: AugmentationSettings,
    capture: CaptureSettings,
    rng: np.random.Generator,
) -> np.ndarray:
    """Make all copies but for their rotation: the original, the shifted, the enlarged, the noisy.

    Parameters
    ----------
    captured : sequence of Image
        One for each phase; each copy does the same to all of them, but for noise.
    settings : AugmentationSettings
        Which copies.
    capture : CaptureSettings
        Sizes.
    rng : numpy.random.Generator
        Draws the noise.

    Returns
    -------
    ndarray of uint8, shape (variants, phases, pixels, pixels)
        The original first.
    """
    side, shift = capture.crop, settings.shift_pixels
    original = scaled_parts(captured, side, (0, 0), capture)
    copies = [original]
    if shift:
        copies += [scaled_parts(captured, side, (shift * x, shift * y), capture) for x, y in EIGHT]
    copies += [scaled_parts(captured, side / factor, (0, 0), capture) for factor in settings.enlargements]
    # Noise is added to the scaled images: scaling by the nearest pixel keeps what was added before just as it is.
    copies += [_noisy(original, sd, rng) for sd in settings.noise_sd]
    return np.stack(copies)


def turned(images: np.ndarray, quarter_turns: np.ndarray) -> np.ndarray:
    """Rotate image sets by right angles.

    Parameters
    ----------
    images : ndarray, shape (sets, phases, pixels, pixels)
        Square images.
    quarter_turns : ndarray of int, shape (sets,)
        How often each is turned, counter-clockwise.

    Returns
    -------
    ndarray, shape (sets, phases, pixels, pixels)
        A new array.
    """
    result = np.empty_like(images)
    for turns in np.unique(quarter_turns):
        chosen = quarter_turns == turns
        result[chosen] = np.rot90(images[chosen], turns, axes=(2, 3))
    return result


def _noisy(images: np.ndarray, sd: float, rng: np.random.Generator) -> np.ndarray:
    return np.clip(images + rng.normal(0, sd, images.shape), 0, 255).round().astype(np.uint8)
