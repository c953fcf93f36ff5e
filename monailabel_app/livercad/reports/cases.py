"""A case of CT in a batch, as index and tables show it."""

from __future__ import annotations

from livercad.core.enhancement import taking_order
from livercad.core.findings import Findings
from livercad.core.phases import Phase
from livercad.core.taxonomy import LesionClass
from livercad.reports.batch_row import BatchRow
from livercad.reports.words import Verdict, count_verdicts


class CaseRow(BatchRow[Findings]):
    """One case of CT, see `BatchRow`."""

    @property
    def lesion_volume_ml(self) -> float:
        """Volume of all lesions in ml."""
        return sum(lesion.volume_ml for lesion in self.findings.lesions) if self.findings else 0.0

    @property
    def largest_diameter_mm(self) -> float | None:
        """Diameter in mm of the lesion with the longest one; None without lesions."""
        return max((lesion.diameter_mm for lesion in self.findings.lesions), default=None) if self.findings else None

    @property
    def phases(self) -> tuple[Phase | None, ...]:
        """The phases read, in the order in which they are taken."""
        return tuple(read.phase for read in taking_order(self.findings.phases)) if self.findings else ()

    @property
    def verdicts(self) -> dict[Verdict, int]:
        """How many lesions are marked malignant, benign and unsure; empty where none was classified."""
        return count_verdicts(self.findings.lesions) if self.findings else {}

    @property
    def classes(self) -> dict[LesionClass, int]:
        """How many lesions are of each class, those that are unsure left out; malignant classes first."""
        found = [lesion.classification for lesion in self.findings.lesions] if self.findings else []
        labels = [classified.label for classified in found if classified and not classified.is_unsure]
        order = sorted(LesionClass, key=lambda label: not label.is_malignant)
        return {label: labels.count(label) for label in order if label in labels}
