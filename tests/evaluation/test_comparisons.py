import numpy as np
import pytest
from scipy.stats import multivariate_normal

from livercad.evaluation.comparisons import fisher_exact, kruskal_wallis, steel

CONTROL = [0.82, 0.83, 0.84, 0.85, 0.90]
APART = [0.40, 0.45, 0.48, 0.50, 0.60]
ONE_TIE = [0.40, 0.45, 0.48, 0.48, 0.60]
TWO_TIES = [0.40, 0.45, 0.45, 0.48, 0.48]


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
    """ "CT Imaging": Toshiba and GE by category, P = .545; Monte Carlo has a standard error of .0016."""
    scanners = [[6, 15], [3, 6], [11, 24], [3, 17], [6, 9]]
    assert fisher_exact(scanners) == pytest.approx(0.545, abs=0.005)


def test_fisher_leaves_empty_categories_out() -> None:
    assert fisher_exact([[3, 1], [0, 0], [1, 5]]) == pytest.approx(fisher_exact([[3, 1], [1, 5]]))
    assert fisher_exact([[3, 0], [4, 0]]) == 1.0
