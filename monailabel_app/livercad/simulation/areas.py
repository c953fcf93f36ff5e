"""Areas under learning curves, their intervals over seeds, and differences of strategies seed by seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from pydantic import BaseModel, ConfigDict


class Interval(BaseModel):
    """A mean over seeds.

    Parameters
    ----------
    mean : float
        The estimate.
    low, high : float or None
        Ends of the interval by Student's t; None for a single seed.
    values : list of float
        One a seed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    mean: float
    low: float | None
    high: float | None
    values: list[float]


class Difference(Interval):
    """A paired difference.

    Parameters
    ----------
    p : float or None
        Two-sided, paired t test.
    p_holm : float or None
        The same, adjusted for the number of strategies that are compared (Holm 1979).
    """

    p: float | None
    p_holm: float | None = None


def area_under(counts: Sequence[float], scores: Sequence[float]) -> float:
    """Area under a learning curve over its width.

    Parameters
    ----------
    counts : sequence of float
        Labelled cases, rising.
    scores : sequence of float
        Of the models that learnt from them.

    Returns
    -------
    float
        By trapezoids; the mean height of the curve, so that a score that is reached at once and kept is its own area.
    """
    width = counts[-1] - counts[0]
    return float(np.trapz(scores, counts) / width) if width else float(scores[0])


def over_seeds(values: Sequence[float], confidence: float) -> Interval:
    """A mean with its interval by Student's t over seeds."""
    low, high = _ends(values, confidence)
    return Interval(mean=float(np.mean(values)), low=low, high=high, values=list(values))


def paired(values: Sequence[float], others: Sequence[float], confidence: float) -> Difference:
    """How much higher one strategy's values are than another's, seed by seed.

    A t interval rather than a bootstrap: the percentiles of resamples of five or ten numbers lie too close together.
    """
    from scipy.stats import ttest_rel

    differences = [one - other for one, other in zip(values, others, strict=True)]
    low, high = _ends(differences, confidence)
    p = float(ttest_rel(values, others).pvalue) if low is not None and np.ptp(differences) > 0 else None
    return Difference(mean=float(np.mean(differences)), low=low, high=high, values=differences, p=p)


def holm(p_values: Mapping[str, float | None]) -> dict[str, float | None]:
    """Adjust P values for their number (S. Holm, Scandinavian Journal of Statistics 6, 1979)."""
    told = sorted((p, name) for name, p in p_values.items() if p is not None)
    adjusted: dict[str, float | None] = dict.fromkeys(p_values)
    largest = 0.0
    for rank, (p, name) in enumerate(told):
        largest = max(largest, min(1.0, (len(told) - rank) * p))
        adjusted[name] = largest
    return adjusted


def _ends(values: Sequence[float], confidence: float) -> tuple[float | None, float | None]:
    from scipy.stats import sem, t

    if len(values) < 2:
        return None, None
    half = float(t.isf((1 - confidence) / 2, len(values) - 1) * sem(values))
    mean = float(np.mean(values))
    return mean - half, mean + half
