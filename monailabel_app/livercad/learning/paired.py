"""A measure on a pool with its bootstrap interval, and the difference of two versions on the same cases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from livercad.evaluation.intervals import FEWEST_FOR_BOOTSTRAP, Estimate
from livercad.learning.metrics import CaseMetrics, Measure

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Difference:
    """Two versions on the same cases.

    Parameters
    ----------
    measure : str
        Its name.
    challenger, champion : float
        The measure of each.
    gain : float
        How much better the challenger is: above 0 also where a smaller measure is better.
    low, high : float or None
        Ends of the gain's interval; None where the patients are too few to tell.
    p : float or None
        Of the gain under the hypothesis that there is none or a loss, one-sided; None with the interval.
    patients : int
        On how many patients it rests.
    """

    measure: str
    challenger: float
    champion: float
    gain: float
    low: float | None
    high: float | None
    p: float | None
    patients: int


def estimate(
    measure: Measure, cases: Iterable[CaseMetrics], confidence: float, resamples: int, seed: int
) -> Estimate | None:
    """A measure on a pool with its interval; see `difference`.

    Returns
    -------
    Estimate or None
        `n` counts patients. None where no case tells.
    """
    sums = _stacked(measure.sums_by_patient(cases))
    if not len(sums):
        return None
    value, n = float(measure.value(sums.sum(axis=0))), len(sums)
    if n < FEWEST_FOR_BOOTSTRAP:
        return Estimate(value, None, None, n)
    low, high = _ends(measure.value(_resampled(n, resamples, seed) @ sums), (1 - confidence) / 2, n)
    return Estimate(value, low, high, n)


def difference(
    measure: Measure,
    challenger: Mapping[str, CaseMetrics],
    champion: Mapping[str, CaseMetrics],
    alpha: float,
    resamples: int,
    seed: int,
) -> Difference | None:
    """Compare two versions, paired by case, by a bootstrap over patients.

    The percentiles of resamples of few patients lie too close together: they miss the factor n / (n − 1) of the
    variance and the tails of Student's t. They are moved outwards for both (expanded percentiles: T. C. Hesterberg,
    "What teachers should know about the bootstrap", The American Statistician 69, 2015, arXiv:1411.5279). Fewer than
    `FEWEST_FOR_BOOTSTRAP` patients are not tested: that all of four get better has a probability of 1 / 2 ** 4 = 6% by
    chance.

    Parameters
    ----------
    measure : Measure
        What is compared.
    challenger, champion : mapping of str to CaseMetrics
        By case; the same cases.
    alpha : float
        Level of the one-sided test; the interval's confidence is 1 − 2 alpha.
    resamples : int
        How many.
    seed : int
        Of the resampling.

    Returns
    -------
    Difference or None
        None where no case tells.
    """
    ours, theirs = (measure.sums_by_patient(cases.values()) for cases in (challenger, champion))
    patients = sorted(ours.keys() & theirs.keys())
    if not patients:
        return None
    ours_summed, theirs_summed = (np.stack([sums[patient] for patient in patients]) for sums in (ours, theirs))
    sign = 1 if measure.higher_is_better else -1
    ours_value, theirs_value = (float(measure.value(sums.sum(axis=0))) for sums in (ours_summed, theirs_summed))
    gain, n = sign * (ours_value - theirs_value), len(patients)
    if n < FEWEST_FOR_BOOTSTRAP:
        return Difference(measure.name, ours_value, theirs_value, gain, None, None, None, n)
    weights = _resampled(n, resamples, seed)
    gains = sign * (measure.value(weights @ ours_summed) - measure.value(weights @ theirs_summed))
    gains = np.round(gains[np.isfinite(gains)], 12)  # equal versions differ by nothing, not by how they were summed
    low, high = _ends(gains, alpha, n)
    return Difference(measure.name, ours_value, theirs_value, gain, low, high, _p_of(gains, n), n)


def _stacked(sums: Mapping[str, Array]) -> Array:
    return np.stack([sums[patient] for patient in sorted(sums)]) if sums else np.empty((0, 0))


def _resampled(n: int, resamples: int, seed: int) -> Array:
    """How often each of n patients is drawn, shape (resamples, n)."""
    return np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), resamples).astype(np.float64)


def _ends(values: Array, alpha: float, n: int) -> tuple[float, float]:
    from scipy.stats import norm, t

    moved = float(norm.sf(np.sqrt(n / (n - 1)) * t.isf(alpha, n - 1)))
    low, high = np.quantile(values[np.isfinite(values)], [moved, 1 - moved])
    return float(low), float(high)


def _p_of(gains: Array, n: int) -> float:
    """The alpha at which the interval's lower end is 0."""
    from scipy.stats import norm, t

    share = (1 + int((gains <= 0).sum())) / (1 + len(gains))
    return float(t.sf(norm.isf(share) / np.sqrt(n / (n - 1)), n - 1))
