"""Voxels of one segment, cut out of the reference image's grid; numpy only, so that worker threads can use them."""

import hashlib
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from livercad.core.geometry import Point, corners_of, transform_points
from livercad.core.taxonomy import Label
from livercad.core.volume import Volume

Shape = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class Mask:
    """Voxels on a grid, trimmed: every side of the array touches one.

    Parameters
    ----------
    start : tuple of int
        IJK of the array's first voxel in the grid.
    array : ndarray of bool, shape (I, J, K)
        True at least once.
    """

    start: Shape
    array: np.ndarray

    @classmethod
    def of(cls, array: np.ndarray, start: Shape = (0, 0, 0)) -> "Mask | None":
        """Trim an array.

        Parameters
        ----------
        array : ndarray, shape (I, J, K)
            Everything but 0 belongs to the segment.
        start : tuple of int
            IJK of its first voxel in the grid.

        Returns
        -------
        Mask or None
            A copy; None where nothing belongs to the segment.
        """
        inside = np.asarray(array) != 0
        box = boxesOf(inside.view(np.uint8)).get(1)
        if box is None:
            return None
        i, j, k = (first + part.start for first, part in zip(start, box, strict=True))
        return cls((i, j, k), inside[box].copy())

    @property
    def block(self) -> tuple[slice, ...]:
        """Where the array lies in the grid."""
        return tuple(slice(a, a + n) for a, n in zip(self.start, self.array.shape, strict=True))

    @property
    def voxels(self) -> int:
        """How many."""
        return int(np.count_nonzero(self.array))

    @property
    def fingerprint(self) -> str:
        """Equal for equal voxels at the same place only; the same in every session."""
        told = hashlib.sha256(repr((self.start, self.array.shape)).encode())
        told.update(np.packbits(self.array).tobytes())
        return told.hexdigest()[:16]

    def toVolume(self, affine: np.ndarray) -> Volume:
        """Return the array where it lies in the patient; `affine` is the grid's."""
        moved = np.array(affine, dtype=float)
        moved[:3, 3] = transform_points(self.start, affine)
        return Volume(self.array, moved)


def union(masks: list[Mask]) -> Mask:
    """Voxels of any of the masks; there must be one."""
    first = np.min([mask.start for mask in masks], axis=0)
    last = np.max([np.add(mask.start, mask.array.shape) for mask in masks], axis=0)
    array = np.zeros(last - first, dtype=bool)
    for mask in masks:
        block = tuple(slice(a.start - f, a.stop - f) for a, f in zip(mask.block, first, strict=True))
        array[block] |= mask.array
    return Mask((int(first[0]), int(first[1]), int(first[2])), array)


def without(mask: Mask, others: list[Mask]) -> Mask | None:
    """Voxels of the mask that none of the others has; None where nothing is left."""
    array = mask.array.copy()
    for other in others:
        low = np.maximum(mask.start, other.start)
        high = np.minimum(np.add(mask.start, array.shape), np.add(other.start, other.array.shape))
        if (low < high).all():
            mine = tuple(slice(a - s, b - s) for a, b, s in zip(low, high, mask.start, strict=True))
            its = tuple(slice(a - s, b - s) for a, b, s in zip(low, high, other.start, strict=True))
            array[mine] &= ~other.array[its]
    return Mask.of(array, mask.start)


def ball(center: Point, diameter: float, shape: Shape, affine: np.ndarray) -> Mask | None:
    """Voxels of a ball, at least the one at its centre.

    Parameters
    ----------
    center : tuple of float
        RAS mm.
    diameter : float
        In mm.
    shape : tuple of int
        The grid's voxels along I, J, K.
    affine : ndarray, shape (4, 4)
        The grid's, IJK to RAS mm.

    Returns
    -------
    Mask or None
        Voxels whose centres lie in the ball and in the grid; None where the ball's centre is outside of the grid.
    """
    toVoxels = np.linalg.inv(affine)
    middle = np.round(transform_points(center, toVoxels)).astype(int)
    if (middle < 0).any() or (middle >= shape).any():
        return None
    half = np.full(3, diameter / 2)
    corners = transform_points(corners_of(np.subtract(center, half), np.add(center, half)), toVoxels)
    first = np.clip(np.floor(corners.min(axis=0)), 0, None).astype(int)
    last = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + 1, shape)
    voxels = np.moveaxis(np.indices(last - first), 0, -1) + first
    array = np.linalg.norm(transform_points(voxels, affine) - np.asarray(center), axis=-1) <= diameter / 2
    array[tuple(middle - first)] = True
    return Mask.of(array, (int(first[0]), int(first[1]), int(first[2])))


def masksOf(instances: np.ndarray) -> dict[int, Mask]:
    """The lesions of a map of instances, shape (I, J, K), by their numbers."""
    return {
        number: Mask.of(instances[box] == number, tuple(part.start for part in box))
        for number, box in boxesOf(instances).items()
    }


def boxesOf(array: np.ndarray) -> dict[int, tuple[slice, ...]]:
    """Where each value above 0 of an array of whole numbers lies, found in one pass."""
    if array.strides[0] < array.strides[-1]:  # the other way round, memory would be crossed at every step
        return {value: box[::-1] for value, box in boxesOf(array.transpose()).items()}
    return {value: box for value, box in enumerate(ndimage.find_objects(array), start=1) if box}


def mapsOf(shape: Shape, liver: Mask | None, lesions: dict[int, Mask]) -> tuple[np.ndarray, np.ndarray]:
    """Make the two maps of a case.

    Parameters
    ----------
    shape : tuple of int
        The grid's voxels along I, J, K.
    liver : Mask or None
        With or without its lesions.
    lesions : dict of int to Mask
        By number. Where lesions overlap, a voxel is the smallest one's, so that none is lost in another.

    Returns
    -------
    label : ndarray of uint8, shape (I, J, K)
        `Label` values: lesions over liver.
    instances : ndarray of uint16, shape (I, J, K)
        0, or the lesion's number.
    """
    # I runs fastest in memory, as in files, so that writing needs no copy.
    label = np.zeros(shape, dtype=np.uint8, order="F")
    instances = np.zeros(shape, dtype=np.uint16, order="F")
    if liver:
        label[liver.block][liver.array] = Label.LIVER
    for number, mask in sorted(lesions.items(), key=lambda item: -item[1].voxels):
        label[mask.block][mask.array] = Label.LESION
        instances[mask.block][mask.array] = number
    return label, instances
