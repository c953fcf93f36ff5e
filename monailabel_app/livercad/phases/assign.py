"""Which of several volumes of one patient is which phase."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.phases.recognize import PhaseGuess

LEAST_PROBABILITY = 0.3
"""A phase less probable than this is not given to a volume only because no other has it: it is hardly more than the
0.25 of not knowing, and a second portal volume is better left out than called delayed."""

EQUAL = 0.1
"""Volumes whose probabilities of a phase are no further apart show it alike, as one scan reconstructed twice does. Our
choice."""


def assign_phases(
    guesses: Sequence[PhaseGuess], told: Sequence[Phase | None], images: Sequence[Volume] = ()
) -> tuple[Phase | None, ...]:
    """Give every volume its phase, each phase to one volume at most.

    Parameters
    ----------
    guesses : sequence of PhaseGuess
        What each volume's image says.
    told : sequence of Phase or None
        What its name or a table says, which holds.
    images : sequence of Volume, optional
        The volumes. Of those that show one phase alike (`EQUAL`), the one with the thinnest slices is taken, then the
        one that reaches furthest from head to feet.

    Returns
    -------
    tuple of Phase or None
        The told phases, and for the others those with the highest sum of probabilities; None for what is left out.
    """
    open_volumes = [n for n, phase in enumerate(told) if phase is None]
    free = [phase for phase in Phase if phase not in told]
    gain = np.array([[guesses[n].probabilities[phase] for phase in free] for n in open_volumes])
    # A column a volume stands for leaving it out.
    leaving_out = np.full((len(open_volumes), len(open_volumes)), LEAST_PROBABILITY)
    table = np.hstack([gain.reshape(len(open_volumes), len(free)), leaving_out])
    assigned = list(told)
    for row, column in zip(*linear_sum_assignment(table, maximize=True), strict=True):
        assigned[open_volumes[row]] = free[column] if column < len(free) else None
    if images:
        _take_finer(assigned, open_volumes, guesses, images)
    return tuple(assigned)


def _take_finer(
    assigned: list[Phase | None], choice: Sequence[int], guesses: Sequence[PhaseGuess], images: Sequence[Volume]
) -> None:
    """Let volumes that are left out stand for the phase of coarser ones that show it alike."""

    def coarseness(number: int) -> tuple[float, float]:
        image = images[number]
        # Headers hold single precision.
        return round(image.slice_spacing, 2), -round(image.slice_spacing * image.slice_count)

    for finer in sorted((n for n in choice if assigned[n] is None), key=coarseness):
        probabilities = guesses[finer].probabilities
        for taken in choice:
            phase = assigned[taken]
            if phase is None or coarseness(finer) >= coarseness(taken):
                continue
            if probabilities[phase] >= max(LEAST_PROBABILITY, guesses[taken].probabilities[phase] - EQUAL):
                assigned[finer], assigned[taken] = phase, None
                break
