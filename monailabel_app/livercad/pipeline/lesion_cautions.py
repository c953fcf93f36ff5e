"""When what is said of a lesion is less reliable than it looks."""

from __future__ import annotations

from livercad.core.findings import Caution, FindingsWarning, Lesion, Sign
from livercad.core.signs import WORDS
from livercad.core.taxonomy import LesionClass

TINY_LESION_MM = 10.0
"""Smallest measurable lesion on CT (RECIST 1.1, Eisenhauer 2009, section 3.1.1)."""
ASKED_FOR: dict[LesionClass, tuple[Sign, ...]] = {
    LesionClass.CYST: (Sign.WATER_DENSITY, Sign.NO_ENHANCEMENT),
    LesionClass.HCC: (Sign.ARTERIAL_HYPERENHANCEMENT,),
}
"""Signs by which readers tell these classes (Yasaka 2018, "Reference Standard", categories E and A). The other classes
have no single sign that all of them show."""


def lesion_cautions(lesions: tuple[Lesion, ...]) -> tuple[FindingsWarning, ...]:
    """Collect the reasons for caution about lesions.

    Parameters
    ----------
    lesions : tuple of Lesion
        All lesions.

    Returns
    -------
    tuple of FindingsWarning
        Empty when there is none.
    """
    return (*_tiny(lesions), *_contradicted(lesions))


def _tiny(lesions: tuple[Lesion, ...]) -> tuple[FindingsWarning, ...]:
    tiny = [lesion.number for lesion in lesions if lesion.diameter_mm < TINY_LESION_MM]
    if not tiny:
        return ()
    numbers = ", ".join(str(number) for number in tiny)
    message = f"Lesions smaller than {TINY_LESION_MM:g} mm, below what RECIST calls measurable: {numbers}."
    return (FindingsWarning(Caution.TINY_LESION, message),)


def _contradicted(lesions: tuple[Lesion, ...]) -> tuple[FindingsWarning, ...]:
    """Classes whose own signs are absent: network and measurement disagree, and a person has to look."""
    warnings = []
    for lesion in lesions:
        if lesion.classification is None:
            continue
        asked = ASKED_FOR.get(lesion.classification.label, ())
        absent = [
            WORDS[found.sign].label.lower() for found in lesion.signs if found.sign in asked and found.present is False
        ]
        if absent:
            message = (
                f"Lesion {lesion.number} looks like {lesion.classification.label.value} to the classifier, but lacks "
                f"{' and '.join(absent)}."
            )
            warnings.append(FindingsWarning(Caution.CLASS_CONTRADICTED, message))
    return tuple(warnings)
