"""Patients drawn with replacement, as weights: how often each is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from livercad.evaluation.boxes.model import ImageBoxes
from livercad.evaluation.intervals import drawn_patients

Weights = npt.NDArray[np.float64]
"""Shape (draws, patients)."""


@dataclass(frozen=True)
class Patients:
    """Whose the images are.

    Parameters
    ----------
    of_image : ndarray of int, shape (images,)
        Index of each image's patient, patients sorted by name.
    count : int
        How many patients.
    """

    of_image: npt.NDArray[np.int64]
    count: int

    @classmethod
    def of(cls, images: Sequence[ImageBoxes]) -> Patients:
        """The patients of some images."""
        names, indices = np.unique([image.patient for image in images], return_inverse=True)
        return cls(indices.astype(np.int64), len(names))

    def all_once(self) -> Weights:
        """Every patient once, shape (1, patients): what is measured itself."""
        return np.ones((1, self.count))

    def drawn(self, seed: int) -> Weights:
        """Draws of patients with replacement, the same for every measure with the same seed."""
        draws = drawn_patients(self.count, seed)
        return np.array([np.bincount(draw, minlength=self.count) for draw in draws], dtype=np.float64)
