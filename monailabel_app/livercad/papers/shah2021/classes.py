"""The four diseases of the paper, benign or malignant ("Introduction", "Material and methods")."""

from __future__ import annotations

from enum import StrEnum

from livercad.core.taxonomy import BENIGN_COLOR, CLASS_OF, MALIGNANT_COLOR, LesionType, YasakaCategory


class ShahClass(StrEnum):
    """What a lesion is, by the paper's own abbreviations."""

    CYS = "CYS"
    """Hepatic cyst."""
    ANG = "ANG"
    """Haemangioma."""
    HCC = "HCC"
    """Hepatocellular carcinoma."""
    MET = "MET"
    """Metastasis."""

    @property
    def lesion_type(self) -> LesionType:
        """The same, by our name."""
        return TYPE_OF[self]

    @property
    def is_malignant(self) -> bool:
        """Whether it is cancer: HCC and MET."""
        return CLASS_OF[TYPE_OF[self]].is_malignant

    @property
    def color(self) -> tuple[int, int, int]:
        """Of its box: green where benign, red where malignant ("Results", Fig 7)."""
        return MALIGNANT_COLOR if self.is_malignant else BENIGN_COLOR


TYPE_OF: dict[ShahClass, LesionType] = {
    ShahClass.CYS: LesionType.CYST,
    ShahClass.ANG: LesionType.HEMANGIOMA,
    ShahClass.HCC: LesionType.HCC,
    ShahClass.MET: LesionType.METASTASIS,
}
CLASSES = tuple(ShahClass)
"""In the order of the network's outputs."""
OF_TYPE = {kind: each for each, kind in TYPE_OF.items()}
OF_CATEGORY = {
    YasakaCategory.A: ShahClass.HCC,
    YasakaCategory.D: ShahClass.ANG,
    YasakaCategory.E: ShahClass.CYS,
}
"""Categories of a label table that say which of the four it is; B holds more than metastases."""
IS_MALIGNANT = tuple(each.is_malignant for each in CLASSES)
