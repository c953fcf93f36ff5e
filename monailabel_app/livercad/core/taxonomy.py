"""Label values, lesion types and the colours they are shown in."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Label(IntEnum):
    """Voxel values of a semantic label map. Lesion instances live in a map of their own."""

    BACKGROUND = 0
    LIVER = 1
    LESION = 2


class LesionType(StrEnum):
    """What a lesion of the liver is."""

    CYST = "cyst"
    HEMANGIOMA = "hemangioma"
    HCC = "hcc"
    METASTASIS = "metastasis"
    CHOLANGIOCARCINOMA = "cholangiocarcinoma"
    FNH = "fnh"
    """Focal nodular hyperplasia."""
    HYPERVASCULAR_NODULE = "hypervascular_nodule"
    """Bright in the arterial phase only: an altered perfusion or a small benign nodule (Yasaka 2018, Discussion)."""
    DYSPLASTIC_NODULE = "dysplastic_nodule"
    """Dysplastic nodule or early carcinoma, which CT does not tell apart (Yasaka 2018, Discussion)."""


class LesionClass(StrEnum):
    """What the classifier tells apart."""

    CYST = "cyst"
    HEMANGIOMA = "hemangioma"
    HCC = "hcc"
    METASTASIS = "metastasis"
    OTHER_MALIGNANT = "other_malignant"
    OTHER_BENIGN = "other_benign"
    """Indeterminate, or benign and rare."""

    @property
    def is_malignant(self) -> bool:
        """Whether the class is cancer."""
        return self in (LesionClass.HCC, LesionClass.METASTASIS, LesionClass.OTHER_MALIGNANT)


class YasakaCategory(StrEnum):
    """The five categories of Yasaka 2018, "Teaching Data"."""

    A = "A"
    """Classic hepatocellular carcinoma."""
    B = "B"
    """Malignant tumour other than classic and early hepatocellular carcinoma."""
    C = "C"
    """Indeterminate, early carcinoma and dysplastic nodule included, or benign and rare."""
    D = "D"
    """Hemangioma."""
    E = "E"
    """Cyst."""


CLASS_OF: dict[LesionType, LesionClass] = {
    LesionType.CYST: LesionClass.CYST,
    LesionType.HEMANGIOMA: LesionClass.HEMANGIOMA,
    LesionType.HCC: LesionClass.HCC,
    LesionType.METASTASIS: LesionClass.METASTASIS,
    LesionType.CHOLANGIOCARCINOMA: LesionClass.OTHER_MALIGNANT,
    LesionType.FNH: LesionClass.OTHER_BENIGN,
    LesionType.HYPERVASCULAR_NODULE: LesionClass.OTHER_BENIGN,
    LesionType.DYSPLASTIC_NODULE: LesionClass.OTHER_BENIGN,
}
"""The classifier's class of every type."""

YASAKA_CATEGORY_OF: dict[LesionType, YasakaCategory] = {
    LesionType.CYST: YasakaCategory.E,
    LesionType.HEMANGIOMA: YasakaCategory.D,
    LesionType.HCC: YasakaCategory.A,
    LesionType.METASTASIS: YasakaCategory.B,
    LesionType.CHOLANGIOCARCINOMA: YasakaCategory.B,
    LesionType.FNH: YasakaCategory.C,
    LesionType.HYPERVASCULAR_NODULE: YasakaCategory.C,
    LesionType.DYSPLASTIC_NODULE: YasakaCategory.C,
}
"""Yasaka 2018, "Teaching Data" and "Reference Standard"."""

HYPERVASCULAR = frozenset((LesionType.FNH, LesionType.HYPERVASCULAR_NODULE))
"""Category C's hypervascular lesions: early enhancement, as dense as liver in the delayed phase (Yasaka 2018,
"Reference Standard"); its others are hypovascular."""


LABEL_COLORS: dict[Label, tuple[int, int, int]] = {
    Label.LIVER: (221, 130, 101),
    Label.LESION: (255, 214, 10),
}
"""Red, green, blue in [0, 255]; the liver's is that of 3D Slicer's general anatomy colour table."""

BENIGN_COLOR = (46, 204, 64)
MALIGNANT_COLOR = (255, 65, 54)
UNSURE_COLOR = (255, 214, 10)
"""Red, green, blue in [0, 255] of a classified lesion's box: green and red as Shah 2021 shows them (Results), and
the colour of a lesion that is not classified where the classifier is unsure."""
