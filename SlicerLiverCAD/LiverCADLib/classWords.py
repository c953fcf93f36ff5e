"""What classes of lesions and of images are called to people; the only place of the module that says so."""

from livercad.core.taxonomy import LesionClass, LesionType
from livercad.core.ultrasound import BENIGN, MALIGNANT, MASSES
from LiverCADLib.translation import _

TYPE_WORDS = {
    LesionType.CYST: _("Cyst"),
    LesionType.HEMANGIOMA: _("Hemangioma"),
    LesionType.HCC: _("HCC"),
    LesionType.METASTASIS: _("Metastasis"),
    LesionType.CHOLANGIOCARCINOMA: _("Cholangiocarcinoma"),
    LesionType.FNH: _("FNH"),
    LesionType.HYPERVASCULAR_NODULE: _("Hypervascular nodule"),
    LesionType.DYSPLASTIC_NODULE: _("Dysplastic nodule"),
}
CLASS_WORDS = {
    **{LesionClass(type_.value): word for type_, word in TYPE_WORDS.items() if type_.value in set(LesionClass)},
    LesionClass.OTHER_MALIGNANT: _("Other malignant"),
    LesionClass.OTHER_BENIGN: _("Other benign"),
}
_ULTRASOUND_WORDS = {
    **dict(zip(MASSES, (_("No mass"), _("Mass")), strict=True)),
    BENIGN: _("Benign"),
    MALIGNANT: _("Malignant"),
    "no solid nodule": _("No solid nodule"),
    "solid nodule": _("Solid nodule"),
    "normal": _("Normal"),
}
"""Of answers of models, and of tables of images."""
_WORDS = {str(name): word for name, word in (CLASS_WORDS | TYPE_WORDS | _ULTRASOUND_WORDS).items()}
_NAMES = {word.casefold(): name for name, word in _WORDS.items()}


def wordOf(name):
    """What a class is called to people; a name of a table's or an annotator's own stays as it is."""
    return _WORDS.get(name, name)


def nameOf(word):
    """The class that a person means by a word of `wordOf`, whatever letters are capitals; else the word itself."""
    return _NAMES.get(word.casefold(), word)
