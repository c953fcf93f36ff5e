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
from livercad.core.saliency import overlay_of
from livercad.reports.picture import grey_of, jpeg_uri

LEVELS = 16
"""Steps of the overlay; more cannot be told apart, and make larger files."""


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
            jpeg_uri(grey_of(view.middle(phase), window_of(phase))),
            overlay_uri(view.saliency[phase]) if phase in view.saliency else "",
        )
        for phase in Phase
        if phase in view.crops
    )


def overlay_uri(saliency: npt.NDArray[np.float32]) -> str:
    """A map in [0, 1], shape (rows, columns), as a ``data:`` URI of a PNG; transparent where it is 0."""
    colors, alpha = overlay_of(np.linspace(0, 1, LEVELS))
    image = Image.fromarray(np.rint(np.clip(np.nan_to_num(saliency), 0, 1) * (LEVELS - 1)).astype(np.uint8))
    image.putpalette(np.rint(colors).astype(np.uint8).ravel().tolist())
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True, transparency=np.rint(255 * alpha).astype(np.uint8).tobytes())
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
