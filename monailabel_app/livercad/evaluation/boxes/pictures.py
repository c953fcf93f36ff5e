"""Squares of the images that boxes are in, as grey pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from livercad.core.phases import ENHANCED_WINDOW
from livercad.core.roi import axial_squares
from livercad.core.volume import Volume
from livercad.errors import InputError
from livercad.evaluation.boxes.model import BoxFrame, Corners, ImageBoxes
from livercad.studies.reading import load_series
from livercad.studies.study import Series

Grey = npt.NDArray[np.uint8]

AROUND = 2.5
"""Side of a square over the longest side of the box that it is about: enough of the surroundings to know the place."""
SMALLEST_SIDE = {BoxFrame.PIXELS: 64.0, BoxFrame.RAS: 60.0}
"""In pixels and in mm."""
STORED_OFFSET = 32768
"""DeepLesion stores HU + 32768 in 16-bit PNG (Yan et al. 2018)."""
LEAST_OFFSET_VALUE = 30000
"""Its air, at −1024 HU and more, lies above this; a 16-bit image with such a median is taken for one."""


@dataclass(frozen=True, eq=False)
class Square:
    """A square of an image.

    Parameters
    ----------
    grey : ndarray of uint8, shape (pixels, pixels)
        What it shows. Of scans an axial plane seen from the feet.
    left, top : float
        Image coordinates of its upper left corner: pixels, or RAS mm.
    side : float
        Its side there.
    level : float or None
        Height of the plane in RAS mm; None of 2-D images.
    """

    grey: Grey
    left: float
    top: float
    side: float
    level: float | None

    def rectangle_of(self, corners: Corners) -> tuple[float, float, float, float] | None:
        """A box in the square's own pixels (left, top, right, bottom); None where the plane does not meet it."""
        scale = len(self.grey) / self.side
        if self.level is None:
            x0, y0, x1, y1 = corners
            return (
                (x0 - self.left) * scale,
                (y0 - self.top) * scale,
                (x1 - self.left) * scale,
                (y1 - self.top) * scale,
            )
        x0, y0, z0, x1, y1, z1 = corners
        if not z0 <= self.level <= z1:
            return None
        # Seen from the feet: the patient's right is on the left, the front at the top.
        return (
            (self.left - x1) * scale,
            (self.top - y1) * scale,
            (self.left - x0) * scale,
            (self.top - y0) * scale,
        )


class Pictures(Protocol):
    """Where pictures of images come from."""

    def has(self, image: ImageBoxes) -> bool:
        """Whether there is one of this image."""

    def square(self, image: ImageBoxes, about: Corners, pixels: int) -> Square:
        """The surroundings of a box."""


class PlanarPictures:
    """Pictures of 2-D images.

    Parameters
    ----------
    arrays : mapping of str to ndarray or Path
        By image name: grey values (rows, columns) from 0 to 255, or colours (rows, columns, 3), or a file.
    """

    def __init__(self, arrays: Mapping[str, npt.NDArray[np.uint8] | Path]) -> None:
        self._arrays = arrays

    def has(self, image: ImageBoxes) -> bool:
        """Whether there is one of this image."""
        return image.name in self._arrays

    def square(self, image: ImageBoxes, about: Corners, pixels: int) -> Square:
        """The surroundings of a box, shifted to lie inside the image as far as it is large enough."""
        known = self._arrays[image.name]
        grey = grey_of_file(known) if isinstance(known, Path) else known
        rows, columns = grey.shape[:2]
        side = min(side_around(about, BoxFrame.PIXELS), max(rows, columns))
        left, top = (_start((about[a] + about[a + 2]) / 2, side, n) for a, n in ((0, columns), (1, rows)))
        cut = Image.fromarray(grey).convert("L")
        square = cut.transform(
            (pixels, pixels), Image.Transform.EXTENT, (left, top, left + side, top + side), Image.Resampling.BILINEAR
        )
        return Square(np.asarray(square), left, top, side, None)


class CtPictures:
    """Pictures of CT scans, of which one at a time is held in memory.

    Parameters
    ----------
    series : mapping of str to Series or Volume
        By scan; a volume holds HU.
    """

    def __init__(self, series: Mapping[str, Series | Volume]) -> None:
        self._series = series
        self._held: tuple[str, Volume] | None = None

    def has(self, image: ImageBoxes) -> bool:
        """Whether there is one of this scan."""
        return image.name in self._series

    def square(self, image: ImageBoxes, about: Corners, pixels: int) -> Square:
        """The axial surroundings of a box through its middle."""
        x0, y0, z0, x1, y1, z1 = about
        side, centre = side_around(about, BoxFrame.RAS), ((x0 + x1) / 2, (y0 + y1) / 2, (z0 + z1) / 2)
        low, high = ENHANCED_WINDOW.range_hu
        hu = axial_squares(self._volume(image.name), centre, side, pixels)[0]
        grey = np.clip(np.rint((hu - low) * 255 / (high - low)), 0, 255).astype(np.uint8)
        return Square(grey, centre[0] + side / 2, centre[1] + side / 2, side, centre[2])

    def _volume(self, name: str) -> Volume:
        series = self._series[name]
        if isinstance(series, Volume):
            return series
        if self._held is None or self._held[0] != name:
            self._held = None
            self._held = name, load_series(series)
        return self._held[1]


def side_around(corners: Corners, frame: BoxFrame) -> float:
    """Side of the square that shows a box with its surroundings, in the box's own unit."""
    half = frame.dimensions
    return max(AROUND * max(corners[half] - corners[0], corners[half + 1] - corners[1]), SMALLEST_SIDE[frame])


def grey_of_file(path: Path) -> Grey:
    """Read a 2-D image for people to look at.

    Parameters
    ----------
    path : Path
        Any image file; 16-bit ones that hold HU + 32768, as DeepLesion's, are windowed, others stretched between their
        1st and 99th percentile.

    Returns
    -------
    ndarray of uint8, shape (rows, columns)
        Grey values.

    Raises
    ------
    InputError
        If it is no image.
    """
    try:
        with Image.open(path) as image:
            if image.mode not in ("I;16", "I;16B", "I", "F"):
                return np.asarray(image.convert("L"))
            values = np.asarray(image, dtype=np.float64)
    except (OSError, UnidentifiedImageError) as error:
        raise InputError(
            path, found=f"what is no image ({error})", expected="an image file", todo="Replace or remove it."
        ) from error
    if np.median(values) >= LEAST_OFFSET_VALUE:
        values, (low, high) = values - STORED_OFFSET, ENHANCED_WINDOW.range_hu
    else:
        low, high = np.percentile(values, [1, 99])
    return np.clip(np.rint((values - low) * 255 / max(high - low, 1e-9)), 0, 255).astype(np.uint8)


def _start(middle: float, side: float, length: int) -> float:
    return float(np.clip(middle - side / 2, 0, max(length - side, 0)))
