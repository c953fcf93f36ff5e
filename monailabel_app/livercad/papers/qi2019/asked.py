"""What is asked, by which way to see an image, and what is known of the images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Index = npt.NDArray[np.int64]
Array = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]


class Way(StrEnum):
    """How an image is seen."""

    BASIC = "BASIC"
    """Stretched to a square (section 5.2.1)."""
    MIP = "MIP"
    """Five squares, its shape kept (section 3.3)."""
    REM = "REM"
    """Besides, each network shown where the other one looks (section 3.2)."""
    REM_OFF = "REM off"
    """The same answers with empty maps at prediction (section 3.4)."""
    RECIPE = "Recipe"
    """`livercad train ultrasound`: squares around a lesion that somebody has marked, and for the question whether there
    is a mass, the image within the probe's sector. Not of the paper."""


class Asked(StrEnum):
    """A question."""

    SECOND = "second"
    """Sn-Net's: `livercad.papers.qi2019.answers.SecondQuestion`."""
    AMONG = "malignant or benign"
    """Of images whose answer to the second question is yes."""
    ANY = "malignant or not"
    """Mt-Net's: of all images, also of those without a mass."""


@dataclass(frozen=True)
class Truth:
    """Of all images.

    Parameters
    ----------
    malignant, second : ndarray of int, shape (n,)
        1 for yes.
    groups : ndarray of int, shape (n,)
        Patients, with near-duplicates joined.
    fold : ndarray of int, shape (n,)
        In which each image is tested, from 0; the same for all questions, as one network's maps are shown to the other.
    """

    malignant: Index
    second: Index
    groups: Index
    fold: Index

    def answers(self, asked: Asked) -> Index:
        """To a question, shape (n,)."""
        return self.second if asked is Asked.SECOND else self.malignant

    def rows(self, asked: Asked) -> Index:
        """Images that are asked."""
        return np.flatnonzero(self.second == 1) if asked is Asked.AMONG else np.arange(len(self.second))

    def learnt(self, asked: Asked, fold: int) -> Index:
        """Images that answers to a question are learnt from, in a fold."""
        rows = self.rows(asked)
        return rows[self.fold[rows] != fold]

    def tested(self, fold: int) -> Index:
        """Images that a fold tests."""
        return np.flatnonzero(self.fold == fold)


Told = Mapping[tuple[Asked, Way], Floats]
"""Probability of yes of every image; NaN where a way says nothing."""
