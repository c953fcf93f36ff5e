"""The words for signs: what they are called, what their number is and which way it counts."""

from __future__ import annotations

from dataclasses import dataclass

from livercad.core.lesion import Sign, SignFound


@dataclass(frozen=True)
class SignWords:
    """How a sign is spoken of.

    Parameters
    ----------
    label : str
        Its name for a table.
    number : str
        What its number is.
    counts_from_above : bool
        Whether it is present where the number is at most the threshold, not at least.
    """

    label: str
    number: str
    counts_from_above: bool = False


WORDS: dict[Sign, SignWords] = {
    Sign.ARTERIAL_HYPERENHANCEMENT: SignWords("Arterial hyperenhancement", "its brightest quarter less liver"),
    Sign.ARTERIAL_HYPOATTENUATION: SignWords("Arterial hypoattenuation", "lesion less liver", counts_from_above=True),
    Sign.AORTA_LIKE_ENHANCEMENT: SignWords("Bright like the aorta", "lesion over aorta"),
    Sign.PORTAL_WASHOUT: SignWords("Washout, portal", "liver over the bright quarter"),
    Sign.DELAYED_WASHOUT: SignWords("Washout, delayed", "liver over the bright quarter"),
    Sign.DELAYED_HYPOATTENUATION: SignWords("Delayed hypoattenuation", "liver over lesion"),
    Sign.DELAYED_ISOATTENUATION: SignWords(
        "Delayed isoattenuation", "the brighter over the darker of lesion and liver", counts_from_above=True
    ),
    Sign.DELAYED_HYPERATTENUATION: SignWords("Delayed hyperattenuation", "lesion over liver"),
    Sign.RIM_ENHANCEMENT: SignWords("Rim enhancement", "rim less core"),
    Sign.PERIPHERAL_NODULAR_ENHANCEMENT: SignWords("Peripheral nodular enhancement", "share of rim bright as blood"),
    Sign.CENTRIPETAL_FILLING: SignWords("Centripetal filling", "what the core gains, also on the rim"),
    Sign.WATER_DENSITY: SignWords("Water density", "lesion", counts_from_above=True),
    Sign.NO_ENHANCEMENT: SignWords("No enhancement", "largest rise over unenhanced", counts_from_above=True),
}


def presence_of(found: SignFound) -> str:
    """Say whether a sign is there.

    Parameters
    ----------
    found : SignFound
        The sign.

    Returns
    -------
    str
        ``yes``, ``no`` or ``not known``.
    """
    return {True: "yes", False: "no", None: "not known"}[found.present]


def number_of(found: SignFound) -> str:
    """Write a sign's number with what it is held against.

    Parameters
    ----------
    found : SignFound
        The sign.

    Returns
    -------
    str
        Such as ``23 HU (≥ 10 HU)``; empty where there is no number.
    """
    if found.value is None or found.threshold is None:
        return ""
    mark = "≤" if WORDS[found.sign].counts_from_above else "≥"
    return f"{_amount(found.value, found.unit)} ({mark} {_amount(found.threshold, found.unit)})"


def _amount(value: float, unit: str) -> str:
    return f"{value:.0f} {unit}".replace("-0 ", "0 ").replace("-", "−") if unit else f"{value:.2f}"
