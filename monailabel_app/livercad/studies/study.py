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
        None when neither name nor table tells it.
    told_by : str
        ``name``, ``table`` or ``unknown``.
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
        """The series that liver and lesions are found in: portal, else delayed, arterial, unenhanced, unknown."""
        order = {phase: rank for rank, phase in enumerate(REFERENCE_ORDER)}
        return min(self.series, key=lambda series: order.get(series.phase, len(order)) if series.phase else len(order))
