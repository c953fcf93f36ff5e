"""Overlap of two masks by volume: Dice, VOE and RVD, of one case or pooled over many."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from livercad.core.volume import Volume


@dataclass(frozen=True)
class Overlap:
    """Volumes of a predicted and a true mask, from which every overlap score follows.

    What an empty mask means: `livercad.evaluation.masks.EMPTY_MASKS`.

    Overlaps add up: the sum over cases gives the pooled scores ("Dice global" of LiTS, Bilic et al. 2023),
    in which large organs and lesions weigh more. The sum is over millilitres, so that finely sampled cases do not.

    Parameters
    ----------
    predicted_ml, true_ml, shared_ml : float
        Volume of the prediction, of the truth and of what they share, in ml.
    """

    predicted_ml: float
    true_ml: float
    shared_ml: float

    @classmethod
    def of(cls, predicted: Volume, truth: Volume) -> Overlap:
        """Compare two masks on one grid.

        Parameters
        ----------
        predicted, truth : Volume
            Every voxel above zero belongs to the mask.

        Returns
        -------
        Overlap
            Volumes in ml.
        """
        here, there = predicted.array > 0, truth.array > 0
        unit = truth.voxel_volume_ml
        return cls(*(float(np.count_nonzero(mask)) * unit for mask in (here, there, here & there)))

    def __add__(self, other: Overlap) -> Overlap:
        return Overlap(
            self.predicted_ml + other.predicted_ml, self.true_ml + other.true_ml, self.shared_ml + other.shared_ml
        )

    @property
    def dice(self) -> float:
        """Shared volume over mean volume, in [0, 1]; 1 is best."""
        both = self.predicted_ml + self.true_ml
        return 2 * self.shared_ml / both if both else 1.0

    @property
    def iou(self) -> float:
        """Shared volume over united volume (Jaccard index), in [0, 1]; 1 is best."""
        united = self.predicted_ml + self.true_ml - self.shared_ml
        return self.shared_ml / united if united else 1.0

    @property
    def voe(self) -> float:
        """Volumetric overlap error, 1 − IoU, in [0, 1]; 0 is best (Heimann et al. 2009)."""
        return 1.0 - self.iou

    @property
    def rvd(self) -> float | None:
        """Relative volume difference, (predicted − true) / true; 0 is best, above 0 the prediction is too large.

        The signed form of Heimann et al. 2009 and of LiTS; −1 or more. None where it is undefined.
        """
        if self.true_ml:
            return (self.predicted_ml - self.true_ml) / self.true_ml
        return None if self.predicted_ml else 0.0
