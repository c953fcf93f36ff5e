"""Tubes along curved paths, and trees of vessels that branch towards points of an organ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.interpolate import CubicSpline

from livercad.phantom.space import FAR_MM, Shape, Space

Points = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Tube:
    """A path with a radius at each of its points.

    Parameters
    ----------
    points : ndarray, shape (n, 3)
        Patient R, A, S in mm, closer together than the radius.
    radii : ndarray, shape (n,)
        In mm.
    """

    points: Points
    radii: Points


def tube(space: Space, template_points: npt.ArrayLike, radii: npt.ArrayLike, step_mm: float = 1.5) -> Tube:
    """A smooth tube through points of the template.

    Parameters
    ----------
    space : Space
        Takes them to the patient.
    template_points : array_like, shape (n, 3)
        At least two, R, A, S in mm.
    radii : array_like, shape (n,) or ()
        Radius at each point in mm.
    step_mm : float, default 1.5
        Distance of the tube's points.

    Returns
    -------
    Tube
        In patient space.
    """
    return spline(space.to_patient(template_points), radii, step_mm)


def spline(points: Points, radii: npt.ArrayLike, step_mm: float = 1.5) -> Tube:
    """A smooth tube through points of patient space; see `tube`."""
    radii = np.broadcast_to(np.asarray(radii, dtype=np.float64), len(points))
    way = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1) + 1e-3)])
    fine = np.linspace(0, way[-1], max(2, int(np.ceil(way[-1] / step_mm)) + 1))
    curve = CubicSpline(way, points, bc_type="natural")(fine)
    return Tube(curve, np.interp(fine, way, radii))


def distance_to(space: Space, tubes: list[Tube]) -> Shape:
    """Signed distance to the nearest of several tubes, computed near them only.

    Parameters
    ----------
    space : Space
        Its grid.
    tubes : list of Tube
        At least one.

    Returns
    -------
    Shape
        Exact up to 8 mm from the tubes.
    """
    points, radii = np.concatenate([t.points for t in tubes]), np.concatenate([t.radii for t in tubes])
    margin = 8.0
    box = space.patient_box((points - radii[:, None]).min(axis=0), (points + radii[:, None]).max(axis=0), margin)
    axes = space.axes(box)
    distance = np.full([len(axis) for axis in axes], FAR_MM, np.float32)
    low = [np.searchsorted(axis, points[:, n] - radii - margin) for n, axis in enumerate(axes)]
    high = [np.searchsorted(axis, points[:, n] + radii + margin, side="right") for n, axis in enumerate(axes)]
    for n, (point, radius) in enumerate(zip(points.astype(np.float32), radii.astype(np.float32), strict=True)):
        near = tuple(slice(int(low[a][n]), int(high[a][n])) for a in range(3))
        squares = [(axis[part] - c) ** 2 for axis, part, c in zip(axes, near, point, strict=True)]
        square = squares[0][:, None, None] + squares[1][:, None] + squares[2]
        np.minimum(distance[near], np.sqrt(square) - radius, out=distance[near])
    return Shape(box, distance)


def grow_tree(
    space: Space, root: Points, targets: Points, radius_mm: float, rng: np.random.Generator, smallest_mm: float
) -> list[Tube]:
    """Vessels that branch from a root until every target has its twig.

    The targets are halved along their longest direction at each fork. Radii follow Murray's law (C. D. Murray, PNAS
    1926;12:207-214): the cubes of the daughters' radii, in proportion to what they feed, add up to the parent's.

    Parameters
    ----------
    space : Space
        Branches that do not touch its grid are left out.
    root : ndarray, shape (3,)
        Where the stem begins, patient mm.
    targets : ndarray, shape (n, 3)
        What the twigs reach, patient mm.
    radius_mm : float
        Of the stem.
    rng : numpy.random.Generator
        Bends the vessels.
    smallest_mm : float
        Thinnest radius.

    Returns
    -------
    list of Tube
        One a branch that touches the grid.
    """
    stem_load = len(targets)
    tubes: list[Tube] = []

    def branch(start: Points, feeds: Points) -> None:
        radius = max(smallest_mm, radius_mm * (len(feeds) / stem_load) ** (1 / 3))
        center = feeds.mean(axis=0)
        end = center if len(feeds) == 1 else start + (center - start) * rng.uniform(0.35, 0.6)
        length = np.linalg.norm(end - start)
        bend = (start + end) / 2 + rng.normal(0, 0.07 * length, 3)
        course = np.stack([start, bend, end])
        if space.touches(course.min(axis=0), course.max(axis=0), radius + 0.2 * length):
            tubes.append(spline(course, [radius, radius * 0.95, radius * 0.85]))
        if len(feeds) > 1:
            spread = feeds - center
            direction = np.linalg.svd(spread, full_matrices=False)[2][0]
            order = np.argsort(spread @ direction, kind="stable")
            cut = round(len(feeds) * rng.uniform(0.35, 0.65))
            cut = min(max(cut, 1), len(feeds) - 1)
            branch(end, feeds[order[:cut]])
            branch(end, feeds[order[cut:]])

    branch(np.asarray(root, dtype=np.float64), np.asarray(targets, dtype=np.float64))
    return tubes
