"""Ten groups of cases, each the test set once (section 2.6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import StratifiedKFold


@dataclass(frozen=True)
class Fold:
    """Which cases learn, choose and test; no case does two of these.

    Parameters
    ----------
    training, validation, test : ndarray of int
        Places of the cases in the list that was divided, ascending.
    """

    training: npt.NDArray[np.intp]
    validation: npt.NDArray[np.intp]
    test: npt.NDArray[np.intp]


def folds_of(kinds: Sequence[str], count: int = 10, seed: int = 0) -> list[Fold]:
    """Divide cases at random into groups with about as many of each type.

    Parameters
    ----------
    kinds : sequence of str
        Type of each case's tumour.
    count : int, default 10
        Groups, k of section 2.6; 3 or more.
    seed : int, default 0
        Of the division.

    Returns
    -------
    list of Fold
        One group tests, the next one validates (the last one's next is the first), all others train.

    Raises
    ------
    ValueError
        If there are fewer than 3 groups, or fewer cases of a type than groups.
    """
    numbers = dict(zip(*np.unique(kinds, return_counts=True), strict=True))
    rare = {str(kind): int(number) for kind, number in numbers.items() if number < count}
    if count < 3 or rare:
        raise ValueError(
            f"Folds: found {count} groups and types with few cases {rare}; expected 3 groups or more, and "
            "a case of each type for every group."
        )
    splitter = StratifiedKFold(count, shuffle=True, random_state=seed)
    groups = [test for _, test in splitter.split(np.zeros(len(kinds)), np.asarray(kinds))]
    return [
        Fold(
            np.sort(np.concatenate([groups[other] for other in range(count) if other not in (one, (one + 1) % count)])),
            groups[(one + 1) % count],
            groups[one],
        )
        for one in range(count)
    ]
