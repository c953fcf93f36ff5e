"""What every case of a batch has as a row of index and tables, whatever its modality."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from livercad.core.findings import Findings
from livercad.core.ultrasound import UltrasoundFindings

Found = TypeVar("Found", Findings, UltrasoundFindings)


@dataclass(frozen=True)
class BatchRow(Generic[Found]):
    """One case of a batch, analysed or failed.

    Parameters
    ----------
    case : str
        The case; also the name of its folder among the results.
    status : str
        ``done`` or ``failed``.
    reason : str
        Why it failed; empty when done.
    findings : Findings, UltrasoundFindings or None
        None when failed.
    thumbnail : bytes or None
        A PNG file, see `livercad.reports.thumbnails.thumbnail` and `ultrasound_thumbnail`.
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
    findings: Found | None = None
    thumbnail: bytes | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        if self.status == "done" and self.findings is None:
            raise ValueError(f"Case {self.case} is done but has no findings.")
        if self.status == "failed" and not self.reason:
            raise ValueError(f"Case {self.case} failed but no reason is given.")
