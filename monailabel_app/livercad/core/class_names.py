"""What classes and types of lesions are called on pages and in messages."""

from __future__ import annotations

from livercad.core.taxonomy import LesionClass, LesionType

CLASS_NAMES = {
    LesionClass.CYST: "Cyst",
    LesionClass.HEMANGIOMA: "Hemangioma",
    LesionClass.HCC: "HCC",
    LesionClass.METASTASIS: "Metastasis",
    LesionClass.OTHER_MALIGNANT: "Other malignant",
    LesionClass.OTHER_BENIGN: "Other benign",
}
"""Short enough to stand beside a box; the last is benign and rare, or indeterminate."""


NAMES: dict[str, str] = {
    **{label.value: name for label, name in CLASS_NAMES.items()},
    LesionType.CHOLANGIOCARCINOMA.value: "Cholangiocarcinoma",
    LesionType.FNH.value: "FNH",
    LesionType.HYPERVASCULAR_NODULE.value: "Hypervascular nodule",
    LesionType.DYSPLASTIC_NODULE.value: "Dysplastic nodule",
}
"""Of every class and every type."""


def name_of(word: str) -> str:
    """A class for people: ``HCC``, ``FNH``; of another word as tables have it, ``Benign`` or ``No mass``."""
    return NAMES.get(word) or word[:1].upper() + word[1:].replace("_", " ")


def in_a_sentence(word: str) -> str:
    """Name a class where it is not the first word: small letters, but for abbreviations."""
    name = name_of(word)
    return name if name.isupper() else name.lower()
