"""What the classifier looked at: its crops, and over them what spoke for the class."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from livercad.classification.views import LesionView
from livercad.core.phases import Phase, window_of
from livercad.reports.picture import grey_of, jpeg_uri

LEVELS = 16
"""Steps of the overlay; more cannot be told apart, and make larger files."""
STRONGEST_ALPHA = 0.62
"""Tissue stays visible where the overlay is strongest."""
RAMP = np.array([(84, 39, 143), (190, 55, 120), (245, 125, 55), (252, 230, 90)])
"""From weak to strong: lightness grows with strength, so that the overlay reads without colour vision."""


@dataclass(frozen=True)
class Crop:
    """One phase as the classifier saw it.

    Parameters
    ----------
    phase : Phase
        Which.
    tissue : str
        ``data:`` URI of a JPEG.
    overlay : str
        ``data:`` URI of a PNG, transparent where nothing spoke for the class; empty where there is no map.
    """

    phase: Phase
    tissue: str
    overlay: str


def crops_of(view: LesionView) -> tuple[Crop, ...]:
    """Draw what the classifier saw of a lesion.

    Parameters
    ----------
    view : LesionView
        Crops and maps.

    Returns
    -------
    tuple of Crop
        In the order in which phases are taken.
    """
    return tuple(
        Crop(
            phase,
            jpeg_uri(grey_of(view.crops[phase], window_of(phase))),
            _overlay_uri(view.saliency[phase]) if phase in view.saliency else "",
        )
        for phase in Phase
        if phase in view.crops
    )


def _overlay_uri(saliency: npt.NDArray[np.float32]) -> str:
    share = np.linspace(0, 1, LEVELS)
    at = share * (len(RAMP) - 1)
    colors = np.stack([np.interp(at, range(len(RAMP)), RAMP[:, channel]) for channel in range(3)], axis=1)
    image = Image.fromarray(np.rint(np.clip(np.nan_to_num(saliency), 0, 1) * (LEVELS - 1)).astype(np.uint8))
    image.putpalette(np.rint(colors).astype(np.uint8).ravel().tolist())
    alpha = np.rint(255 * STRONGEST_ALPHA * share).astype(np.uint8)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True, transparency=alpha.tobytes())
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
