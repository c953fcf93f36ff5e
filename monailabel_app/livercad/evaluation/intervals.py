"""Proportions with Wilson intervals, means with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

FEWEST_FOR_BOOTSTRAP = 5
"""Fewer cases than this resample to little else than themselves; their mean is given without an interval."""


@dataclass(frozen=True)
class Estimate:
    """A number with its confidence interval.

    Parameters
    ----------
    value : float
        The estimate.
    low, high : float or None
        Ends of the interval; None where the cases cannot tell it.
    n : int
        How many lesions or cases it rests on.
    """

    value: float
    low: float | None
    high: float | None
    n: int


def wilson(count: int, n: int, confidence: float) -> Estimate | None:
    """A proportion with its Wilson score interval (Wilson 1927).

    Parameters
    ----------
    count, n : int
        Successes and trials.
    confidence : float
        Confidence level in (0, 1).

    Returns
    -------
    Estimate or None
        In [0, 1]; None without trials.
    """
    if n == 0:
        return None
    from scipy.stats import binomtest

    interval = binomtest(count, n).proportion_ci(confidence, method="wilson")
    return Estimate(count / n, float(interval.low), float(interval.high), n)


def mean_over_cases(values: Sequence[float], confidence: float, seed: int) -> Estimate | None:
    """A mean over cases with its percentile bootstrap interval; cases are drawn, as they are what is independent.

    Parameters
    ----------
    values : sequence of float
        One value a case.
    confidence : float
        Confidence level in (0, 1).
    seed : int
        Seed of the resampling.

    Returns
    -------
    Estimate or None
        None without values. Without an interval below `FEWEST_FOR_BOOTSTRAP` values, or where all are equal, because
        resampling them would claim certainty.
    """
    if not values:
        return None
    n, mean = len(values), float(np.mean(values))
    if n < FEWEST_FOR_BOOTSTRAP or min(values) == max(values):
        return Estimate(mean, None, None, n)
    from scipy.stats import bootstrap

    interval = bootstrap(
        (values,), np.mean, confidence_level=confidence, method="percentile", rng=np.random.default_rng(seed)
    ).confidence_interval
    return Estimate(mean, float(interval.low), float(interval.high), n)
