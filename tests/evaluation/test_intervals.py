from math import sqrt

import numpy as np
import pytest
from scipy.stats import binomtest

from livercad.evaluation.intervals import mean_over_cases, over_patients, resampled, share_over_patients, wilson


@pytest.mark.parametrize(("count", "n"), [(0, 7), (1, 1), (3, 10), (47, 60), (200, 200)])
def test_wilson_is_scipys_and_wilsons_formula(count: int, n: int) -> None:
    estimate = wilson(count, n, 0.95)
    assert estimate is not None
    theirs = binomtest(count, n).proportion_ci(0.95, method="wilson")
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx((count / n, theirs.low, theirs.high))
    z, p = 1.959963984540054, count / n  # Wilson 1927
    middle, half = p + z * z / (2 * n), z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    assert estimate.low == pytest.approx((middle - half) / (1 + z * z / n), abs=1e-12)
    assert estimate.high == pytest.approx((middle + half) / (1 + z * z / n), abs=1e-12)


def test_no_trials_give_no_proportion() -> None:
    assert wilson(0, 0, 0.95) is None


def test_the_bootstrap_interval_of_a_mean_is_close_to_the_normal_one() -> None:
    values = np.random.default_rng(0).normal(0.9, 0.05, 200).tolist()
    estimate = mean_over_cases(values, 0.95, seed=0)
    assert estimate is not None
    assert estimate.value == pytest.approx(np.mean(values))
    half = 1.96 * np.std(values, ddof=1) / sqrt(200)
    assert estimate.high == pytest.approx(estimate.value + half, abs=0.1 * half)
    assert estimate.low == pytest.approx(estimate.value - half, abs=0.1 * half)


def test_the_bootstrap_is_the_same_for_the_same_seed() -> None:
    values = [0.1, 0.5, 0.6, 0.8, 0.9]
    assert mean_over_cases(values, 0.95, seed=3) == mean_over_cases(values, 0.95, seed=3)


@pytest.mark.parametrize("values", [[0.2, 0.9, 0.8], [0.0] * 20])
def test_few_or_equal_cases_get_a_mean_without_an_interval(values: list[float]) -> None:
    estimate = mean_over_cases(values, 0.95, seed=0)
    assert estimate is not None
    assert (estimate.value, estimate.low, estimate.high) == (pytest.approx(np.mean(values)), None, None)


def test_no_cases_have_no_mean() -> None:
    assert mean_over_cases([], 0.95, seed=0) is None


def test_a_share_over_patients_of_one_image_each_is_the_bootstrap_of_its_mean() -> None:
    right = (np.random.default_rng(1).random(60) < 0.7).tolist()
    share = share_over_patients(right, [f"p{n}" for n in range(60)], 0.95, seed=0)
    mean = mean_over_cases([float(one) for one in right], 0.95, seed=0)
    assert share is not None and mean is not None
    assert (share.count, share.n, share.value) == (sum(right), 60, pytest.approx(mean.value))
    assert (share.low, share.high) == pytest.approx((mean.low, mean.high), abs=0.02)


def test_few_patients_and_shares_without_doubt_get_no_interval() -> None:
    four = [f"p{n % 4}" for n in range(20)]
    share = share_over_patients([True, False] * 10, four, 0.95, seed=0)
    assert share is not None
    assert (share.value, share.low, share.high) == (0.5, None, None)
    sure = share_over_patients([True] * 20, [f"p{n}" for n in range(20)], 0.95, seed=0)
    assert sure is not None
    assert (sure.value, sure.low, sure.high) == (1.0, None, None)
    assert share_over_patients([], [], 0.95, seed=0) is None


def test_draws_that_do_not_define_a_measure_do_not_count() -> None:
    defined = np.array([0.0, 1.0, 0.0, 0.0, 0.0, 0.0])

    def one_if_drawn(rows: np.ndarray) -> float:
        return 1.0 if defined[rows].any() else np.nan

    patients = [f"p{n}" for n in range(6)]
    assert np.isnan(resampled(one_if_drawn, patients, 0)).mean() == pytest.approx((5 / 6) ** 6, abs=0.05)
    estimate = over_patients(one_if_drawn, patients, 0.95, 0)
    assert estimate is not None
    assert (estimate.value, estimate.low) == (1.0, None)
