"""The size bands that detection is reported by."""

from __future__ import annotations

from enum import StrEnum


class SizeBand(StrEnum):
    """Longest axial diameter (RECIST 1.1) of a lesion; 10 and 20 mm belong to the middle band."""

    SMALL = "<10 mm"
    MEDIUM = "10–20 mm"
    LARGE = ">20 mm"


def band_of(diameter_mm: float) -> SizeBand:
    """The band of a diameter.

    Parameters
    ----------
    diameter_mm : float
        Longest axial diameter in mm.

    Returns
    -------
    SizeBand
        Its band.
    """
    if diameter_mm < 10.0:
        return SizeBand.SMALL
    return SizeBand.MEDIUM if diameter_mm <= 20.0 else SizeBand.LARGE
