"""When what is said of a lesion is less reliable than it looks."""

from __future__ import annotations

from livercad.core.class_names import in_a_sentence
from livercad.core.diameters import SMALLEST_MEASURABLE_MM
from livercad.core.findings import Caution, FindingsWarning
from livercad.core.lesion import Lesion, Sign
from livercad.core.signs import WORDS
from livercad.core.taxonomy import LesionClass
from livercad.measure.readings import ARTERIAL_CONTRAST_HU

LESION_CAUTIONS = (Caution.TINY_LESION, Caution.CLASS_CONTRADICTED, Caution.FAINT_LESION)
"""The codes of all that is told here."""
FAINT_HU = ARTERIAL_CONTRAST_HU
"""As for signs: about the noise of an abdominal CT. A lesion is seen by its contrast to the liver; where it has less,
the network may have marked liver with a vessel or the organ's edge in it. Our choice."""
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
    return (*_tiny(lesions), *_faint(lesions), *_contradicted(lesions))


def _tiny(lesions: tuple[Lesion, ...]) -> tuple[FindingsWarning, ...]:
    tiny = [lesion.number for lesion in lesions if lesion.diameter_mm < SMALLEST_MEASURABLE_MM]
    if not tiny:
        return ()
    numbers = ", ".join(str(number) for number in tiny)
    message = f"Lesions smaller than {SMALLEST_MEASURABLE_MM:g} mm, below what RECIST calls measurable: {numbers}."
    return (FindingsWarning(Caution.TINY_LESION, message),)


def _faint(lesions: tuple[Lesion, ...]) -> tuple[FindingsWarning, ...]:
    """Lesions that do not differ from liver where they were found: what the network marks there, nobody measures."""
    faint = [lesion.number for lesion in lesions if _is_faint(lesion)]
    if not faint:
        return ()
    numbers = ", ".join(str(number) for number in faint)
    message = (
        f"Lesions that differ by less than {FAINT_HU:g} HU from the liver around them, as a whole, in rim and in core, "
        f"in every phase that they were found in: {numbers}."
    )
    return (FindingsWarning(Caution.FAINT_LESION, message),)


def _is_faint(lesion: Lesion) -> bool:
    found_in = [point for point in lesion.enhancement if point.phase in lesion.visible_in]
    return bool(found_in) and all(
        abs(hu - point.liver_hu) < FAINT_HU
        for point in found_in
        for hu in (point.lesion_hu, point.rim_hu, point.core_hu)
    )


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
                f"Lesion {lesion.number} looks like {in_a_sentence(lesion.classification.label)} to the classifier, "
                f"but lacks {' and '.join(absent)}."
            )
            warnings.append(FindingsWarning(Caution.CLASS_CONTRADICTED, message))
    return tuple(warnings)
