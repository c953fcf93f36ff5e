"""Boxes that a 2-D detector draws slice by slice, linked to lesions in three dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import nibabel as nib
import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from livercad.core.geometry import Box, Frame
from livercad.core.volume import Volume

ORIENTATION = "LPI"
"""Columns run to the patient's left, rows to the back, slices to the feet: as axial slices are looked at, and as
DeepLesion's are stored."""
LEAST_OVERLAP = 0.5
"""Of the smaller box, from which boxes of neighbouring slices are one lesion. Our choice: the small sections at a
lesion's poles lie within those beside them, while their IoU is next to nothing; other lesions' boxes seldom share as
much."""
GAP = 1
"""Slices that may lack a box within a lesion. Our choice."""
SURE = 0.5
"""Boxes of at least this share of a lesion's best score say how far it reaches in its slices. Our choice: the unsure
ones at its poles are the least exact."""


@dataclass(frozen=True)
class SliceBox:
    """A box in one slice of a stack.

    Parameters
    ----------
    slice : int
        Index along the third axis.
    corners : tuple of float
        x_min, y_min, x_max, y_max along the first and second axis, from the outer edge of the first voxel.
    score : float
        How sure the detector is, in [0, 1].
    """

    slice: int
    corners: tuple[float, float, float, float]
    score: float


@dataclass(frozen=True)
class DetectedLesion:
    """A lesion that a detector has found.

    Parameters
    ----------
    box : Box
        In RAS mm.
    score : float
        In [0, 1].
    """

    box: Box
    score: float


def axial_stack(volume: Volume) -> Volume:
    """Turn and flip a volume's axes so that its third runs across axial slices; nothing is interpolated.

    Parameters
    ----------
    volume : Volume
        Of any orientation, oblique ones too.

    Returns
    -------
    Volume
        Its axes as near to `ORIENTATION` as they go; what it shows stays where it is in the patient.
    """
    wanted = nib.orientations.axcodes2ornt(ORIENTATION)
    turn = nib.orientations.ornt_transform(nib.io_orientation(volume.affine), wanted)
    array = np.ascontiguousarray(nib.orientations.apply_orientation(volume.array, turn))
    return Volume(array, volume.affine @ nib.orientations.inv_ornt_aff(turn, volume.shape))


def link_boxes(
    boxes: Sequence[SliceBox], stack: Volume, *, least_overlap: float = LEAST_OVERLAP, gap: int = GAP
) -> list[DetectedLesion]:
    """Link boxes of neighbouring slices.

    From slice to slice, boxes are given one to one to the lesions so far, so that their IoUs with each lesion's last
    box add up to the most, of pairs of which the smaller box lies enough in the other; what is left over begins a
    lesion. A lesion reaches from its first slice to its last, within the slices as far as its surer boxes do, and is as
    sure as its surest box.

    Parameters
    ----------
    boxes : sequence of SliceBox
        In any order.
    stack : Volume
        As `axial_stack` gives it: says where slices lie.
    least_overlap : float
        Share of the smaller box that two boxes need to have in common.
    gap : int
        Slices that may lack a box.

    Returns
    -------
    list of DetectedLesion
        The surest first.
    """
    lesions: list[list[SliceBox]] = []
    for index in sorted({box.slice for box in boxes}):
        here = [box for box in boxes if box.slice == index]
        open_ = [lesion for lesion in lesions if index - lesion[-1].slice <= gap + 1]
        taken = set()
        if open_:
            ious, shares = _overlaps([lesion[-1] for lesion in open_], here)
            # What overlaps too little must not keep a pair apart that overlaps enough.
            enough = np.where(shares >= least_overlap, ious, 0.0)
            for row, column in zip(*linear_sum_assignment(-enough), strict=True):
                if enough[row, column] > 0:
                    open_[row].append(here[column])
                    taken.add(int(column))
        lesions += [[box] for column, box in enumerate(here) if column not in taken]
    found = [DetectedLesion(_box_of(lesion, stack), max(box.score for box in lesion)) for lesion in lesions]
    return sorted(found, key=lambda lesion: -lesion.score)


def _overlaps(
    before: Sequence[SliceBox], here: Sequence[SliceBox]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """IoU, and what both share of the smaller one, shape (before, here)."""
    one = np.array([box.corners for box in before])[:, None, :]
    other = np.array([box.corners for box in here])[None, :, :]
    sides = np.minimum(one[..., 2:], other[..., 2:]) - np.maximum(one[..., :2], other[..., :2])
    shared = np.clip(sides, 0, None).prod(axis=-1)
    areas = [(each[..., 2:] - each[..., :2]).prod(axis=-1) for each in (one, other)]
    return _ratio(shared, areas[0] + areas[1] - shared), _ratio(shared, np.minimum(*areas))


def _ratio(shared: npt.NDArray[np.float64], whole: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.divide(shared, whole, out=np.zeros_like(shared), where=whole > 0)


def _box_of(lesion: Sequence[SliceBox], stack: Volume) -> Box:
    best = max(box.score for box in lesion)
    corners = np.array([box.corners for box in lesion if box.score >= SURE * best])
    low, high = corners[:, :2].min(axis=0) - 0.5, corners[:, 2:].max(axis=0) - 0.5
    first, last = float(lesion[0].slice) - 0.5, float(lesion[-1].slice) + 0.5
    box = Box((float(low[0]), float(low[1]), first), (float(high[0]), float(high[1]), last), Frame.IJK)
    return box.to(Frame.RAS, stack.affine)
