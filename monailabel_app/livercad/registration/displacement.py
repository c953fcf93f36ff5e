"""A mapping as a field of displacements on a coarse grid, for programs that know no B-splines of ours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from livercad.core.geometry import corners_of, transform_points
from livercad.core.volume import Volume
from livercad.registration.mapping import Bend, Mapping

TOLERANCE_MM = 0.08
"""How far the field, interpolated between its nodes, may lie from the mapping: nothing against a voxel."""


@dataclass(frozen=True, eq=False)
class DisplacementField:
    """Where points of the fixed image lie in the moving image, at the nodes of a grid.

    Parameters
    ----------
    displacement_mm : ndarray of float32, shape (i, j, k, 3)
        What is added to a node's place: R, A, S. Linear interpolation between nodes is within `TOLERANCE_MM`.
    affine : ndarray, shape (4, 4)
        Node indices to RAS mm.
    """

    displacement_mm: npt.NDArray[np.float32]
    affine: npt.NDArray[np.float64]


def displacement_field(mapping: Mapping, grid: Volume) -> DisplacementField:
    """Sample a mapping over a volume.

    Parameters
    ----------
    mapping : Mapping
        From points of the fixed image to points of the moving image.
    grid : Volume
        The fixed image; its shape and affine count.

    Returns
    -------
    DisplacementField
        Over the whole volume to the outer edges of its voxels, as coarse as the bend allows: two nodes along each axis
        for a rigid motion, which is linear.
    """
    affine, shape = _nodes_over(grid) if mapping.bend is None else _nodes_of(mapping.bend, grid)
    nodes = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1).reshape(-1, 3)
    points = transform_points(nodes, affine)
    return DisplacementField((mapping(points) - points).astype(np.float32).reshape(*shape, 3), affine)


def _nodes_over(grid: Volume) -> tuple[npt.NDArray[np.float64], tuple[int, ...]]:
    """A node at each outer corner of the volume."""
    affine = grid.affine @ np.diag([*grid.shape, 1.0])
    affine[:3, 3] = transform_points((-0.5, -0.5, -0.5), grid.affine)
    return affine, (2, 2, 2)


def _nodes_of(bend: Bend, grid: Volume) -> tuple[npt.NDArray[np.float64], tuple[int, ...]]:
    """Nodes along the bend's axes, so many to a control point that straight lines between them are near enough.

    The bend's second control point is a node, and so is its last but one: beyond them it goes on as at its edge, with a
    crease that a node has to lie on.
    """
    steps = _steps_to_a_control_point(bend)
    to_nodes = np.diag([*steps, 1.0]) @ np.linalg.inv(bend.affine)
    edges = corners_of((-0.5, -0.5, -0.5), np.array(grid.shape) - 0.5)
    places = transform_points(transform_points(edges, grid.affine), to_nodes)
    first = np.floor(places.min(axis=0) + 1e-6).astype(int)
    last = np.maximum(np.ceil(places.max(axis=0) - 1e-6).astype(int), first + 1)
    affine = np.linalg.inv(to_nodes)
    affine[:3, 3] = transform_points(first, affine)
    return affine, tuple(int(n) for n in last - first + 1)


def _steps_to_a_control_point(bend: Bend) -> npt.NDArray[np.int64]:
    """How finely to divide each axis.

    A straight line leaves a curve by at most an eighth of its second derivative times the step squared. That of a cubic
    B-spline is at most the second difference of its coefficients; the three axes' shares add up.
    """
    share = TOLERANCE_MM / 3
    curved = [float(np.linalg.norm(np.diff(bend.coefficients, n=2, axis=axis), axis=0).max()) for axis in (1, 2, 3)]
    return np.array([max(1, int(np.ceil(np.sqrt(mm / (8 * share))))) for mm in curved])
