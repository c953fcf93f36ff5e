"""Which predicted lesion is which true lesion: overlaps of instances and a one-to-one assignment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from livercad.core.volume import Volume
from livercad.evaluation.settings import HitCriterion


@dataclass(frozen=True)
class OverlapTable:
    """How many voxels every predicted lesion shares with every true one.

    Parameters
    ----------
    predicted, true : ndarray of int, shape (P,) and (T,)
        Numbers of the instances.
    predicted_voxels, true_voxels : ndarray of int, shape (P,) and (T,)
        Their sizes.
    shared : ndarray of int, shape (P, T)
        Voxels in both.
    """

    predicted: npt.NDArray[np.int64]
    true: npt.NDArray[np.int64]
    predicted_voxels: npt.NDArray[np.int64]
    true_voxels: npt.NDArray[np.int64]
    shared: npt.NDArray[np.int64]

    @property
    def iou(self) -> npt.NDArray[np.float64]:
        """Shared over united, shape (P, T), in [0, 1]."""
        united = self.predicted_voxels[:, None] + self.true_voxels[None, :] - self.shared
        return np.asarray(self.shared / united, dtype=np.float64)

    @property
    def coverage(self) -> npt.NDArray[np.float64]:
        """Shared over the true lesion's size, shape (P, T), in [0, 1]."""
        return np.asarray(self.shared / self.true_voxels[None, :], dtype=np.float64)

    def by(self, criterion: HitCriterion) -> npt.NDArray[np.float64]:
        """The overlap that a criterion looks at, shape (P, T), in [0, 1]."""
        return self.iou if criterion is HitCriterion.IOU else self.coverage


def instances_of(lesions: Volume) -> Volume:
    """Lesion instances of a lesion mask.

    Parameters
    ----------
    lesions : Volume
        Instances, or a mask with a single value above zero, which is split into its 26-connected components.

    Returns
    -------
    Volume
        0 and the numbers of the instances.
    """
    import cc3d

    if len(values_of(lesions)) > 1:
        return lesions.like(np.where(lesions.array > 0, lesions.array, 0).astype(np.int64))
    return lesions.like(cc3d.connected_components(lesions.array > 0, connectivity=26))


def values_of(lesions: Volume) -> npt.NDArray[np.int64]:
    """The values above zero of a lesion mask, rising; with a single one `instances_of` numbers components instead."""
    values = np.unique(lesions.array)
    return values[values > 0].astype(np.int64)


def overlap_table(predicted: Volume, truth: Volume) -> OverlapTable:
    """Count the voxels that predicted and true instances share.

    Parameters
    ----------
    predicted, truth : Volume
        Instances on one grid.

    Returns
    -------
    OverlapTable
        Rows are predicted lesions, columns true ones, both by rising number.
    """
    inside = (predicted.array > 0) | (truth.array > 0)
    here, there = predicted.array[inside].astype(np.int64), truth.array[inside].astype(np.int64)
    predicted_numbers, rows = np.unique(np.append(here, 0), return_inverse=True)
    true_numbers, columns = np.unique(np.append(there, 0), return_inverse=True)
    counts = np.zeros((predicted_numbers.size, true_numbers.size), dtype=np.int64)
    # The zero appended above gives the background row and column a place; it is not a voxel.
    np.add.at(counts, (rows[:-1], columns[:-1]), 1)
    return OverlapTable(
        predicted_numbers[1:], true_numbers[1:], counts[1:].sum(axis=1), counts[:, 1:].sum(axis=0), counts[1:, 1:]
    )


def match(overlaps: npt.NDArray[np.float64], threshold: float) -> tuple[tuple[int, int], ...]:
    """Pair predictions with truths one to one: as many hits as possible, then the largest sum of overlaps.

    Parameters
    ----------
    overlaps : ndarray, shape (P, T)
        Overlap of every predicted with every true lesion, in [0, 1].
    threshold : float
        A pair is a hit where its overlap lies above this.

    Returns
    -------
    tuple of (int, int)
        Row and column of every hit.
    """
    from scipy.optimize import linear_sum_assignment

    hits = overlaps > threshold
    # All overlaps of an assignment together stay below one hit's gain, so a hit more always wins.
    gain = np.where(hits, min(overlaps.shape) + 1 + overlaps, 0.0)
    rows, columns = linear_sum_assignment(gain, maximize=True)
    return tuple((int(r), int(c)) for r, c in zip(rows, columns, strict=True) if hits[r, c])
