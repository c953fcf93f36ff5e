"""One list of lesions out of what every phase shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.optimize import linear_sum_assignment

from livercad.core.phases import REFERENCE_ORDER, Phase
from livercad.core.volume import Volume, grid_difference
from livercad.detection.components import LesionsFound
from livercad.detection.overlaps import Comparison, Labels, compare, holds_together

LEAST_OVERLAP = 0.25
"""Share of the smaller one that two candidates must have in common to be one lesion: lesions that touch share less, one
lesion outlined in two phases shares more. Our choice."""
NEAR_MM = 10.0
"""Or their centres lie this close, as those of small lesions do that a breath has moved. Our choice."""
MOSTLY = 0.5
"""Share of a piece that must lie in a lesion to be a part of it."""
LONE_SCORE, LONE_ML = 0.75, 0.5
"""What only one phase shows, and not the reference phase, must have this score and volume (a ball of 10 mm). The
network was trained on portal images; in other phases it marks specks as surely as tumours. LI-RADS v2018 trusts
arterial hyperenhancement from 10 mm on. Our choice."""


@dataclass(frozen=True)
class Matched:
    """The lesions of a study.

    Parameters
    ----------
    instances : Volume
        uint16, 0 or the lesion's number, largest lesion first, on the reference phase's grid. Two lesions that touch
        are two numbers; a lesion that the reference phase shows in pieces and another phase in one is several pieces of
        one number.
    scores : dict of int to float
        The best score in any phase, in [0, 1], by number.
    visible_in : dict of int to tuple of Phase
        The phases that a lesion was found in, by number, in the order in which phases are taken.
    """

    instances: Volume
    scores: dict[int, float]
    visible_in: dict[int, tuple[Phase, ...]]


def match_lesions(found: Mapping[Phase, LesionsFound], reference: Phase) -> Matched:
    """Make one list of the candidates of all phases.

    Phase by phase, the reference phase first, candidates are assigned one to one to the lesions so far, so that their
    Dice coefficients add up to the most. What is left over and lies mostly in a lesion is a piece of it. Lesions that
    lie mostly in one candidate are one lesion if it holds together between them
    (`livercad.detection.overlaps.holds_together`); otherwise they touch there, and stay apart. The rest is new.

    A lesion has the outline that the reference phase gives it, else that of the phase that is surest of it; where the
    reference phase shows pieces of less than half of it, that of the phase that shows it whole. Where outlines overlap,
    the reference phase's voxels stay, then those of phases read earlier (portal, delayed, arterial, unenhanced).

    Parameters
    ----------
    found : mapping of Phase to LesionsFound
        Candidates of every phase, brought to the reference phase's grid.
    reference : Phase
        One of `found`.

    Returns
    -------
    Matched
        On that grid.

    Raises
    ------
    ValueError
        If the reference phase is missing, or another phase's candidates are not on its grid.
    """
    if reference not in found:
        raise ValueError(f"The candidates of the reference phase ({reference}) are missing.")
    whole = found[reference].instances
    for phase, candidates in found.items():
        difference = grid_difference(candidates.instances, whole)
        if difference:
            raise ValueError(f"The {phase} candidates are not on the reference phase's grid: {difference}.")
    start, stop = _bounds([candidates.instances for candidates in found.values()])
    order = (reference, *(phase for phase in REFERENCE_ORDER if phase in found and phase is not reference))
    views = {phase: _View(found[phase].instances.crop(start, stop), found[phase].scores) for phase in order}
    lesions: list[_Lesion] = []
    for phase in order:
        _add_phase(lesions, phase, views)
    lesions = [lesion for lesion in lesions if reference in lesion.parts or _is_plausible(lesion, views)]
    painted, ranked = _ranked(_paint(lesions, views))
    instances = np.zeros(whole.shape, dtype=np.uint16)
    instances[tuple(slice(a, b) for a, b in zip(start, stop, strict=True))] = painted
    named = {number: lesions[index] for number, index in enumerate(ranked, start=1)}
    return Matched(
        whole.like(instances),
        {number: max(lesion.scores(views).values()) for number, lesion in named.items()},
        {number: tuple(phase for phase in Phase if phase in lesion.visible_in) for number, lesion in named.items()},
    )


@dataclass(frozen=True)
class _View:
    """The candidates of one phase, on the block that holds those of all."""

    instances: Volume
    scores: dict[int, float]

    @cached_property
    def sizes_ml(self) -> npt.NDArray[np.float64]:
        """Volumes of the candidates, by number."""
        array = self.instances.array
        return np.bincount(array[array > 0]) * self.instances.voxel_volume_ml


@dataclass
class _Lesion:
    """A lesion so far.

    Parameters
    ----------
    parts : dict of Phase to list of int
        Its candidates.
    also_in : set of Phase
        Phases that show it in a candidate of another lesion.
    whole_in : Phase or None
        The phase that shows it whole, where those before show pieces of less than half of it.
    """

    parts: dict[Phase, list[int]]
    also_in: set[Phase] = field(default_factory=set)
    whole_in: Phase | None = None

    @property
    def visible_in(self) -> set[Phase]:
        return self.also_in | set(self.parts)

    def scores(self, views: Mapping[Phase, _View]) -> dict[Phase, float]:
        """The best score of its candidates by phase, in the order in which phases are read."""
        return {p: max(view.scores[n] for n in self.parts[p]) for p, view in views.items() if p in self.parts}

    def outline(self, views: Mapping[Phase, _View]) -> Phase:
        """The phase that it has its outline from."""
        if self.whole_in:
            return self.whole_in
        scores = self.scores(views)
        reference = next(iter(views))
        return reference if reference in scores else max(scores, key=lambda phase: scores[phase])

    def take(self, other: _Lesion) -> None:
        """Make another lesion a part of this one."""
        self.also_in |= other.also_in
        self.whole_in = self.whole_in or other.whole_in
        for phase, numbers in other.parts.items():
            self.parts.setdefault(phase, []).extend(numbers)


def _add_phase(lesions: list[_Lesion], phase: Phase, views: Mapping[Phase, _View]) -> None:
    """Give a phase's candidates to the lesions so far, and make new lesions of the rest."""
    so_far, view = _paint(lesions, views), views[phase]
    candidates = view.instances.array
    table = compare(so_far, len(lesions), candidates, max(view.scores, default=0), view.instances)
    there = [number for number in sorted(view.scores) if table.columns[number - 1]]
    blocks = ndimage.find_objects(candidates) if there else []
    partner = _assign(table)
    joined: list[tuple[int, int]] = []
    for number in there:
        column = number - 1
        held = [row for row in np.flatnonzero(table.of_rows[:, column] >= MOSTLY) if row not in partner.values()]
        if column in partner:
            whole, block = partner[column], blocks[column]
            lesions[whole].take(_Lesion({phase: [number]}))
            pieces = [whole]
            for row in held:
                lesions[row].also_in.add(phase)
                inside = so_far[block]
                if holds_together(candidates[block] == number, inside == whole + 1, inside == row + 1, view.instances):
                    pieces.append(row)
            joined += [(whole, row) for row in pieces[1:]]
            if len(pieces) > 1 and table.rows[pieces].sum() < MOSTLY * table.columns[column]:
                lesions[whole].whole_in = phase
        elif table.of_columns[:, column].sum() >= MOSTLY:
            lesions[int(np.argmax(table.shared[:, column]))].take(_Lesion({phase: [number]}))
        else:
            lesions.append(_Lesion({phase: [number]}))
    for whole, row in joined:
        lesions[whole].take(lesions[row])
    for row in sorted({row for _, row in joined}, reverse=True):
        del lesions[row]


