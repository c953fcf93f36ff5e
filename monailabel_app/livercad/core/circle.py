"""The circle that marks a lesion on a 2-D image (Yamakawa 2020, section 2.2), and the D/L square around it.

Places on an image are (column, row) in pixels; 0 is the middle of the first pixel, top left. So an image spans −0.5 to
columns − 0.5, and these are the I and J of 3D Slicer and the second and first index of an array.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from livercad.core.roi import DEFAULT_RATIO, side_of

SMALLEST_SIDE = 64.0
"""Pixels along a square's side at least: the input of Yamakawa 2020's network (section 2.3)."""

PixelBox = tuple[float, float, float, float]
"""First column and row, last column and row, in pixels, to the outer edges: the first pixel is −0.5, −0.5, 0.5, 0.5."""

_Place = tuple[float, float]
_SLACK = 1e-9


@dataclass(frozen=True)
class Circle:
    """A circle that touches a lesion.

    Parameters
    ----------
    center : tuple of float
        Column, row in pixels.
    diameter : float
        D, the lesion's maximum diameter in pixels.
    """

    center: tuple[float, float]
    diameter: float

    def __post_init__(self) -> None:
        """Refuse what is no circle."""
        if not (np.isfinite((*self.center, self.diameter)).all() and self.diameter > 0):
            raise ValueError(f"A circle has a centre and a diameter above 0, found {self.center} and {self.diameter}.")

    @property
    def box(self) -> PixelBox:
        """The square that touches the circle: D/L = 1."""
        return self._square(self.diameter)

    def side(self, ratio: float = DEFAULT_RATIO, smallest: float = SMALLEST_SIDE) -> float:
        """L = D / `ratio`, but at least `smallest`; in pixels. Raises ValueError if the ratio is not above 0."""
        return side_of(self.diameter, ratio, smallest)

    def square(self, ratio: float = DEFAULT_RATIO, smallest: float = SMALLEST_SIDE) -> PixelBox:
        """The region of interest at a ratio D/L, centred; it may reach beyond the image."""
        return self._square(self.side(ratio, smallest))

    def _square(self, side: float) -> PixelBox:
        x, y = self.center
        return x - side / 2, y - side / 2, x + side / 2, y + side / 2


def circle_of_box(box: PixelBox) -> Circle:
    """Circle of a lesion of which only a box is known.

    Parameters
    ----------
    box : PixelBox
        Around the lesion.

    Returns
    -------
    Circle
        In the box's middle; its diameter is the longer side: an ellipse along the image's axes touches it.

    Raises
    ------
    ValueError
        If the box is empty.
    """
    x0, y0, x1, y1 = box
    if not (x0 < x1 and y0 < y1):
        raise ValueError(f"A box has its first column and row before its last, found {box}.")
    return Circle(((x0 + x1) / 2, (y0 + y1) / 2), max(x1 - x0, y1 - y0))


def smallest_circle(mask: npt.NDArray[np.generic]) -> Circle:
    """Find the smallest circle that holds a lesion: it touches the outline in two or three places.

    Its diameter is the lesion's longest (Feret's) wherever the circle over that diameter holds the lesion, as for all
    ellipses, and at most 2/√3 times it (an equilateral triangle). The outline runs through the middles of the faces
    between lesion and background, as in `livercad.core.diameters`.

    Parameters
    ----------
    mask : ndarray, shape (rows, columns)
        The lesion: what is not 0, also in several pieces.

    Returns
    -------
    Circle
        In pixels.

    Raises
    ------
    ValueError
        If the mask is empty.

    References
    ----------
    Welzl E. Smallest enclosing disks (balls and ellipsoids). LNCS 1991;555:359-370, section 2.
    """
    pixels = np.asarray(mask) != 0
    rows = np.flatnonzero(pixels.any(axis=1))
    if rows.size == 0:
        raise ValueError("An empty mask has no circle.")
    first = np.argmax(pixels[rows], axis=1)
    last = pixels.shape[1] - 1 - np.argmax(pixels[rows, ::-1], axis=1)
    faces = [np.column_stack([first - 0.5, rows]), np.column_stack([last + 0.5, rows])]
    faces += [np.column_stack([column, rows + step]) for column in (first, last) for step in (-0.5, 0.5)]
    places = np.unique(np.concatenate(faces), axis=0)
    center, radius = _enclosing(np.random.default_rng(0).permutation(places).tolist())
    return Circle(center, 2 * radius)


def _enclosing(places: Sequence[Sequence[float]]) -> tuple[_Place, float]:
    """Centre and radius. Each place outside the circle of those before it lies on the circle of them and it."""
    points: list[_Place] = [(float(x), float(y)) for x, y in places]
    circle: tuple[_Place, float] = points[0], 0.0
    for i, first in enumerate(points):
        if _holds(circle, first):
            continue
        circle = first, 0.0
        for j, second in enumerate(points[:i]):
            if _holds(circle, second):
                continue
            circle = _over((first, second))
            for third in points[:j]:
                if not _holds(circle, third):
                    circle = _through(first, second, third)
    return circle


def _holds(circle: tuple[_Place, float], point: _Place) -> bool:
    (x, y), radius = circle
    return bool(np.hypot(point[0] - x, point[1] - y) <= radius + _SLACK)


def _over(ends: tuple[_Place, _Place]) -> tuple[_Place, float]:
    (ax, ay), (bx, by) = ends
    return ((ax + bx) / 2, (ay + by) / 2), float(np.hypot(ax - bx, ay - by) / 2)


def _through(a: _Place, b: _Place, c: _Place) -> tuple[_Place, float]:
    """The circle through three places; over the two farthest ones where they lie on a line."""
    bx, by, cx, cy = b[0] - a[0], b[1] - a[1], c[0] - a[0], c[1] - a[1]
    cross = 2 * (bx * cy - by * cx)
    if abs(cross) < _SLACK:
        return max((_over(pair) for pair in ((a, b), (a, c), (b, c))), key=lambda circle: circle[1])
    b2, c2 = bx * bx + by * by, cx * cx + cy * cy
    x, y = (cy * b2 - by * c2) / cross, (bx * c2 - cx * b2) / cross
    return (a[0] + x, a[1] + y), float(np.hypot(x, y))
