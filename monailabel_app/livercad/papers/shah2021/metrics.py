"""Equations 4 to 9 of the paper, from the confusion matrix of pixels or of images.

They are lost in the copy of the paper that we have; these are the standard ones. RVD has the sign that the paper's
“Discussion” tells: “If the segmented image covers more area than the reference image, the RVD is negative, otherwise
it is positive”, which is that of `livercad.evaluation.overlap.Overlap.rvd` turned round.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Confusion:
    """True and false, positives and negatives, of pixels, images or lesions.

    What is not defined (a share of nothing) is NaN, but for overlaps of two empty areas, which agree.

    Parameters
    ----------
    tp, fp, fn, tn : int
        How many.
    """

    tp: int
    fp: int
    fn: int
    tn: int

    @classmethod
    def of(cls, predicted: npt.NDArray[np.bool_], truth: npt.NDArray[np.bool_]) -> Confusion:
        """Count.

        Parameters
        ----------
        predicted, truth : ndarray of bool
            Of one shape.

        Returns
        -------
        Confusion
            Counts of its entries.
        """
        tp, fp = int((predicted & truth).sum()), int((predicted & ~truth).sum())
        fn = int((~predicted & truth).sum())
        return cls(tp, fp, fn, int(truth.size) - tp - fp - fn)

    def __add__(self, other: Confusion) -> Confusion:
        return Confusion(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn, self.tn + other.tn)

    @property
    def dice(self) -> float:
        """Equation 4, in [0, 1]; 1 is best."""
        both = 2 * self.tp + self.fp + self.fn
        return 2 * self.tp / both if both else 1.0

    @property
    def voe(self) -> float:
        """Equation 5: one minus the Jaccard coefficient, in [0, 1]; 0 is best."""
        united = self.tp + self.fp + self.fn
        return 1 - self.tp / united if united else 0.0

    @property
    def rvd(self) -> float:
        """Equation 6: below 0 where the predicted area is the larger one; 0 is best, 1 if nothing is predicted."""
        if self.tp + self.fn == 0:
            return np.nan if self.fp else 0.0
        return (self.fn - self.fp) / (self.tp + self.fn)

    @property
    def accuracy(self) -> float:
        """Equation 7."""
        return _share(self.tp + self.tn, self.tp + self.fp + self.fn + self.tn)

    @property
    def sensitivity(self) -> float:
        """Equation 8."""
        return _share(self.tp, self.tp + self.fn)

    @property
    def specificity(self) -> float:
        """Equation 9."""
        return _share(self.tn, self.tn + self.fp)


def _share(count: int, n: int) -> float:
    return count / n if n else np.nan
