"""Why training cases are left out of trainings, for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from livercad.learning.pool import STRICTEST, Pool, Side

MOST_NAMED = 3


def reasons_of(pool: Pool) -> dict[str, str]:
    """Say of every case that is left out where it belongs.

    Parameters
    ----------
    pool : Pool
        The sides of a folder's cases.

    Returns
    -------
    dict of str to str
        By case, the rest of a sentence that begins with it: ``belongs with case-7 (validation) by patient or image,
        directly or through other cases``.
    """
    sides = pool.sides()
    return {case: _reason(others, sides) for case, others in pool.left_out().items()}


def _reason(others: Sequence[str], sides: Mapping[str, Side]) -> str:
    on = {side: [other for other in others if sides[other] is side] for side in STRICTEST}
    told = " and ".join(f"{names_of(names)} ({side})" for side, names in on.items() if names)
    return f"belongs with {told} by patient or image, directly or through other cases"


def names_of(cases: Sequence[str]) -> str:
    """Name a few cases: ``case-1, case-2, case-3 and 4 more``."""
    more = f" and {len(cases) - MOST_NAMED} more" if len(cases) > MOST_NAMED else ""
    return ", ".join(cases[:MOST_NAMED]) + more
