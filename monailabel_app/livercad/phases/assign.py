"""Which of several volumes of one patient is which phase."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from livercad.core.phases import Phase
from livercad.phases.recognize import PhaseGuess

LEAST_PROBABILITY = 0.3
"""A phase less probable than this is not given to a volume only because no other has it: it is hardly more than the
0.25 of not knowing, and a second portal volume is better left out than called delayed."""


def assign_phases(guesses: Sequence[PhaseGuess], told: Sequence[Phase | None]) -> tuple[Phase | None, ...]:
    """Give every volume its phase, each phase to one volume at most.

    Parameters
    ----------
    guesses : sequence of PhaseGuess
        What each volume's image says.
    told : sequence of Phase or None
        What its name or a table says, which holds.

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
    return tuple(assigned)
