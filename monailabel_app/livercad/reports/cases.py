"""A case of a batch, as index and tables show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from livercad.core.enhancement import taking_order
from livercad.core.findings import Findings
from livercad.core.phases import Phase
from livercad.core.taxonomy import LesionClass
from livercad.reports.words import Verdict, count_verdicts


@dataclass(frozen=True)
class CaseRow:
    """One case of a batch, analysed or failed.

    Parameters
    ----------
    case : str
        The case; also the name of its folder among the results.
    status : str
        ``done`` or ``failed``.
    reason : str
        Why it failed; empty when done.
    findings : Findings or None
        None when failed.
    thumbnail : bytes or None
        A PNG file, see `livercad.reports.thumbnails.thumbnail`.
    seconds : float or None
        What the analysis took; None if unknown.

    Raises
    ------
    ValueError
        If a case that is done has no findings, or one that failed has no reason.
    """

    case: str
    status: Literal["done", "failed"]
    reason: str = ""
    findings: Findings | None = None
    thumbnail: bytes | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        if self.status == "done" and self.findings is None:
            raise ValueError(f"Case {self.case} is done but has no findings.")
        if self.status == "failed" and not self.reason:
            raise ValueError(f"Case {self.case} failed but no reason is given.")

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
