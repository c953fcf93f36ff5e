"""Label values, lesion types and the colours they are shown in."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Label(IntEnum):
    """Voxel values of a semantic label map. Lesion instances live in a map of their own."""

    BACKGROUND = 0
    LIVER = 1
    LESION = 2


class LesionType(StrEnum):
    """What a lesion of the liver can be."""

    CYST = "cyst"
    HEMANGIOMA = "hemangioma"
    HCC = "hcc"
    METASTASIS = "metastasis"


LABEL_COLORS: dict[Label, tuple[int, int, int]] = {
    Label.LIVER: (221, 130, 101),
    Label.LESION: (255, 214, 10),
}
"""Red, green, blue in [0, 255]; the liver's is that of 3D Slicer's general anatomy colour table."""
