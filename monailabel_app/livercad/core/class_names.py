"""What the classifier's classes are called on pages."""

from __future__ import annotations

from livercad.core.taxonomy import LesionClass

CLASS_NAMES = {
    LesionClass.CYST: "Cyst",
    LesionClass.HEMANGIOMA: "Hemangioma",
    LesionClass.HCC: "HCC",
    LesionClass.METASTASIS: "Metastasis",
    LesionClass.OTHER_MALIGNANT: "Other malignant",
    LesionClass.OTHER_BENIGN: "Other benign",
}
"""Short enough to stand beside a box; the last is benign and rare, or indeterminate."""


def in_a_sentence(label: LesionClass) -> str:
    """Name a class where it is not the first word: small letters, but for abbreviations."""
    name = CLASS_NAMES[label]
    return name if name.isupper() else name.lower()
