"""Lesion-wise sensitivity, precision and F1, with Wilson intervals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from livercad.evaluation.intervals import Estimate, wilson
from livercad.evaluation.outcomes import LesionResult, Outcome


@dataclass(frozen=True)
class Detection:
    """Counts of hits, missed lesions and false positives.

    Parameters
    ----------
    hits, missed, false_positives : int
        In one size band or over all. Hits and missed lesions are in the band of the true lesion, false positives in
        that of their predicted diameter.
    """

    hits: int
    missed: int
    false_positives: int

    @classmethod
    def of(cls, results: Iterable[LesionResult]) -> Detection:
        """Count outcomes."""
        outcomes = [result.outcome for result in results]
        return cls(
            hits=outcomes.count(Outcome.HIT),
            missed=outcomes.count(Outcome.MISSED),
            false_positives=outcomes.count(Outcome.FALSE_POSITIVE),
        )

    def sensitivity(self, confidence: float) -> Estimate | None:
        """Share of the true lesions that were hit, with its Wilson interval; None without true lesions."""
        return wilson(self.hits, self.hits + self.missed, confidence)

    def precision(self, confidence: float) -> Estimate | None:
        """Share of the predicted lesions that are hits, with its Wilson interval; None without predictions."""
        return wilson(self.hits, self.hits + self.false_positives, confidence)

    def f1(self, confidence: float) -> Estimate | None:
        """Harmonic mean of sensitivity and precision; None where there is no lesion on either side.

        F1 is no proportion, but F* = hits / (hits + missed + false positives) is, and F1 = 2 F* / (1 + F*) rises with
        it (Hand, Christen & Kirielle 2021): the ends of F*'s Wilson interval are taken through the same formula.
        """
        share = wilson(self.hits, self.hits + self.missed + self.false_positives, confidence)
        if share is None or share.low is None or share.high is None:
            return None
        value, low, high = (2 * p / (1 + p) for p in (share.value, share.low, share.high))
        return Estimate(value, low, high, share.n)
