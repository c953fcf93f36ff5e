"""Proportions with Wilson intervals; means, shares and other measures with bootstrap intervals over patients."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

RESAMPLES = 1000
"""Of patients, where a measure is taken over their lesions or images."""
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


@dataclass(frozen=True)
class Share(Estimate):
    """A share with its interval.

    Parameters
    ----------
    count : int
        The numerator; `n` is the denominator.
    """

    count: int


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


def drawn_patients(patients: int, seed: int) -> Iterator[npt.NDArray[np.int64]]:
    """Draw patients with replacement, `RESAMPLES` times.

    Parameters
    ----------
    patients : int
        How many there are.
    seed : int
        Seed of the resampling.

    Yields
    ------
    ndarray of int, shape (patients,)
        Their indices, some of them twice.
    """
    rng = np.random.default_rng(seed)
    for _ in range(RESAMPLES):
        yield rng.integers(patients, size=patients)


def of_draws(value: float, drawn: npt.NDArray[np.float64] | None, n: int, confidence: float) -> Estimate:
    """A measure with the percentile interval of what it is in draws of patients.

    Parameters
    ----------
    value : float
        Of all together.
    drawn : ndarray, shape (draws,), or None
        Of each draw; NaN where a draw does not define the measure, which does not count. None where the patients are
        too few to be drawn.
    n : int
        How many lesions or images it rests on.
    confidence : float
        Confidence level in (0, 1).

    Returns
    -------
    Estimate
        Without an interval where all draws are equal, because that would claim certainty.
    """
    if drawn is None or np.nanmin(drawn) == np.nanmax(drawn):
        return Estimate(float(value), None, None, n)
    low, high = np.nanquantile(drawn, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Estimate(float(value), float(low), float(high), n)


def resampled(
    measure: Callable[[npt.NDArray[np.int64]], float], patients: npt.ArrayLike, seed: int
) -> npt.NDArray[np.float64]:
    """What a measure is when patients are drawn with replacement, each with all that is his.

    Parameters
    ----------
    measure : callable
        Takes the numbers of the lesions or images drawn, some of them twice; NaN where they do not define it.
    patients : array_like, shape (n,)
        Whose lesion or image each is.
    seed : int
        Seed of the resampling.

    Returns
    -------
    ndarray, shape (RESAMPLES,)
        One value a draw.
    """
    whose = np.asarray(patients)
    rows = [np.flatnonzero(whose == patient) for patient in np.unique(whose)]
    return np.array([measure(np.concatenate([rows[n] for n in drawn])) for drawn in drawn_patients(len(rows), seed)])


def over_patients(
    measure: Callable[[npt.NDArray[np.int64]], float], patients: Sequence[str], confidence: float, seed: int
) -> Estimate | None:
    """A measure with its percentile bootstrap interval over patients, whose lesions and images are alike.

    Parameters
    ----------
    measure : callable
        As `resampled` takes it.
    patients : sequence of str
        Whose lesion or image each is.
    confidence : float
        Confidence level in (0, 1).
    seed : int
        Seed of the resampling.

    Returns
    -------
    Estimate or None
        None where all together do not define the measure. Without an interval below `FEWEST_FOR_BOOTSTRAP` patients, or
        where all draws are equal, as `mean_over_cases` has it; draws that do not define the measure do not count.
    """
    n = len(patients)
    value = measure(np.arange(n)) if n else np.nan
    if np.isnan(value):
        return None
    enough = len(set(patients)) >= FEWEST_FOR_BOOTSTRAP
    return of_draws(value, resampled(measure, np.array(patients), seed) if enough else None, n, confidence)


def share_over_patients(right: Sequence[bool], patients: Sequence[str], confidence: float, seed: int) -> Share | None:
    """A share of lesions or images with its bootstrap interval over patients.

    Parameters
    ----------
    right : sequence of bool
        Which count.
    patients : sequence of str
        Whose lesion or image each is.
    confidence, seed
        As `over_patients` takes them.

    Returns
    -------
    Share or None
        None where there is nothing to be a share of.
    """
    hits: npt.NDArray[Any] = np.array(right, dtype=np.float64)
    estimate = over_patients(lambda rows: float(hits[rows].mean()), patients, confidence, seed)
    if estimate is None:
        return None
    return Share(estimate.value, estimate.low, estimate.high, estimate.n, int(hits.sum()))
