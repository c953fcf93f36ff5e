"""What a model sees of an image: squares of it, and where their pixels lie on the image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from livercad.core.circle import Circle
from livercad.core.planar_roi import planar_square
from livercad.ultrasound.placing import put_back
from livercad.ultrasound.pooling import Pooling
from livercad.ultrasound.sector import scanned

Grey = npt.NDArray[np.uint8]
Square = npt.NDArray[np.float32]


@dataclass(frozen=True)
class View:
    """A square.

    Parameters
    ----------
    ratio : float or None
        D/L of the region around a lesion (Yamakawa 2020, section 2.3); None for the whole image.
    pixels : int
        Along its side, as a network sees it.
    pooling : Pooling
        What of a network's maps of it counts.
    """

    ratio: float | None
    pixels: int
    pooling: Pooling = Pooling.MEAN

    @property
    def name(self) -> str:
        """For files."""
        return "whole" if self.ratio is None else f"{self.ratio:g}"

    def circle_on(self, image: Grey, lesion: Circle | None) -> Circle:
        """Which circle touches the square's lesion: the lesion's, or one as large as the image is long.

        Raises
        ------
        ValueError
            If it is a region around a lesion and there is none.
        """
        if self.ratio is None:
            rows, columns = image.shape
            return Circle(((columns - 1) / 2, (rows - 1) / 2), float(max(rows, columns)))
        if lesion is None:
            raise ValueError("A region around a lesion needs the lesion's circle.")
        return lesion

    def cut(self, image: Grey, lesion: Circle | None) -> Square:
        """Cut the square out.

        Parameters
        ----------
        image : ndarray of uint8, shape (rows, columns)
            Grey values.
        lesion : Circle or None
            In pixels of the image; not looked at where the view is the whole image.

        Returns
        -------
        ndarray of float32, shape (pixels, pixels)
            Grey values; black beyond the image.
        """
        return planar_square(image, self.circle_on(image, lesion), self.pixels, ratio=self.ratio or 1.0)

    def sector(self, image: Grey, lesion: Circle | None) -> Square | None:
        """Tell what of the square lies in the sector, where only that counts.

        Parameters
        ----------
        image, lesion
            As for `cut`.

        Returns
        -------
        ndarray of float32, shape (pixels, pixels), or None
            Share of each pixel, in [0, 1]; None where all of the square counts.
        """
        return None if self.pooling is Pooling.MEAN else self.cut(scanned(image).astype(np.uint8), lesion)

    def on_image(self, square: Square, image: Grey, lesion: Circle | None) -> Square:
        """Lay a map of the square back on the image.

        Parameters
        ----------
        square : ndarray, shape (n, n)
            Over the whole square, in any resolution.
        image, lesion
            As for `cut`.

        Returns
        -------
        ndarray of float32, shape (rows, columns)
            Interpolated linearly; 0 outside the square.
        """
        rows, columns = image.shape
        return put_back([(self.circle_on(image, lesion).square(self.ratio or 1.0), square)], (rows, columns))
