"""What became of a lesion: hit, missed, or a false positive."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from livercad.evaluation.sizes import SizeBand, band_of


class Outcome(StrEnum):
    """What became of a lesion."""

    HIT = "hit"
    MISSED = "missed"
    FALSE_POSITIVE = "false positive"


@dataclass(frozen=True)
class OneLesion:
    """A true or a predicted lesion by itself.

    Parameters
    ----------
    number : int
        Its value in the map of instances.
    volume_ml : float
        Volume in ml.
    diameter_mm : float
        Longest axial diameter in mm.
    """

    number: int
    volume_ml: float
    diameter_mm: float


@dataclass(frozen=True)
class LesionResult:
    """One true lesion, found or not, or one false positive.

    Parameters
    ----------
    outcome : Outcome
        What became of it.
    true, predicted : OneLesion or None
        A hit has both, a missed lesion only `true`, a false positive only `predicted`.
    iou : float
        With its match; without one the largest with any lesion of the other side, in [0, 1].
    score : float or None
        The detection's score, where there is a prediction and the findings tell it, in [0, 1].
    """

    outcome: Outcome
    true: OneLesion | None
    predicted: OneLesion | None
    iou: float
    score: float | None

    @property
    def band(self) -> SizeBand:
        """The true lesion's size band; a false positive's own."""
        lesion = self.true or self.predicted
        assert lesion is not None
        return band_of(lesion.diameter_mm)

    @property
    def dice(self) -> float | None:
        """Dice of a hit with its match, in [0, 1]."""
        return 2 * self.iou / (1 + self.iou) if self.outcome is Outcome.HIT else None
