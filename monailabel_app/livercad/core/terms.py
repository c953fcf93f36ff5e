"""Standard codes of what label maps show, by which other software knows a segment for what it is."""

from __future__ import annotations

from dataclasses import dataclass

from livercad.core.taxonomy import Label


@dataclass(frozen=True)
class Code:
    """A coded word.

    Parameters
    ----------
    value : str
        In the scheme.
    meaning : str
        In words.
    scheme : str
        ``SCT`` for SNOMED CT, as DICOM calls it.
    """

    value: str
    meaning: str
    scheme: str = "SCT"


@dataclass(frozen=True)
class Term:
    """What a segment is, as DICOM's Segmentation object tells it.

    Parameters
    ----------
    category : Code
        Of DICOM CID 7150 "Segmentation Property Category".
    kind : Code
        What it is: an organ, or of CID 7159 "Lesion Segmentation Type".
    region : Code or None
        Where it is; None where `kind` tells it.
    """

    category: Code
    kind: Code
    region: Code | None = None


_LIVER = Code("10200004", "Liver")
TERMS = {
    Label.LIVER: Term(Code("123037004", "Anatomical Structure"), _LIVER),
    Label.LESION: Term(Code("49755003", "Morphologically Altered Structure"), Code("4147007", "Mass"), _LIVER),
}
"""Of every label but the background."""
