"""The two diameters of a lesion in the axial plane, as RECIST 1.1 and its predecessors ask for them.

One definition for findings, evaluation and client, and numpy only, as 3D Slicer measures corrected lesions with it.

References
----------
Eisenhauer EA et al. New response evaluation criteria in solid tumours: revised RECIST guideline (version 1.1).
Eur J Cancer 2009;45:228-247, section 3.1 (longest diameter in the plane of measurement) and appendix II
(measurements in the axial plane). The perpendicular diameter is that of the WHO criteria (Miller AB et al.,
Cancer 1981;47:207-214).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from livercad.core.geometry import Line, axial_axis, transform_points
from livercad.core.volume import Volume

Points = npt.NDArray[np.float64]

SMALLEST_MEASURABLE_MM = 10.0
"""Longest diameter from which a lesion is measurable on CT (section 3.1.1). In smaller ones border voxels, which hold
liver as well, are the most."""


def longest_axial_diameters(mask: Volume) -> tuple[Line, Line]:
    """Measure the longest diameter in an axial slice, and the longest perpendicular to it in the same slice.

    The lesion's outline in a slice runs through the middles of the voxel faces between lesion and background, where
    a contour at level 0.5 (marching squares, as in scikit-image and PyRadiomics) crosses the grid. So a single voxel
    has a size and a row of n voxels is n voxels long; the largest of many distances between such points exceeds the
    diameter of a digital disc by 0.8 voxels on average, and by less than one (300 discs of radius 3 to 25 voxels).
    Slices lie across the voxel axis closest to head and feet: an oblique series is measured in the slices it was
    reconstructed in. A lesion that falls into several pieces in a slice is measured across all of them.

    Parameters
    ----------
    mask : Volume
        The lesion, everything but 0, shape (I, J, K). Crop it to the lesion for speed.

    Returns
    -------
    longest : Line
        The largest distance between two points of the outline in one slice, over all slices; the first slice where
        several are equal. RAS mm.
    perpendicular : Line
        The longest chord of the outline's convex hull at right angles to `longest` in the same slice. It crosses
        `longest`; where the lesion is concave it may run over tissue outside. RAS mm.

    Raises
    ------
    ValueError
        If the mask is empty.
    """
    axis = axial_axis(mask.affine)
    slices = np.moveaxis(mask.array != 0, axis, 0)
    filled = np.flatnonzero(slices.any(axis=(1, 2)))
    if filled.size == 0:
        raise ValueError("An empty mask has no diameter.")
    to_plane, directions = _plane(np.delete(mask.affine[:3, :3], axis, axis=1))
    # Straight maps keep convexity: corners in voxels are corners in mm.
    hulls = [_hull(slices[index]) @ to_plane.T for index in filled]
    widest = int(np.argmax([_distances(hull).max() for hull in hulls]))
    origin = mask.affine[:3, 3] + mask.affine[:3, axis] * filled[widest]
    longest = _longest(hulls[widest])
    return _line(longest, directions, origin), _line(_perpendicular(hulls[widest], longest), directions, origin)


def _plane(columns: Points) -> tuple[Points, Points]:
    """Voxel steps in the slice to mm in it (2, 2), and the slice's two orthonormal directions in RAS (3, 2)."""
    directions, to_plane = np.linalg.qr(columns)
    return np.asarray(to_plane), np.asarray(directions)


def _hull(pixels: npt.NDArray[np.bool_]) -> Points:
    """Corners of the convex hull of the middles of voxel faces, in voxels and in order, shape (corners, 2).

    Counted in half voxels, so that all is exact: a voxel (r, c) has the points (2r ± 1, 2c) and (2r, 2c ± 1). Of
    each row of points the outermost two are enough.
    """
    rows = np.flatnonzero(pixels.any(axis=1))
    first = 2 * np.argmax(pixels[rows], axis=1)
    last = 2 * (pixels.shape[1] - 1 - np.argmax(pixels[rows, ::-1], axis=1))
    left: dict[int, int] = {}
    right: dict[int, int] = {}
    for row, low, high in zip((2 * rows).tolist(), first.tolist(), last.tolist(), strict=True):
        left[row], right[row] = low - 1, high + 1
        for beside in (row - 1, row + 1):
            left[beside], right[beside] = min(left.get(beside, low), low), max(right.get(beside, high), high)
    there = _chain(sorted(left.items()))
    back = _chain(sorted(right.items(), reverse=True))
    corners = there + back
    return np.array([point for n, point in enumerate(corners) if point != corners[n - 1]]) / 2.0


def _chain(points: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """One side of a convex hull (Andrew's monotone chain): where the way through the points turns to one side only."""
    chain: list[tuple[int, int]] = []
    for point in points:
        while len(chain) > 1 and _turn(chain[-2], chain[-1], point) <= 0:
            chain.pop()
        chain.append(point)
    return chain


def _turn(a: tuple[int, int], b: tuple[int, int], c: tuple[int, int]) -> int:
    """Above 0 where the way from a over b to c turns left, 0 where it is straight."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _distances(hull: Points) -> Points:
    """Distance of every corner to every other, shape (corners, corners)."""
    return np.asarray(np.linalg.norm(hull[:, None] - hull[None], axis=-1))


def _longest(hull: Points) -> Points:
    """Find the two corners farthest from each other, shape (2, 2)."""
    distances = _distances(hull)
    pair = np.unravel_index(np.argmax(distances), distances.shape)
    return hull[list(pair)]


def _perpendicular(hull: Points, longest: Points) -> Points:
    """Find the hull's longest chord at right angles to a line: its two end points, shape (2, 2).

    A convex shape's width along the line is concave and linear between corners, so its largest value is at a corner.
    """
    along = (longest[1] - longest[0]) / np.linalg.norm(longest[1] - longest[0])
    turned = np.stack([along, [-along[1], along[0]]])
    corners = (hull - longest[0]) @ turned.T
    widths = np.array([np.ptp(_crossings(corners, x)) for x in corners[:, 0]])
    x = corners[int(np.argmax(widths)), 0]
    crossings = _crossings(corners, x)
    ends = np.array([[x, crossings.min()], [x, crossings.max()]])
    return np.asarray(ends @ turned + longest[0])


def _crossings(corners: Points, x: float) -> npt.NDArray[np.float64]:
    """Where the edges of a convex polygon meet the vertical at x, shape (crossings,)."""
    start, stop = corners, np.roll(corners, -1, axis=0)
    meets = (np.minimum(start[:, 0], stop[:, 0]) <= x) & (x <= np.maximum(start[:, 0], stop[:, 0]))
    start, stop = start[meets], stop[meets]
    run = stop[:, 0] - start[:, 0]
    upright = run == 0
    share = np.where(upright, 0.0, (x - start[:, 0]) / np.where(upright, 1.0, run))
    met = start[:, 1] + share * (stop[:, 1] - start[:, 1])
    return np.concatenate([met, stop[upright, 1]])


def _line(ends: Points, directions: Points, origin: npt.NDArray[np.float64]) -> Line:
    to_ras = np.eye(4)
    to_ras[:3, :2], to_ras[:3, 3] = directions, origin
    start, end = transform_points(np.column_stack([ends, np.zeros(2)]), to_ras).tolist()
    return Line((start[0], start[1], start[2]), (end[0], end[1], end[2]))
