"""Segmented livers: what the second network sees of an image, and the way back to the image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image as Picture

from livercad.papers.shah2021.settings import LesionSettings

SMALLEST_SIDE = 8
"""Pixels of a square: a speck of a liver is not blown up further."""
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Square:
    """A square of an image, in whole pixels; it may reach over the image's edge.

    Parameters
    ----------
    top, left : int
        First row and column.
    side : int
        Rows, and columns.
    """

    top: int
    left: int
    side: int

    @classmethod
    def around(cls, liver: Mask, margin: float) -> Square | None:
        """The square around a liver.

        Parameters
        ----------
        liver : ndarray of bool, shape (pixels, pixels)
            The predicted one.
        margin : float
            To each side, as a share of its longer extent.

        Returns
        -------
        Square or None
            None where there is no liver.
        """
        rows, columns = np.flatnonzero(liver.any(axis=1)), np.flatnonzero(liver.any(axis=0))
        if not len(rows):
            return None
        extent = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
        side = max(SMALLEST_SIDE, round(extent * (1 + 2 * margin)))
        middle = (rows[0] + rows[-1] + 1) / 2, (columns[0] + columns[-1] + 1) / 2
        return cls(round(middle[0] - side / 2), round(middle[1] - side / 2), side)

    def cut(self, image: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Cut it out, shape (side, side); beyond the image there is 0."""
        inside = np.zeros((self.side, self.side), image.dtype)
        here, there = self._overlap(image.shape)
        inside[here] = image[there]
        return inside

    def put_back(self, values: npt.NDArray[Any], pixels: int) -> npt.NDArray[Any]:
        """Lay what was cut out into an image of its own, shape (pixels, pixels), with 0 around it."""
        image = np.zeros((pixels, pixels), values.dtype)
        here, there = self._overlap(image.shape)
        image[there] = values[here]
        return image

    def _overlap(self, shape: tuple[int, ...]) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
        """The part of the square that lies in an image, in the square's pixels and in the image's."""
        first = [max(0, -start) for start in (self.top, self.left)]
        last = [max(0, min(self.side, size - start)) for start, size in zip((self.top, self.left), shape, strict=True)]
        here = slice(first[0], max(first[0], last[0])), slice(first[1], max(first[1], last[1]))
        there = (
            slice(self.top + here[0].start, self.top + here[0].stop),
            slice(self.left + here[1].start, self.left + here[1].stop),
        )
        return here, there


def segmented(grey: npt.NDArray[np.uint8], liver: Mask, settings: LesionSettings) -> tuple[Any, Square | None]:
    """Cut the liver out of an image, black around it, at the network's size.

    Parameters
    ----------
    grey : ndarray of uint8, shape (pixels, pixels)
        A preprocessed image.
    liver : ndarray of bool, shape (pixels, pixels)
        The predicted one.
    settings : LesionSettings
        Margin and size.

    Returns
    -------
    image : ndarray of uint8, shape (settings.pixels, settings.pixels)
        Black where there is no liver.
    square : Square or None
        What it shows; None where there is no liver.
    """
    square = Square.around(liver, settings.margin)
    if square is None:
        return np.zeros((settings.pixels, settings.pixels), np.uint8), None
    return scaled(square.cut(np.where(liver, grey, 0)), settings.pixels, Picture.Resampling.BILINEAR), square


def scaled(image: npt.NDArray[np.uint8], pixels: int, kind: Picture.Resampling) -> npt.NDArray[np.uint8]:
    """Scale a square image; downwards a filter but the nearest looks at all pixels."""
    return np.array(Picture.fromarray(image).resize((pixels, pixels), kind))
