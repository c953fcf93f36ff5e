"""Whether a volume can be a CT in Hounsfield units, on a grid that makes sense."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from livercad.core.volume import Volume
from livercad.errors import InputError

FEWEST_SLICES = 3
SPACING_MM = (0.05, 30.0)
"""Voxel sizes taken for millimetres; outside it the header is probably in metres or micrometres."""
FAT_BELOW_HU, LEAST_FAT = -30.0, 0.005
"""A body shows fat (about -100 HU), and mostly lung and air; even a tight crop of a liver has some."""
BONE_ABOVE_HU, MOST_BONE = 700.0, 0.10
"""Only compact bone, metal and dense contrast medium lie above it: a few per cent of a body."""
TISSUE_HU, LEAST_TISSUE = (-150.0, 250.0), 0.03
"""Fat to enhanced organs: some part of every CT of a body, however much air lies around it."""
SLAB = 16


@dataclass(frozen=True)
class Values:
    """What the values of a volume look like.

    Parameters
    ----------
    minimum, maximum : float
        Over all finite voxels.
    unusable : int
        Number of voxels that are NaN or infinite.
    air, fat_or_air, tissue, bone : float
        Shares of voxels below -500, below `FAT_BELOW_HU`, within `TISSUE_HU`, above `BONE_ABOVE_HU`; 0 to 1.
    """

    minimum: float
    maximum: float
    unusable: int
    air: float
    fat_or_air: float
    tissue: float
    bone: float


def check_ct(volume: Volume, source: object) -> None:
    """Refuse what is no CT in HU.

    Crops, padding outside the field of view (-2000, -3024) and windowed CT pass; MR, label maps, 8-bit images and
    CT without its offset do not.

    Parameters
    ----------
    volume : Volume
        As read.
    source : object
        What to call it in the message.

    Raises
    ------
    InputError
        With the values that were found and their likely cause.
    """
    _check_grid(volume, source)
    values = values_of(volume.array)
    if values.unusable:
        raise InputError(
            source,
            found=f"{values.unusable} voxels that are NaN or infinite",
            expected="a number in every voxel",
            todo="Fill them with -1024 (air), or export the study again.",
        )
    cause = _why_not_ct(values)
    if cause:
        raise InputError(
            source,
            found=f"values from {values.minimum:g} to {values.maximum:g}, {100 * values.air:.1f} % of them below -500; "
            f"{cause}",
            expected="CT in Hounsfield units (air -1000, fat -100, organs 20 to 200)",
            todo="Hand in the original CT, with rescale slope and intercept applied.",
        )


def values_of(array: npt.NDArray[np.generic]) -> Values:
    """Sum up the values of an array, a few slices at a time.

    Parameters
    ----------
    array : ndarray, shape (I, J, K)
        Real numbers; NaN and infinity are counted and left aside.

    Returns
    -------
    Values
        Range and shares.
    """
    low, high, unusable = np.inf, -np.inf, 0
    counts = np.zeros(4)
    for slab in _slabs(array):
        if slab.dtype.kind == "f":
            finite = np.isfinite(slab)
            unusable += int(slab.size - np.count_nonzero(finite))
            slab = slab[finite]
        if slab.size:
            low, high = min(low, float(slab.min())), max(high, float(slab.max()))
            within = (slab >= TISSUE_HU[0]) & (slab <= TISSUE_HU[1])
            parts = (slab < -500, slab < FAT_BELOW_HU, within, slab > BONE_ABOVE_HU)
            counts += [np.count_nonzero(part) for part in parts]
    air, fat, tissue, bone = counts / max(array.size, 1)
    return Values(low, high, unusable, float(air), float(fat), float(tissue), float(bone))


def _slabs(array: npt.NDArray[np.generic]) -> Iterator[npt.NDArray[Any]]:
    for start in range(0, array.shape[2], SLAB):
        yield array[:, :, start : start + SLAB]


def _check_grid(volume: Volume, source: object) -> None:
    size = " × ".join(map(str, volume.shape))
    if min(volume.shape) < FEWEST_SLICES:
        raise InputError(
            source,
            found=f"{size} voxels, which is a 2-D image",
            expected=f"a volume of at least {FEWEST_SLICES} slices",
            todo="Hand in the whole CT volume.",
        )
    if not all(SPACING_MM[0] <= length <= SPACING_MM[1] for length in volume.spacing):
        raise InputError(
            source,
            found="a voxel size of " + " × ".join(f"{length:g}" for length in volume.spacing) + " mm",
            expected=f"voxels of {SPACING_MM[0]:g} to {SPACING_MM[1]:g} mm",
            todo="Correct the spacing in the header (is it in metres or micrometres?) or convert the study again.",
        )


def _why_not_ct(values: Values) -> str:
    """The likely cause, or nothing when it may well be a CT."""
    low, high = values.minimum, values.maximum
    if low == high:
        return "every voxel is the same"
    if high - low <= 20:
        return "this looks like a label map, or like an image normalised to a small range"
    if low >= 0 and high <= 255:
        return "this looks like an 8-bit image windowed for display, or like a label map"
    if values.bone > MOST_BONE:
        return (
            f"{100 * values.bone:.0f} % lie above {BONE_ABOVE_HU:g}, where only bone and metal do: "
            "this looks like MR, or like a CT with an offset of +1024 (rescale intercept not applied)"
        )
    if values.fat_or_air < LEAST_FAT:
        return f"only {100 * values.fat_or_air:.1f} % lie below {FAT_BELOW_HU:g} (fat and air): this looks like MR"
    if values.tissue < LEAST_TISSUE:
        return f"only {100 * values.tissue:.1f} % lie between -150 and 250, where organs do"
    return ""
