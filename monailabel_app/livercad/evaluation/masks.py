"""Every score of one mask against its truth."""

from __future__ import annotations

from dataclasses import dataclass

from livercad.core.volume import Volume
from livercad.evaluation.overlap import Overlap
from livercad.evaluation.surfaces import SurfaceScores, surface_scores

EMPTY_MASKS = (
    "Two empty masks agree: Dice 1, VOE 0, RVD 0, surface Dice 1. Where only one mask is empty, Dice is 0, VOE 1 and "
    "surface Dice 0; RVD is −1 where the prediction is empty and undefined where the truth is. ASSD and HD95 need two "
    "surfaces and are undefined otherwise. Undefined scores are left out of means, and every mean says over how many "
    "cases it runs."
)
"""What an empty mask means, for every score; the both-empty Dice of 1 is that of the LiTS challenge's scoring."""

METRICS = ("dice", "voe", "rvd", "assd_mm", "hd95_mm", "surface_dice")
"""Names of the scores, as in tables and JSON."""


@dataclass(frozen=True)
class MaskScores:
    """Scores of one mask of one case.

    Parameters
    ----------
    overlap : Overlap
        Volumes and what follows from them.
    surface : SurfaceScores
        Distances of the surfaces.
    """

    overlap: Overlap
    surface: SurfaceScores

    @classmethod
    def of(cls, predicted: Volume, truth: Volume, tolerance_mm: float) -> MaskScores:
        """Score a mask.

        Parameters
        ----------
        predicted, truth : Volume
            Masks on one grid; every voxel above zero belongs.
        tolerance_mm : float
            Tolerance of the surface Dice in mm.

        Returns
        -------
        MaskScores
            All scores.
        """
        return cls(Overlap.of(predicted, truth), surface_scores(predicted, truth, tolerance_mm))

    def metrics(self) -> dict[str, float | None]:
        """The scores by the names in `METRICS`; None where undefined."""
        return {
            "dice": self.overlap.dice,
            "voe": self.overlap.voe,
            "rvd": self.overlap.rvd,
            "assd_mm": self.surface.assd_mm,
            "hd95_mm": self.surface.hd95_mm,
            "surface_dice": self.surface.surface_dice,
        }
