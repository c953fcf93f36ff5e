from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from livercad.core.phases import Phase
from livercad.phantom.contrast import HU_PER_MG_ML, Circulation, Injection, Supply, Timing

TYPICAL = Circulation(Injection())


def at(curve: np.ndarray, time_s: float) -> float:
    return float(np.interp(time_s, TYPICAL.times_s, curve))


def test_the_curves_of_a_typical_patient_are_those_of_the_literature() -> None:
    """Bae 2010: aorta some 300 HU shortly after the injection ends; Heiken 1995: liver 50 HU in the portal phase."""
    assert TYPICAL.aorta.max() == pytest.approx(300, abs=60)
    assert 30 <= TYPICAL.times_s[TYPICAL.aorta.argmax()] <= 42
    liver = TYPICAL.uptake(Supply(20, 90, 0.42))
    assert at(liver, 70) == pytest.approx(50, abs=8)
    assert 55 <= TYPICAL.times_s[liver.argmax()] <= 100
    assert at(TYPICAL.portal_vein, 70) == pytest.approx(130, abs=25)
    assert at(TYPICAL.portal_vein, 35) < at(TYPICAL.aorta, 35) / 3
    assert at(TYPICAL.aorta, 180) == pytest.approx(at(TYPICAL.portal_vein, 180), rel=0.1)


def test_a_heavier_patient_is_enhanced_less_and_a_weaker_heart_enhances_the_aorta_more_and_later() -> None:
    heavy, weak = Circulation(Injection(weight_kg=95)), Circulation(Injection(output_l_min=4))
    assert heavy.aorta.max() < 0.92 * TYPICAL.aorta.max()
    assert weak.aorta.max() > 1.08 * TYPICAL.aorta.max()
    assert weak.aorta.argmax() >= TYPICAL.aorta.argmax()


def test_no_contrast_medium_is_lost() -> None:
    """Without kidneys, after minutes, all iodine is spread over blood and tissue at one concentration."""
    injection = Injection(gfr_ml_min=0)
    closed = Circulation(injection)
    assert closed.excreted.max() == 0
    size = (65 / 70) ** 0.5
    everywhere_ml = 16_970 * size  # all compartments together
    expected = HU_PER_MG_ML * injection.iodine_mg_ml * injection.volume_ml / everywhere_ml
    assert closed.aorta[-1] == pytest.approx(expected, rel=0.25)
    assert np.all(np.diff(TYPICAL.excreted) >= 0) and 0.02 < TYPICAL.excreted[-1] < 0.2


def test_uptake_solves_its_differential_equation() -> None:
    supply = Supply(arterial=60, portal=30, volume=0.35)

    def slope(time_s: float, hu: np.ndarray) -> np.ndarray:
        inflow = (60 * at(TYPICAL.aorta, time_s) + 30 * at(TYPICAL.portal_vein, time_s)) / 6000
        return inflow - 90 / 6000 / 0.35 * hu

    solution = solve_ivp(slope, (0, 200), [0.0], t_eval=[40, 70, 180], max_step=0.5)
    assert [at(TYPICAL.uptake(supply), t) for t in (40, 70, 180)] == pytest.approx(list(solution.y[0]), rel=0.02)


def test_a_tissue_that_is_fed_fast_follows_its_blood() -> None:
    fast = TYPICAL.uptake(Supply(arterial=6000, portal=0, volume=0.5))
    late = TYPICAL.times_s > 60
    np.testing.assert_allclose(fast[late], 0.5 * TYPICAL.aorta[late], rtol=0.03)


def test_the_phases_come_in_their_order_and_the_arterial_one_after_the_trigger() -> None:
    arterial, portal, delayed = (TYPICAL.time_of(phase, Timing()) for phase in tuple(Phase)[1:])
    assert TYPICAL.time_of(Phase.UNENHANCED, Timing()) is None
    assert arterial < portal < delayed
    assert at(TYPICAL.aorta, arterial - 15) == pytest.approx(158, abs=12)
