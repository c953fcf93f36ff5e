"""How well two images of a liver agree under a mapping."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from livercad.core.geometry import transform_points
from livercad.core.volume import Volume
from livercad.registration.mapping import IDENTITY, Mapping, Points, shifted
from livercad.registration.surroundings import WINDOW_HU, Surroundings

BINS = 32
"""Histogram bins of either image for mutual information."""
PLACES_MM = 4.0
"""About how far apart the places are at which overlap is counted."""
GAIN = 0.02
"""What the sum of similarity (nats) and overlap (Dice) must rise by for a mapping to be better."""
LOSS = 0.01
"""What neither may fall by. Both are our choice."""
LEAST_COVERED = 0.25
"""Images that share less than this part of the fixed liver's surroundings are not compared: their similarity is 0."""


@dataclass(frozen=True)
class Agreement:
    """How well two images of a liver agree.

    Parameters
    ----------
    overlap : float
        Dice of the livers where both images reach.
    similarity : float
        Mutual information of the images around the fixed liver, in nats.
    """

    overlap: float
    similarity: float

    def beats(self, other: Agreement) -> bool:
        """Whether this is better: similarity and overlap rise by `GAIN` together, and neither falls by `LOSS`."""
        similarity, overlap = self.similarity - other.similarity, self.overlap - other.overlap
        return similarity + overlap >= GAIN and min(similarity, overlap) > -LOSS


class Judge:
    """Says how well two images of a liver agree under a mapping.

    Parameters
    ----------
    fixed, moving : Surroundings
        The images around their livers.
    fixed_liver, moving_liver : Volume
        The livers on the images' own grids, which tell how far the images reach.
    """

    def __init__(self, fixed: Surroundings, moving: Surroundings, fixed_liver: Volume, moving_liver: Volume) -> None:
        self.fixed, self.moving = fixed, moving
        self._near = transform_points(np.argwhere(fixed.near), fixed.image.affine)
        self._values = fixed.image.array[fixed.near]
        every = tuple(slice(None, None, max(1, round(PLACES_MM / step))) for step in fixed_liver.spacing)
        chosen = np.zeros(fixed_liver.shape, bool)
        chosen[every] = True
        self._places = transform_points(np.argwhere(chosen), fixed_liver.affine)
        self._is_liver = fixed_liver.array[every].ravel() > 0
        self._moving_liver = moving_liver

    def __call__(self, mapping: Mapping) -> Agreement:
        """Overlap and similarity under a mapping."""
        return Agreement(self.overlap(mapping), self._similarity(mapping))

    def overlap(self, mapping: Mapping) -> float:
        """Dice of the livers at those of the fixed image's places that the moving image reaches."""
        index = transform_points(mapping(self._places), np.linalg.inv(self._moving_liver.affine))
        moved, reached = _sample(self._moving_liver.array, index, order=0)
        moving, fixed = moved[reached] > 0, self._is_liver[reached]
        total = int(moving.sum() + fixed.sum())
        return 2 * int((moving & fixed).sum()) / total if total else 0.0

    def shifts(self, mapping: Mapping) -> npt.NDArray[np.float64]:
        """How far each of the liver's points is moved, in mm."""
        points = self.fixed.liver_points
        return np.asarray(np.linalg.norm(mapping(points) - points, axis=1))

    def _similarity(self, mapping: Mapping) -> float:
        image = self.moving.image
        values, reached = _sample(image.array, transform_points(mapping(self._near), np.linalg.inv(image.affine)))
        if reached.mean() < LEAST_COVERED:
            return 0.0
        return mutual_information(self._values[reached], values[reached])


def first_shift(judge: Judge) -> Mapping:
    """A shift to begin with: none, or that of the livers' centres, tops or bottoms; the one they overlap best with.

    Tops and bottoms serve where an image shows a part of the liver only.
    """
    return max(_shifts(judge.fixed.liver_points, judge.moving.liver_points), key=judge.overlap)


def _shifts(fixed: Points, moving: Points) -> Iterator[Mapping]:
    yield IDENTITY
    for level in (np.mean, np.max, np.min):
        along = float(level(moving[:, 2]) - level(fixed[:, 2]))
        # Across the body, the centres of what both images show of the liver come together.
        low = max(fixed[:, 2].min(), moving[:, 2].min() - along)
        high = min(fixed[:, 2].max(), moving[:, 2].max() - along)
        here, there = (
            points[(points[:, 2] >= low + by) & (points[:, 2] <= high + by)].mean(axis=0)
            for points, by in ((fixed, 0.0), (moving, along))
        )
        yield shifted((*(there - here)[:2], along))


def mutual_information(first: npt.NDArray[np.float32], second: npt.NDArray[np.float32]) -> float:
    """Mutual information of two images' values at the same places.

    Parameters
    ----------
    first, second : ndarray, shape (n,)
        HU in `WINDOW_HU`.

    Returns
    -------
    float
        In nats.
    """
    joint, _, _ = np.histogram2d(first, second, BINS, [WINDOW_HU, WINDOW_HU])
    joint /= joint.sum()
    alone = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    there = joint > 0
    return float((joint[there] * np.log(joint[there] / alone[there])).sum())


def _sample(array: npt.NDArray[Any], index: Points, order: int = 1) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
    """Values at voxel indices, shape (n, 3), and which of them lie inside the array."""
    reached = ((index >= -0.5) & (index <= np.array(array.shape) - 0.5)).all(axis=1)
    return ndimage.map_coordinates(array, index.T, order=order, mode="nearest"), reached
