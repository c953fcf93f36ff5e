"""A study: the images of one case, known by their files and loaded when asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from livercad.core.phases import REFERENCE_ORDER, Phase


@dataclass(frozen=True)
class Series:
    """One volume of a study, not yet loaded.

    Parameters
    ----------
    files : tuple of Path
        One NIfTI file, or a DICOM series' files in slice order.
    phase : Phase or None
        None when neither name nor table tells it: it is recognised from the image then.
    told_by : str
        ``name``, ``table``, ``annotator`` or ``unknown``.
    uid : str
        Series instance UID of a DICOM series, else empty.
    """

    files: tuple[Path, ...]
    phase: Phase | None
    told_by: str
    uid: str = ""

    @property
    def source(self) -> str:
        """What to call this series in a message."""
        return f"{self.files[0].parent} (series {self.uid})" if self.uid else str(self.files[0])


@dataclass(frozen=True)
class Study:
    """The images of one case.

    Parameters
    ----------
    case : str
        Identifier: a file or folder name without extension, or the table's.
    series : tuple of Series
        At least one.
    """

    case: str
    series: tuple[Series, ...]

    @property
    def reference(self) -> Series:
        """The series that results are on, as far as names tell: portal, else delayed, arterial, unenhanced, unknown."""
        return min(self.series, key=lambda series: reference_rank(series.phase))

    @property
    def needs_recognition(self) -> bool:
        """Whether only the images tell which series is the reference."""
        return len(self.series) > 1 and any(series.phase is None for series in self.series)


def reference_rank(phase: Phase | None) -> int:
    """Place of a phase among those that a study can be read in; the lowest is the reference.

    Parameters
    ----------
    phase : Phase or None
        None where it is unknown.

    Returns
    -------
    int
        From 0 for the portal phase to 4 for an unknown one.
    """
    return REFERENCE_ORDER.index(phase) if phase else len(REFERENCE_ORDER)
