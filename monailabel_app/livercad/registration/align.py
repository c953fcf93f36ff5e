"""One phase laid over the reference phase."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from livercad.core.findings import Registration
from livercad.core.volume import Volume, grid_difference
from livercad.progress import Progress, part, silent
from livercad.registration.carrying import carry
from livercad.registration.mapping import IDENTITY, Mapping
from livercad.registration.quality import Agreement, Judge, first_shift
from livercad.registration.search import find_bend, find_rigid
from livercad.registration.surroundings import Surroundings
from livercad.registration.threads import one_thread

OUTSIDE_HU = -1024
"""What the aligned image shows where the moving image does not reach."""
STILL_MM = 1.0
"""On one grid, a mapping that moves no point of the liver further than this is not worth blurring the image for."""
ALIKE_OVERLAP = 0.97
"""Livers that overlap so (Dice) before anything is done lie within 1 mm of each other, taken over their surface (1.5 l
with 950 cm²). Where a rigid motion finds nothing better either, no bend is searched: in all 20 such pairs of phases of
three phantoms none was taken (the median errors left were 1.4 mm at most), while livers that overlapped by less had
bends where a rigid motion found nothing."""
POOR_OVERLAP = 0.9
"""Livers that overlap less (Dice) are not in one place: the network finds a liver twice to some 0.95. Our choice."""
POOR_SIMILARITY = 0.35
"""Images around the liver that share less (nats) do not show the same thing. Our choice."""


@dataclass(frozen=True, eq=False)
class Aligned:
    """A phase on the reference phase's grid.

    Parameters
    ----------
    image : Volume
        HU, int16, on the fixed grid; `OUTSIDE_HU` where the moving image does not reach.
    liver : Volume
        The moving liver's mask, uint8, 0 or 1, on the fixed grid.
    quality : Registration
        How well they agree.
    mapping : Mapping
        From points of the fixed image to points of the moving image, RAS mm.
    """

    image: Volume
    liver: Volume
    quality: Registration
    mapping: Mapping

    def bring(self, labels: Volume) -> Volume:
        """Bring labels of the moving image to the fixed grid.

        Parameters
        ----------
        labels : Volume
            Whole numbers below 2²⁴, on any grid in the moving image's space.

        Returns
        -------
        Volume
            In the same type: each voxel has the label of the nearest moving voxel, 0 outside of them.
        """
        if self.mapping is IDENTITY and not grid_difference(labels, self.image):
            return self.image.like(labels.array)
        return self.image.like(carry(labels, self.mapping, self.image, "nearest", 0).astype(labels.array.dtype))


@one_thread()
def align(
    moving: Volume, moving_liver: Volume, fixed: Volume, fixed_liver: Volume, progress: Progress = silent
) -> Aligned:
    """Lay a phase over the reference phase, around the liver.

    First a shift from the livers' places, then a rigid motion, then a bend. Of doing nothing, the rigid motion, and
    the rigid motion with the bend, each is taken only where it is better than the one before (`Agreement.beats`). Where
    the livers lie in one place already (`ALIKE_OVERLAP`) and the rigid motion is no better, no bend is searched.
    Computes in one thread: phases are best registered beside each other.

    Parameters
    ----------
    moving : Volume
        HU of the phase, on any grid.
    moving_liver : Volume
        Its liver's mask on that grid, not empty.
    fixed : Volume
        HU of the reference phase.
    fixed_liver : Volume
        Its liver's mask on that grid, not empty.
    progress : Progress
        Told of every step; what it raises ends the work.

    Returns
    -------
    Aligned
        On the grid of `fixed`.

    Raises
    ------
    ValueError
        If a liver is empty or lies on another grid than its image.
    """
    for name, image, liver in (("moving", moving, moving_liver), ("fixed", fixed, fixed_liver)):
        if grid_difference(liver, image) or not liver.array.any():
            raise ValueError(f"The {name} image needs its liver on its own grid, and a liver that is not empty.")
    thick = max(fixed.slice_spacing, moving.slice_spacing)
    judge = Judge(
        Surroundings.of(fixed, fixed_liver, thick),
        Surroundings.of(moving, moving_liver, thick),
        fixed_liver,
        moving_liver,
    )
    same_grid = not grid_difference(moving, fixed)
    before = judge(IDENTITY)
    mapping, after, method = IDENTITY, before, "none"
    if not (same_grid and np.array_equal(moving.array, fixed.array)):
        mapping, after, method = _search(judge, before, part(progress, 0, 0.8))
    shifts = judge.shifts(mapping)
    if same_grid and shifts.max() <= STILL_MM:
        mapping, after, method, shifts = IDENTITY, before, "none", np.zeros(1)
    progress(0.8, 1, "laying the phase over the reference phase")
    image, liver = _on_fixed_grid(moving, moving_liver, mapping, fixed, same_grid and mapping is IDENTITY)
    progress(1, 1, "registration")
    return Aligned(
        image=image,
        liver=liver,
        quality=Registration(
            method=method,
            liver_overlap_before=before.overlap,
            liver_overlap_after=after.overlap,
            similarity_before=before.similarity,
            similarity_after=after.similarity,
            median_shift_mm=float(np.median(shifts)),
            largest_shift_mm=float(shifts.max()),
            is_poor=after.overlap < POOR_OVERLAP or after.similarity < POOR_SIMILARITY,
        ),
        mapping=mapping,
    )


def _search(judge: Judge, before: Agreement, progress: Progress) -> tuple[Mapping, Agreement, str]:
    """The best mapping, how well the images agree with it, and its name."""
    start = first_shift(judge)
    rigid = find_rigid(judge.fixed, judge.moving, start, part(progress, 0, 0.4))
    if before.overlap >= ALIKE_OVERLAP and not judge(rigid).beats(before):
        return IDENTITY, before, "none"
    bent = find_bend(judge.fixed, judge.moving, rigid, part(progress, 0.4, 1))
    best, agreement, method = IDENTITY, before, "none"
    for mapping, name in ((rigid, "rigid"), (bent, "rigid + B-spline")):
        reached = judge(mapping)
        if reached.beats(agreement):
            best, agreement, method = mapping, reached, name
    return best, agreement, method


def _on_fixed_grid(
    moving: Volume, moving_liver: Volume, mapping: Mapping, fixed: Volume, is_there: bool
) -> tuple[Volume, Volume]:
    """The moving image and its liver on the fixed grid."""
    if is_there:
        return fixed.like(moving.array), fixed.like((moving_liver.array > 0).astype(np.uint8))
    image = carry(moving, mapping, fixed, "bilinear", OUTSIDE_HU)
    inside = moving_liver.like((moving_liver.array > 0).astype(np.uint8))
    liver = carry(inside, mapping, fixed, "bilinear", 0) > 0.5
    return fixed.like(np.rint(image).astype(np.int16)), fixed.like(liver.astype(np.uint8))