def _assign(table: Comparison) -> dict[int, int]:
    """The row of every column that has one: as much overlap as possible, closeness where there is none."""
    closeness = np.clip(1 - table.distance_mm / NEAR_MM, 0, None)
    allowed = (table.of_smaller >= LEAST_OVERLAP) | (closeness > 0)
    gain = np.where(allowed, table.dice + 0.1 * closeness, 0.0)
    rows, columns = linear_sum_assignment(gain, maximize=True)
    return {int(c): int(r) for r, c in zip(rows, columns, strict=True) if gain[r, c] > 0}


def _is_plausible(lesion: _Lesion, views: Mapping[Phase, _View]) -> bool:
    """Whether to believe in a lesion that the reference phase does not show."""
    if len(lesion.visible_in) > 1:
        return True
    ((phase, numbers),) = lesion.parts.items()
    return lesion.scores(views)[phase] >= LONE_SCORE and views[phase].sizes_ml[numbers].sum() >= LONE_ML


def _paint(lesions: Sequence[_Lesion], views: Mapping[Phase, _View]) -> Labels:
    """A map of the lesions so far, each its index and one; phases read earlier lie over later ones."""
    shape = next(iter(views.values())).instances.shape
    painted = np.zeros(shape, dtype=np.int32)
    for phase, view in views.items():
        colors = np.zeros(max(view.scores, default=0) + 1, dtype=np.int32)
        for color, lesion in enumerate(lesions, start=1):
            if lesion.outline(views) is phase:
                colors[lesion.parts[phase]] = color
        if colors.any():
            painted = np.where(painted > 0, painted, colors[view.instances.array])
    return painted


def _ranked(painted: Labels) -> tuple[npt.NDArray[np.uint16], list[int]]:
    """The map numbered from the largest lesion on, and the lesions' indices in that order."""
    sizes = np.bincount(painted.ravel(), minlength=1)[1:]
    ranked = sorted((int(index) for index in np.flatnonzero(sizes)), key=lambda index: -sizes[index])
    numbers = np.zeros(len(sizes) + 1, dtype=np.uint16)
    for number, index in enumerate(ranked, start=1):
        numbers[index + 1] = number
    return numbers[painted], ranked


def _bounds(maps: Sequence[Volume]) -> tuple[list[int], list[int]]:
    """First voxel, and the voxel after the last, of everything but 0 in any of the maps."""
    blocks = [block for volume in maps for block in ndimage.find_objects(volume.array) if block is not None]
    if not blocks:
        return [0, 0, 0], [0, 0, 0]
    return (
        [min(block[axis].start for block in blocks) for axis in range(3)],
        [max(block[axis].stop for block in blocks) for axis in range(3)],
    )
