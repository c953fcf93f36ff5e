from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from livercad.simulation.areas import area_under, holm, over_seeds, paired


def test_the_area_under_a_straight_curve_is_its_middle() -> None:
    assert area_under([10, 20, 30, 40], [0.4, 0.5, 0.6, 0.7]) == pytest.approx(0.55)


def test_the_area_under_a_parabola_with_many_rounds_is_its_integral() -> None:
    counts = np.linspace(0, 3, 1001)
    assert area_under(counts.tolist(), (counts**2).tolist()) == pytest.approx(3.0, abs=1e-5)  # 9 over a width of 3


def test_rounds_count_by_their_width() -> None:
    assert area_under([0, 10, 100], [0.0, 1.0, 1.0]) == pytest.approx((5 + 90) / 100)


def test_a_single_round_is_its_own_area() -> None:
    assert area_under([5], [0.7]) == 0.7


def test_the_interval_is_student_s() -> None:
    values = [0.61, 0.66, 0.7, 0.58, 0.69]
    low, high = stats.t.interval(0.95, 4, loc=np.mean(values), scale=stats.sem(values))
    found = over_seeds(values, 0.95)
    assert (found.mean, found.low, found.high) == pytest.approx((np.mean(values), low, high))


def test_one_seed_has_no_interval() -> None:
    found = over_seeds([0.6], 0.95)
    assert (found.low, found.high) == (None, None)
    assert paired([0.6], [0.5], 0.95).p is None


def test_differences_are_those_of_a_paired_t_test() -> None:
    ours, theirs = [0.7, 0.72, 0.65, 0.8, 0.74], [0.66, 0.7, 0.64, 0.75, 0.73]
    test = stats.ttest_rel(ours, theirs)
    ends = test.confidence_interval(0.95)
    found = paired(ours, theirs, 0.95)
    assert found.p == pytest.approx(test.pvalue)
    assert (found.low, found.high) == pytest.approx((ends.low, ends.high))


def test_p_values_are_adjusted_as_holm_does_by_hand() -> None:
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": None}) == {
        "a": pytest.approx(0.03),
        "b": pytest.approx(0.06),
        "c": pytest.approx(0.06),
        "d": None,
    }
