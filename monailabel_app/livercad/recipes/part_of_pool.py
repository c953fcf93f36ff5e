"""Some cases of a large pool, for the validations during a training."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence

from livercad.learning.cases import LabelledCase


def part_of_pool(pool: Sequence[LabelledCase], count: int) -> tuple[LabelledCase, ...]:
    """Choose cases by a hash of their patients: the same ones whatever their order, of as many patients as there are.

    Parameters
    ----------
    pool : sequence of LabelledCase
        To choose from.
    count : int
        How many.

    Returns
    -------
    tuple of LabelledCase
        In the order of `pool`.
    """
    taken: Counter[str] = Counter()
    order: dict[str, tuple[int, str]] = {}
    for case in sorted(pool, key=lambda case: _digest(case.case)):
        order[case.case] = taken[case.patient], _digest(case.patient)  # everybody's first case before anybody's second
        taken[case.patient] += 1
    chosen = set(sorted(order, key=order.__getitem__)[:count])
    return tuple(case for case in pool if case.case in chosen)


def _digest(name: str) -> str:
    return hashlib.sha256(f"livercad validation {name}".encode()).hexdigest()
