"""Classes, signs and organs in the words and the colour in which every page shows them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import StrEnum

from livercad.core.class_names import CLASS_NAMES
from livercad.core.lesion import Classification, Lesion, Sign, SignFound
from livercad.core.phases import Phase
from livercad.core.signs import WORDS as SIGN_WORDS
from livercad.core.taxonomy import LesionClass
from livercad.reports.formatting import NBSP, fixed, hu, whole_percent

TOLD_BY = {"name": "file name", "table": "table", "annotator": "annotator", "image": "image", "unknown": "nothing"}

NEED_AORTA = (Sign.AORTA_LIKE_ENHANCEMENT, Sign.PERIPHERAL_NODULAR_ENHANCEMENT)
"""Signs that are held against the aorta in the arterial phase."""


class Verdict(StrEnum):
    """How a lesion is marked. Its value is the style that templates know; words always stand beside the colour."""

    NONE = ""
    """No classifier was asked."""
    BENIGN = "benign"
    MALIGNANT = "malignant"
    UNSURE = "unsure"


def verdict_of(classification: Classification | None) -> Verdict:
    """How to mark a lesion: what is unsure is neither benign nor malignant.

    Parameters
    ----------
    classification : Classification or None
        Of the lesion.

    Returns
    -------
    Verdict
        ``NONE`` without a classification.
    """
    if classification is None:
        return Verdict.NONE
    if classification.is_unsure:
        return Verdict.UNSURE
    return Verdict.MALIGNANT if classification.is_malignant else Verdict.BENIGN


def count_verdicts(lesions: Iterable[Lesion]) -> dict[Verdict, int]:
    """How many lesions are marked malignant, benign and unsure, in this order; only what there is."""
    found = [verdict_of(lesion.classification) for lesion in lesions]
    order = (Verdict.MALIGNANT, Verdict.BENIGN, Verdict.UNSURE)
    return {verdict: found.count(verdict) for verdict in order if verdict in found}


def class_name(label: str) -> str:
    """A class' name for people."""
    return CLASS_NAMES[LesionClass(label)]


def class_text(classification: Classification) -> str:
    """The class with its probability: ``HCC 87 %``; with a question mark where it is unsure, ``HCC? 41 %``."""
    mark = "?" if classification.is_unsure else ""
    return f"{class_name(classification.label)}{mark} {whole_percent(classification.confidence)}"


def tag_text(lesion: Lesion) -> str:
    """What stands beside a lesion's box: its number, with the class where there is one."""
    return f"{lesion.number} {class_text(lesion.classification)}" if lesion.classification else str(lesion.number)


def sign_name(sign: Sign) -> str:
    """A sign's name for people: ``Washout, portal``."""
    return SIGN_WORDS[sign].label


def sign_state(found: SignFound) -> str:
    """``present``, ``absent`` or ``not measurable``."""
    return "not measurable" if found.present is None else "present" if found.present else "absent"


def sign_value(found: SignFound) -> str:
    """A sign's number with its unit, as exact as its difference from the threshold asks for; a dash without one."""
    if found.value is None:
        return "–"
    threshold = found.threshold
    if found.unit and threshold is not None and found.value != threshold and hu(found.value) == hu(threshold):
        return f"{fixed(found.value, 1)}{NBSP}{found.unit}"
    return _amount(found.value, found.unit)


def sign_threshold(found: SignFound) -> str:
    """What a sign's number is held against, and which way it counts: ``≥ 10 HU``; a dash where there is none."""
    if found.threshold is None:
        return "–"
    mark = "≤" if SIGN_WORDS[found.sign].counts_from_above else "≥"
    return f"{mark}{NBSP}{_amount(found.threshold, found.unit)}"


def sign_gap(found: SignFound, lesion: Lesion, aorta_hu: Collection[Phase]) -> str:
    """Why a sign could not be measured; `aorta_hu` has the phases in which the aorta's HU is known."""
    measured = {point.phase for point in lesion.enhancement}
    if found.sign is Sign.CENTRIPETAL_FILLING and Phase.PORTAL in measured:
        measured.add(Phase.DELAYED)  # either will do
    missing = [phase for phase in found.phases if phase not in measured]
    if missing:
        return f"needs {' and '.join(missing)} phase"
    if found.sign is Sign.NO_ENHANCEMENT:
        return "needs an enhanced phase"
    if found.sign in NEED_AORTA and Phase.ARTERIAL not in aorta_hu:
        return "needs the aorta’s HU"
    return "too small to tell"


def asks_for_more(found: SignFound) -> bool:
    """Whether a sign is absent though its number reaches the threshold, for want of what else its source asks for."""
    if found.present is not False or found.value is None or found.threshold is None:
        return False
    above = SIGN_WORDS[found.sign].counts_from_above
    return found.value <= found.threshold if above else found.value >= found.threshold


def _amount(value: float, unit: str) -> str:
    return f"{hu(value)}{NBSP}{unit}" if unit else fixed(value)


def organ_name(organ: str) -> str:
    """An organ's name for people: ``Portal vein``."""
    return organ.replace("_", " ").capitalize()


def told_by(source: str) -> str:
    """How a phase is known, for people."""
    return TOLD_BY.get(source, source)
