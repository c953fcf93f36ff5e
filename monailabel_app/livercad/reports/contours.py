"""Outlines of liver and lesions on a plane."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from skimage.measure import find_contours

from livercad.core.geometry import Box, corners_of, transform_points
from livercad.core.volume import Volume
from livercad.reports.planes import Plane
from livercad.reports.sampling import sample, slab_of


@dataclass(frozen=True, eq=False)
class Contour:
    """The outline of the liver or of one lesion.

    Parameters
    ----------
    number : int
        0 for the liver, else `Lesion.number`.
    lines : tuple of ndarray, shape (points, 2)
        Row and column in pixels.
    style : str
        How it differs from the plain outline of its kind: a `livercad.reports.words.Verdict`, or ``moved`` for the
        liver of a phase that is laid over another; empty for the plain one.
    """

    number: int
    lines: tuple[npt.NDArray[np.float64], ...]
    style: str = ""

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

    @property
    def box(self) -> tuple[float, float, float, float]:
        """First row, first column, last row and last column of the outline."""
        points = np.concatenate(self.lines)
        (top, left), (bottom, right) = points.min(axis=0), points.max(axis=0)
        return float(top), float(left), float(bottom), float(right)


def contour_of(labels: Volume, plane: Plane, number: int, style: str = "") -> Contour:
    """Outline one lesion in a map of instances, or all of a mask.

    Parameters
    ----------
    labels : Volume
        Lesion instances, or a mask.
    plane : Plane
        Where to look.
    number : int
        The lesion; 0 for all that is marked.
    style : str
        As in `Contour`.

    Returns
    -------
    Contour
        Without lines where the plane shows nothing of it.
    """
    slab = slab_of(labels, plane)
    inside = (slab.array == number) if number else (slab.array > 0)
    if not inside.any():
        return Contour(number, (), style)
    box = Box.around(inside)
    part, row, column = plane.part_around(transform_points(corners_of(box.minimum, box.maximum), slab.affine), margin=2)
    if part.rows < 2 or part.columns < 2:  # it lies beside the picture
        return Contour(number, (), style)
    lines = find_contours(sample(slab.like(inside), part), 0.5)
    return Contour(number, tuple(np.add(line, (row, column)) for line in lines), style)
