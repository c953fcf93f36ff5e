"""The two diameters of a lesion in the axial plane, as RECIST 1.1 and its predecessors ask for them.

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
from scipy.spatial import ConvexHull
from scipy.spatial.distance import pdist, squareform

from livercad.core.geometry import Line, axial_axis, transform_points
from livercad.core.volume import Volume

Points = npt.NDArray[np.float64]


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
    hulls = [_hull(_outline(slices[index]) @ to_plane.T) for index in filled]
    widest = int(np.argmax([pdist(hull).max() for hull in hulls]))
    origin = mask.affine[:3, 3] + mask.affine[:3, axis] * filled[widest]
    longest = _longest(hulls[widest])
    return _line(longest, directions, origin), _line(_perpendicular(hulls[widest], longest), directions, origin)


def _plane(columns: Points) -> tuple[Points, Points]:
    """Voxel steps in the slice to mm in it (2, 2), and the slice's two orthonormal directions in RAS (3, 2)."""
    directions, to_plane = np.linalg.qr(columns)
    return np.asarray(to_plane), np.asarray(directions)


def _outline(pixels: npt.NDArray[np.bool_]) -> Points:
    """Middles of voxel faces whose convex hull is the whole outline's, in voxels, shape (points, 2).

    The first and last pixel of each row are enough: whatever lies between them lies inside the hull.
    """
    rows = np.flatnonzero(pixels.any(axis=1))
    first = np.argmax(pixels[rows], axis=1)
    last = pixels.shape[1] - 1 - np.argmax(pixels[rows, ::-1], axis=1)
    ends = np.concatenate([np.stack([rows, first], axis=1), np.stack([rows, last], axis=1)]).astype(np.float64)
    faces = np.array([[0.5, 0], [-0.5, 0], [0, 0.5], [0, -0.5]])
    return (ends[:, None] + faces).reshape(-1, 2)


def _hull(points: Points) -> Points:
    """Corners of the convex hull, counter-clockwise, shape (corners, 2)."""
    return np.asarray(points[ConvexHull(points).vertices])


def _longest(hull: Points) -> Points:
    """Find the two corners farthest from each other, shape (2, 2)."""
    distances = squareform(pdist(hull))
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
