from itertools import product
from math import comb, prod

import numpy as np
import pytest
from scipy import stats
from scipy.stats import multivariate_normal

from livercad.evaluation.comparisons import fisher_exact, kruskal_wallis, steel

CONTROL = [0.82, 0.83, 0.84, 0.85, 0.90]
APART = [0.40, 0.45, 0.48, 0.50, 0.60]
ONE_TIE = [0.40, 0.45, 0.48, 0.48, 0.60]
TWO_TIES = [0.40, 0.45, 0.45, 0.48, 0.48]
SCANNERS = [[6, 15], [3, 6], [11, 24], [3, 17], [6, 9]]
"""Toshiba and GE by category of Yasaka 2018."""


@pytest.mark.parametrize(
    ("group", "statistic", "p"), [(APART, 2.6112, 0.0317), (ONE_TIE, 2.6191, 0.0310), (TWO_TIES, 2.6272, 0.0303)]
)
def test_steel_gives_the_p_values_that_yasaka_2018_prints_for_full_separation(group, statistic, p) -> None:
    """Table 2 prints .031 and .030."""
    result = steel(CONTROL, [group, APART, APART, APART])[0]
    assert -result.statistic == pytest.approx(statistic, abs=1e-4)
    assert result.p == pytest.approx(p, abs=5e-5)


def test_steel_agrees_with_the_box_probability_of_the_multivariate_normal() -> None:
    rng = np.random.default_rng(3)
    control, groups = rng.normal(0, 1, 7).tolist(), [rng.normal(shift, 1, n).tolist() for shift, n in ((1, 4), (0, 9))]
    n = np.array([len(group) for group in groups])
    correlation = np.sqrt(np.outer(n, n) / np.outer(n + 7, n + 7))
    np.fill_diagonal(correlation, 1)
    for result in steel(control, groups):
        box = np.full(2, abs(result.statistic))
        inside = multivariate_normal(cov=correlation).cdf(box, lower_limit=-box)
        assert result.p == pytest.approx(1 - inside, abs=1e-4)


def test_steel_with_one_group_is_the_rank_sum_test() -> None:
    from scipy.stats import mannwhitneyu

    group = [0.5, 0.6, 0.6, 0.91, 0.84]
    expected = mannwhitneyu(group, CONTROL, method="asymptotic", use_continuity=False).pvalue
    assert steel(CONTROL, [group])[0].p == pytest.approx(expected, abs=1e-6)


def test_equal_groups_do_not_differ() -> None:
    assert steel([0.5] * 5, [[0.5] * 5])[0].p == pytest.approx(1.0)
    assert kruskal_wallis([[0.5] * 5, [0.5] * 5]) == 1.0


def test_five_fully_separated_groups_differ_as_much_as_in_yasaka_2018() -> None:
    groups = [[k + n / 10 for n in range(5)] for k in range(5)]
    assert kruskal_wallis(groups) < 0.001


def test_fisher_finds_the_p_value_of_yasaka_2018_for_its_scanners() -> None:
    """ "CT Imaging": Toshiba and GE by category, P = .545."""
    assert round(fisher_exact(SCANNERS), 3) == 0.545
    assert fisher_exact(np.transpose(SCANNERS)) == fisher_exact(SCANNERS)


def test_fisher_counts_every_table_with_the_same_margins() -> None:
    """In whole numbers: binomial coefficients for each way to deal 29 Toshiba patients out to the categories."""
    sums = [sum(row) for row in SCANNERS]
    first = [counts for counts in product(*(range(n + 1) for n in sums[:-1])) if 0 <= 29 - sum(counts) <= sums[-1]]
    ways = [prod(map(comb, sums, (*counts, 29 - sum(counts)))) for counts in first]
    observed = prod(comb(n, row[0]) for n, row in zip(sums, SCANNERS, strict=True))
    assert fisher_exact(SCANNERS) == pytest.approx(sum(w for w in ways if w <= observed) / comb(100, 29), rel=1e-9)


def test_fisher_on_two_by_two_is_scipy_s() -> None:
    for table in ([[8, 2], [1, 5]], [[3, 3], [3, 3]], [[10, 0], [0, 7]], [[1, 24], [5, 9]]):
        assert fisher_exact(table) == pytest.approx(float(stats.fisher_exact(table).pvalue), rel=1e-9)


def test_fisher_draws_tables_where_there_are_too_many_to_count(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = fisher_exact(SCANNERS)
    monkeypatch.setattr("livercad.evaluation.comparisons.ENUMERATED_TABLES", 1000)
    assert fisher_exact(SCANNERS) == pytest.approx(counted, abs=0.006)


def test_fisher_compares_three_scanners() -> None:
    assert fisher_exact([[9, 0, 0], [0, 9, 0], [0, 0, 9]]) < 0.001
    assert fisher_exact([[3, 3, 3], [3, 3, 3], [3, 3, 3]]) == pytest.approx(1)


def test_fisher_leaves_empty_categories_out() -> None:
    assert fisher_exact([[3, 1], [0, 0], [1, 5]]) == pytest.approx(fisher_exact([[3, 1], [1, 5]]))
    assert fisher_exact([[3, 0], [4, 0]]) == 1.0
