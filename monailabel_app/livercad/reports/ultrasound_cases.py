"""An ultrasound case of a batch, as index and tables show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from livercad.core.ultrasound import UltrasoundFindings
from livercad.reports.ultrasound_words import verdict_of_case
from livercad.reports.words import Verdict


@dataclass(frozen=True)
class UltrasoundRow:
    """One case of a batch, analysed or failed.

    Parameters
    ----------
    case : str
        The case; also the name of its folder among the results.
    status : str
        ``done`` or ``failed``.
    reason : str
        Why it failed; empty when done.
    findings : UltrasoundFindings or None
        None when failed.
    thumbnail : bytes or None
        A PNG file.
    seconds : float or None
        What the analysis took; None if unknown.
    """

    case: str
    status: Literal["done", "failed"]
    reason: str = ""
    findings: UltrasoundFindings | None = None
    thumbnail: bytes | None = None
    seconds: float | None = None

    @property
    def verdict(self) -> Verdict:
        """How the case is marked."""
        return verdict_of_case(self.findings.probabilities) if self.findings else Verdict.NONE
