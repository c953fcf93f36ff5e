"""Candidates of two label maps compared: sizes, centres, voxels in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cc3d
import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.spatial.distance import cdist

from livercad.core.geometry import transform_points
from livercad.core.volume import Volume

NECK_SHARE = 0.5
"""Where a lesion is less deep than this share of its parts on both sides, it is two that touch. Our choice."""

Labels = npt.NDArray[np.integer[Any]]
Mask = npt.NDArray[np.bool_]
Table = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Comparison:
    """Every label of one map against every label of another, rows and columns from label 1 on.

    Parameters
    ----------
    rows, columns : ndarray, shape (R,) and (C,)
        Sizes in voxels; 0 for labels that do not occur.
    shared : ndarray, shape (R, C)
        Voxels in common.
    distance_mm : ndarray, shape (R, C)
        Between the centres of mass; infinite for labels that do not occur.
    """

    rows: Table
    columns: Table
    shared: Table
    distance_mm: Table

    @property
    def dice(self) -> Table:
        """Dice coefficient, shape (R, C), in [0, 1]."""
        return 2 * self.shared / np.maximum(self.rows[:, None] + self.columns[None, :], 1)

    @property
    def of_smaller(self) -> Table:
        """Shared voxels over those of the smaller label, shape (R, C), in [0, 1]."""
        return self.shared / np.maximum(np.minimum(self.rows[:, None], self.columns[None, :]), 1)

    @property
    def of_rows(self) -> Table:
        """Shared voxels over those of the row's label, shape (R, C), in [0, 1]."""
        return self.shared / np.maximum(self.rows[:, None], 1)

    @property
    def of_columns(self) -> Table:
        """Shared voxels over those of the column's label, shape (R, C), in [0, 1]."""
        return self.shared / np.maximum(self.columns[None, :], 1)


def compare(rows: Labels, row_count: int, columns: Labels, column_count: int, grid: Volume) -> Comparison:
    """Compare two label maps: a few passes over the voxels, however many labels there are.

    Parameters
    ----------
    rows, columns : ndarray of int, shape (I, J, K)
        Label maps on `grid`; 0 is background.
    row_count, column_count : int
        Their largest possible labels.
    grid : Volume
        Gives the voxels their place in mm.

    Returns
    -------
    Comparison
        Sizes, shared voxels and distances.
    """
    both = (rows > 0) & (columns > 0)
    pairs = rows[both].astype(np.int64) * (column_count + 1) + columns[both]
    shared = np.bincount(pairs, minlength=(row_count + 1) * (column_count + 1))
    row_sizes, row_centers = _shapes(rows, row_count, grid)
    column_sizes, column_centers = _shapes(columns, column_count, grid)
    distance = cdist(row_centers, column_centers)
    distance[np.isnan(distance)] = np.inf
    return Comparison(
        row_sizes, column_sizes, shared.reshape(row_count + 1, column_count + 1)[1:, 1:].astype(np.float64), distance
    )


def holds_together(whole: Mask, one: Mask, other: Mask, grid: Volume) -> bool:
    """Whether a lesion is one between two of its parts, or two that touch there.

    What is left of it when its surface is taken off, half as deep as the shallower part lies (`NECK_SHARE`), must still
    join both parts. A ball does; two balls in touch do not.

    Parameters
    ----------
    whole, one, other : ndarray of bool, shape (I, J, K)
        The lesion, and two parts with voxels in it.
    grid : Volume
        The voxels' size.

    Returns
    -------
    bool
        True where it holds together.
    """
    block = ndimage.find_objects(whole.astype(np.uint8))[0]
    inside = np.pad(whole[block], 1)
    depth = ndimage.distance_transform_edt(inside, sampling=grid.spacing)[1:-1, 1:-1, 1:-1]
    deepest = [int(np.argmax(np.where(part[block], depth, 0))) for part in (one, other)]
    level = NECK_SHARE * min(depth.flat[place] for place in deepest)
    left = cc3d.connected_components(np.asfortranarray(depth >= level), connectivity=26)
    return bool(left.flat[deepest[0]] == left.flat[deepest[1]])


def _shapes(labels: Labels, count: int, grid: Volume) -> tuple[Table, Table]:
    """Sizes in voxels and centres of mass in RAS mm of the labels 1 to `count`; no centre where there is no voxel."""
    where = np.nonzero(labels)
    values = labels[where]
    sizes = np.bincount(values, minlength=count + 1)[1:].astype(np.float64)
    sums = np.stack([np.bincount(values, weights=axis, minlength=count + 1)[1:] for axis in where], axis=1)
    with np.errstate(invalid="ignore"):
        centers = transform_points(sums / sizes[:, None], grid.affine)
    return sizes, centers
