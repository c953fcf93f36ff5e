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

from livercad.reports.planes import Plane, View

JPEG_QUALITY = 88
"""At 88 noise and lesion edges look as in the source and a picture of 300 x 260 pixels takes about 15 kB."""
SCALE_BARS_MM = (100, 50, 20, 10, 5)
"""The longest that is shorter than 30 % of the picture's width is drawn."""


@dataclass(frozen=True, eq=False)
class Contour:
    """The outline of the liver or of one lesion.

    Parameters
    ----------
    number : int
        0 for the liver, else `Lesion.number`.
    lines : tuple of ndarray, shape (points, 2)
        Row and column in pixels.
    """

    number: int
    lines: tuple[npt.NDArray[np.float64], ...]

    @property
    def path(self) -> str:
        """The outline as an SVG path, x along columns, one hundredth of a pixel exact."""
        parts = []
        for line in self.lines:
            xy = np.rint(line[:, ::-1] * 100).astype(int)
            closed = len(xy) > 2 and bool((xy[0] == xy[-1]).all())
            steps = np.diff(xy, axis=0)
            # Only where the direction changes does a path need a point.
            turns = np.flatnonzero(steps[1:, 0] * steps[:-1, 1] != steps[1:, 1] * steps[:-1, 0]) + 1
            kept = xy[np.concatenate([[0], turns, [len(xy) - 1]])] / 100
            points = "L".join(f"{x:g} {y:g}" for x, y in (kept[:-1] if closed else kept))
            parts.append(f"M{points}{'Z' if closed else ''}")
        return "".join(parts)

    @property
    def anchor(self) -> tuple[float, float]:
        """Row and column to write the number at: the outline's right-most point."""
        points = np.concatenate(self.lines)
        row, column = points[np.argmax(points[:, 1])]
        return float(row), float(column)


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
        buffer = io.BytesIO()
        Image.fromarray(self.tissue).save(buffer, "JPEG", quality=JPEG_QUALITY)
        return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
