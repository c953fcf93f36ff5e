from __future__ import annotations

from dataclasses import replace

import pytest

from livercad.core.lesion import PhaseMeasurement, Sign, SignFound
from livercad.core.phases import Phase
from livercad.core.signs import WORDS
from livercad.core.taxonomy import LesionClass
from livercad.reports import words
from report_scene import several


def found(sign: Sign, present: bool | None, value: float | None, threshold: float | None, unit: str) -> SignFound:
    return SignFound(sign, present, value, threshold, unit, (Phase.ARTERIAL,), "source")


@pytest.mark.parametrize(
    ("value", "threshold", "unit", "text"),
    [
        (31.2, 10.0, "HU", "31 HU"),
        (9.7, 10.0, "HU", "9.7 HU"),
        (10.0, 10.0, "HU", "10 HU"),
        (-0.4, 10.0, "HU", "0 HU"),
        (92.6, 107.0, "%", "93 %"),
        (0.124, 0.45, "", "0.12"),
        (None, None, "HU", "–"),
    ],
)
def test_a_number_is_as_exact_as_its_threshold_asks_for(
    value: float | None, threshold: float | None, unit: str, text: str
) -> None:
    sign = found(Sign.RIM_ENHANCEMENT, False, value, threshold, unit)
    assert words.sign_value(sign).replace("\u00a0", " ") == text


def test_a_sign_whose_number_is_reached_but_that_is_absent_asks_for_more() -> None:
    assert words.asks_for_more(found(Sign.PORTAL_WASHOUT, False, 141.0, 107.0, "%"))
    assert not words.asks_for_more(found(Sign.PORTAL_WASHOUT, True, 141.0, 107.0, "%"))
    assert not words.asks_for_more(found(Sign.PORTAL_WASHOUT, False, 99.0, 107.0, "%"))
    assert not words.asks_for_more(found(Sign.PORTAL_WASHOUT, None, None, None, "%"))
    assert words.asks_for_more(found(Sign.WATER_DENSITY, False, -80.0, 20.0, "HU")), "counts from above"
    assert not words.asks_for_more(found(Sign.WATER_DENSITY, False, 41.0, 20.0, "HU"))


def test_every_sign_and_every_class_has_its_words() -> None:
    assert set(WORDS) == set(Sign)
    assert len({words.sign_name(sign) for sign in Sign}) == len(Sign)
    assert set(words.CLASS_NAMES) == set(LesionClass)


def test_a_sign_that_could_not_be_measured_says_what_is_missing() -> None:
    point = PhaseMeasurement(Phase.ARTERIAL, 90.0, 9.0, 70.0, 20.0, 90.0, 90.0)
    lesion = replace(several(1).findings.lesions[0], enhancement=(point,))
    aorta_like = found(Sign.AORTA_LIKE_ENHANCEMENT, None, None, None, "")
    washout = replace(found(Sign.DELAYED_WASHOUT, None, None, None, "%"), phases=(Phase.ARTERIAL, Phase.DELAYED))
    assert words.sign_gap(washout, lesion, {Phase.ARTERIAL}) == "needs delayed phase"
    assert words.sign_gap(aorta_like, lesion, ()) == "needs the aorta\u2019s HU"
    assert words.sign_gap(aorta_like, lesion, {Phase.ARTERIAL}) == "too small to tell"
    assert words.sign_gap(found(Sign.RIM_ENHANCEMENT, None, None, None, "HU"), lesion, ()) == "too small to tell"
    filling = replace(washout, sign=Sign.CENTRIPETAL_FILLING)
    portal = replace(lesion, enhancement=(point, replace(point, phase=Phase.PORTAL)))
    assert words.sign_gap(filling, lesion, ()) == "needs delayed phase"
    assert words.sign_gap(filling, portal, ()) == "too small to tell", "the portal phase will do"
    alone = replace(lesion, enhancement=(replace(point, phase=Phase.UNENHANCED),))
    no_enhancement = replace(found(Sign.NO_ENHANCEMENT, None, None, None, "HU"), phases=(Phase.UNENHANCED,))
    assert words.sign_gap(no_enhancement, alone, ()) == "needs an enhanced phase"
