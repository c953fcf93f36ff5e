"""Which cases belong together: by a patient or an image in common, directly or through others."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set

import numpy as np


def kin_of(chosen: Set[str], ties: Mapping[str, Collection[str]]) -> dict[str, tuple[str, ...]]:
    """Find those of some cases that belong with others.

    Parameters
    ----------
    chosen : set of str
        The cases that are asked for.
    ties : mapping of str to collection of str
        By case, all cases: what it has in common with those it belongs with.

    Returns
    -------
    dict of str to tuple of str
        By chosen case, sorted, the cases beside the chosen ones that it belongs with; without those that have none.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    pairs = [(row, tie) for row, each in enumerate(ties.values()) for tie in each]
    columns = {tie: len(ties) + number for number, tie in enumerate(dict.fromkeys(tie for _, tie in pairs))}
    size = len(ties) + len(columns)
    edges = [row for row, _ in pairs], [columns[tie] for _, tie in pairs]
    numbers = connected_components(coo_array((np.ones(len(pairs), np.int8), edges), shape=(size, size)), False)[1]
    others: dict[int, list[str]] = {}
    for case, number in zip(ties, numbers, strict=False):
        if case not in chosen:
            others.setdefault(int(number), []).append(case)
    found = {case: others.get(int(number)) for case, number in zip(ties, numbers, strict=False) if case in chosen}
    return {case: tuple(sorted(kin)) for case, kin in found.items() if kin}
