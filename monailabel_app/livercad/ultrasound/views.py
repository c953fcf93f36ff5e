"""What a model sees of an image: squares of it, and where their pixels lie on the image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from livercad.core.circle import Circle
from livercad.core.planar_roi import planar_square

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
    """

    ratio: float | None
    pixels: int

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
        circle = self.circle_on(image, lesion)
        side = circle.side(self.ratio or 1.0)
        columns, rows = (
            ((np.arange(size) - middle) / side + 0.5) * len(square) - 0.5
            for size, middle in zip(image.shape[::-1], circle.center, strict=True)
        )
        grid = np.meshgrid(rows, columns, indexing="ij")
        laid = ndimage.map_coordinates(square, grid, order=1, mode="nearest", output=np.float32)
        inside = [(each >= -0.5) & (each <= len(square) - 0.5) for each in (rows, columns)]
        return np.asarray(np.where(inside[0][:, None] & inside[1][None], laid, 0), np.float32)
