"""Training, validation and test: 4/6, 1/6 and 1/6, by image as the paper, and by patient (section 4.3)."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

PARTS = 6
"""Of which training has four, validation and test one each (section 4.3)."""


class Split(StrEnum):
    """How images are divided."""

    IMAGE = "image"
    """Each image by itself, as the paper."""
    PATIENT = "patient"
    """All images of a patient, and copies of them, on one side."""


class Side(StrEnum):
    """What an image is for."""

    TRAINING = "training"
    VALIDATION = "validation"
    TEST = "test"


Sides = tuple[Side, ...]
"""Of each image."""


def divide(kinds: Sequence[str], groups: Sequence[int], split: Split, seed: int) -> Sides:
    """Divide images, each side with about the same share of every class ("uniformly distributed").

    Parameters
    ----------
    kinds : sequence of str
        Class of each image.
    groups : sequence of int
        Which images belong together.
    split : Split
        How.
    seed : int
        Of what is drawn.

    Returns
    -------
    tuple of Side
        Of each image.

    Raises
    ------
    ValueError
        If there are fewer than `PARTS` images, or groups, of every class.
    """
    splitter: Any = StratifiedKFold if split is Split.IMAGE else StratifiedGroupKFold
    together = None if split is Split.IMAGE else groups
    nothing = np.zeros(len(kinds))
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", UserWarning
        )  # a class that is too rare for a side is told by who looks at sides
        parts = [test for _, test in splitter(PARTS, shuffle=True, random_state=seed).split(nothing, kinds, together)]
    sides = [Side.TRAINING] * len(kinds)
    for part, side in zip(parts, (Side.TEST, Side.VALIDATION), strict=False):
        for row in part.tolist():
            sides[row] = side
    return tuple(sides)


def rows_of(sides: Sides, *wanted: Side) -> npt.NDArray[np.int64]:
    """Rows of the images of some sides, ascending."""
    return np.flatnonzero([side in wanted for side in sides])


def shared_share(sides: Sides, groups: Sequence[int]) -> float:
    """Share of the test images that have an image of the same group in training or validation: what leaks."""
    known = {group for group, side in zip(groups, sides, strict=True) if side is not Side.TEST}
    test = [group for group, side in zip(groups, sides, strict=True) if side is Side.TEST]
    return sum(group in known for group in test) / len(test) if test else 0.0
