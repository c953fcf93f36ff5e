"""A picture: tissue and the lines over it, kept apart.

The page shows a JPEG under SVG paths, which stay one pixel thin at every size; `livercad.reports.thumbnails` burns both
into one small image for where no SVG can go.
"""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from livercad.core.phases import Window
from livercad.reports.contours import Contour
from livercad.reports.planes import Plane, View
from livercad.reports.tags import Tag

JPEG_QUALITY = 88
"""At 88 noise and lesion edges look as in the source and a picture of 300 x 260 pixels takes about 15 kB."""
AIR_HU = -1024.0
"""Shown where a picture reaches beyond the volume."""
SCALE_BARS_MM = (100, 50, 20, 10, 5)
"""The longest that is shorter than 30 % of the picture's width is drawn."""


@dataclass(frozen=True, eq=False)
class Picture:
    """One plane of a volume with what was found there.

    Parameters
    ----------
    view : View
        Axial, coronal or sagittal.
    title : str
        What it is, for people.
    position : str
        Where the plane lies, for people.
    plane : Plane
        Its pixels in the patient.
    tissue : ndarray of uint8, shape (rows, columns)
        Grey values, black to white over the window.
    contours : tuple of Contour
        Liver first, then lesions.
    focus : int or None
        The lesion that the picture is about, None for all.
    diameters : tuple of ndarray, shape (2, 2)
        Row and column of both ends.
    frame : ndarray, shape (2, 2), or None
        Opposite corners (row, column) of the part that another picture shows larger.
    boxes : tuple of Contour
        The lesions with a box around them: those that are classified, in pictures of the whole liver.
    tags : tuple of Tag
        Names of lesions.
    """

    view: View
    title: str
    position: str
    plane: Plane
    tissue: npt.NDArray[np.uint8]
    contours: tuple[Contour, ...]
    focus: int | None = None
    diameters: tuple[npt.NDArray[np.float64], ...] = ()
    frame: npt.NDArray[np.float64] | None = None
    boxes: tuple[Contour, ...] = ()
    tags: tuple[Tag, ...] = ()

    @property
    def aspect(self) -> float:
        """Width over height, in mm as in pixels."""
        return self.plane.columns / self.plane.rows

    @property
    def scale_bar_mm(self) -> int:
        """Length of the scale bar in mm."""
        width = self.plane.columns * self.plane.pixel_mm
        return next((length for length in SCALE_BARS_MM if length < 0.3 * width), SCALE_BARS_MM[-1])

    @property
    def jpeg_uri(self) -> str:
        """The tissue as a ``data:`` URI."""
        return jpeg_uri(self.tissue)


def jpeg_uri(grey: npt.NDArray[np.uint8]) -> str:
    """Grey values, shape (rows, columns), as a ``data:`` URI."""
    buffer = io.BytesIO()
    Image.fromarray(grey).save(buffer, "JPEG", quality=JPEG_QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def grey_of(hu: npt.NDArray[np.float32], window: Window) -> npt.NDArray[np.uint8]:
    """Values in HU as grey from black (0) to white (255) over a window."""
    low, high = window.range_hu
    return np.clip(np.rint((hu - low) * (255.0 / (high - low))), 0, 255).astype(np.uint8)
