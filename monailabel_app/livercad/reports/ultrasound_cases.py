"""An ultrasound case of a batch, as index and tables show it."""

from __future__ import annotations

from livercad.core.ultrasound import UltrasoundFindings
from livercad.reports.batch_row import BatchRow
from livercad.reports.ultrasound_words import verdict_of_case
from livercad.reports.words import Verdict


class UltrasoundRow(BatchRow[UltrasoundFindings]):
    """One case of ultrasound, see `BatchRow`."""

    @property
    def verdict(self) -> Verdict:
        """How the case is marked."""
        return verdict_of_case(self.findings.probabilities) if self.findings else Verdict.NONE
