"""Tests that compare groups: Kruskal–Wallis, Steel's many-to-one comparison, Fisher's exact test on a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

ENUMERATED_TABLES = 5_000_000
"""At most so many tables are gone through one by one, which takes less than a second."""
MONTE_CARLO_TABLES = 99_999
"""Random tables behind a Monte Carlo P value: its standard error is below .0016."""


@dataclass(frozen=True)
class Comparison:
    """One group against the control.

    Parameters
    ----------
    statistic : float
        Standardised rank sum; above 0 where the group lies above the control.
    p : float
        Two-sided, adjusted for the number of groups.
    """

    statistic: float
    p: float


def kruskal_wallis(groups: Sequence[Sequence[float]]) -> float:
    """Kruskal–Wallis rank sum test.

    Parameters
    ----------
    groups : sequence of sequence of float
        Two groups or more.

    Returns
    -------
    float
        P value; 1 where all values are equal.
    """
    from scipy.stats import kruskal

    if len({value for group in groups for value in group}) == 1:
        return 1.0
    return float(kruskal(*groups).pvalue)


def steel(control: Sequence[float], groups: Sequence[Sequence[float]]) -> tuple[Comparison, ...]:
    """Compare every group with one control by ranks, and hold the error of all comparisons together.

    Each group is ranked with the control alone; the rank sum's variance is corrected for ties. P values are those of
    the largest of several correlated normal variables, as in the tables for Dunnett's test.

    Parameters
    ----------
    control : sequence of float
        The group that all others are compared with.
    groups : sequence of sequence of float
        The others.

    Returns
    -------
    tuple of Comparison
        In the order of `groups`.

    References
    ----------
    Steel RGD. A multiple comparison rank sum test: treatments versus control. Biometrics 1959;15:560-572.
    """
    shares = np.array([len(group) / (len(group) + len(control)) for group in groups])
    statistics = [_standardised_rank_sum(group, control) for group in groups]
    return tuple(Comparison(statistic, _p_of_largest(abs(statistic), shares)) for statistic in statistics)


def fisher_exact(table: npt.ArrayLike, seed: int = 0) -> float:
    """Fisher's exact test on a table of any size.

    A table of two columns, or two rows, is held against all tables with its margins, as long as they are not more than
    `ENUMERATED_TABLES`; any other against `MONTE_CARLO_TABLES` random ones.

    Parameters
    ----------
    table : array_like of int, shape (rows, columns)
        Counts. Rows and columns without any are left out.
    seed : int
        Of the random tables.

    Returns
    -------
    float
        P value; 1 where only one row or column is left.
    """
    from scipy.stats import MonteCarloMethod
    from scipy.stats import fisher_exact as exact

    counts = np.asarray(table)
    counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    if min(counts.shape) < 2:
        return 1.0
    pairs = counts if counts.shape[1] == 2 else counts.T
    if pairs.shape[1] == 2 and _free_tables(pairs) <= ENUMERATED_TABLES:
        return _share_of_rarer_tables(pairs)
    method = MonteCarloMethod(n_resamples=MONTE_CARLO_TABLES, rng=np.random.default_rng(seed))
    return float(exact(counts, method=method).pvalue)


def _free_tables(pairs: npt.NDArray[np.int_]) -> float:
    """How many tables of two columns have the same sums of rows: all but the largest row may take any value."""
    sums = np.sort(pairs.sum(axis=1))
    return float(np.prod(sums[:-1] + 1.0))


def _share_of_rarer_tables(pairs: npt.NDArray[np.int_]) -> float:
    """P of a table of two columns that is no more probable than this one, among those with its margins.

    Of the first column's counts k of rows with n, a table has the probability of Π binomial(n, k), but for a factor.
    """
    from scipy.special import gammaln

    def ways(n: npt.NDArray[np.int_], k: npt.NDArray[np.int_]) -> npt.NDArray[np.float64]:
        return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))

    sums, total = np.sort(pairs.sum(axis=1)), pairs[:, 0].sum()
    given, logs = np.zeros(1, dtype=int), np.zeros(1)
    for row in sums[:-1]:
        counts = np.arange(row + 1)
        given, logs = np.add.outer(given, counts).ravel(), np.add.outer(logs, ways(row, counts)).ravel()
        given, logs = given[given <= total], logs[given <= total]
    possible = total - given <= sums[-1]
    logs = logs[possible] + ways(sums[-1], total - given[possible])
    observed = ways(pairs.sum(axis=1), pairs[:, 0]).sum()
    weights = np.exp(logs - logs.max())
    # Tables as probable as this one must count, though their probabilities round differently.
    return float(weights[logs <= observed + 1e-7].sum() / weights.sum())


def _standardised_rank_sum(group: Sequence[float], control: Sequence[float]) -> float:
    from scipy.stats import rankdata

    ranks = rankdata([*group, *control])
    n, total = len(group), len(ranks)
    mean = n * (total + 1) / 2
    # The variance of a rank sum drawn without replacement: with ties, ranks vary less.
    variance = n * len(control) / (total * (total - 1)) * ((ranks - (total + 1) / 2) ** 2).sum()
    return float((ranks[:n].sum() - mean) / np.sqrt(variance)) if variance else 0.0


def _p_of_largest(statistic: float, shares: npt.NDArray[np.float64]) -> float:
    """P that one of several normal variables lies further out, where ρij = √(share i · share j).

    Each is √share · X + √(1 − share) · its own part: given the common X they are independent, so that the box
    probability is a single integral.
    """
    from scipy.integrate import quad
    from scipy.special import ndtr
    from scipy.stats import norm

    common, own = np.sqrt(shares), np.sqrt(1 - shares)

    def all_inside(x: float) -> float:
        inside = ndtr((statistic - common * x) / own) - ndtr((-statistic - common * x) / own)
        return float(norm.pdf(x) * inside.prod())

    return float(np.clip(1 - quad(all_inside, -10, 10, points=[0.0], epsabs=1e-10)[0], 0, 1))
