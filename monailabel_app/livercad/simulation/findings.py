"""What the numbers of a task say, in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from livercad.learning.strategies import Strategy
from livercad.simulation.areas import Interval
from livercad.simulation.results import StrategyResult

RARE_SHARE = 0.1
"""Of the pool: kinds below it are called rare."""


def findings(
    metric: str,
    counts: Sequence[int],
    strategies: Mapping[Strategy, StrategyResult],
    pool_kinds: Mapping[str, Interval],
) -> list[str]:
    """Say which strategies are better than `random`, which are not, and what they choose.

    Parameters
    ----------
    metric : str
        What is measured.
    counts : sequence of int
        Cases labelled by round.
    strategies : mapping of Strategy to StrategyResult
        What each came to.
    pool_kinds : mapping of str to Interval
        Cases of each kind in the pool.

    Returns
    -------
    list of str
        Whole sentences.
    """
    told = _against_random(strategies)
    if Strategy.RANDOM in strategies and len(strategies) > 1:
        told += _savings(metric, counts, strategies)
    return [*told, *_rare_kinds(strategies, pool_kinds)]


def verdict(result: StrategyResult) -> str:
    """Whether a strategy's area is larger than that of `random`: better, worse, or not told apart."""
    difference = result.difference
    if difference is None or difference.low is None or difference.high is None:
        return ""
    if difference.low > 0:
        return "better"
    return "worse" if difference.high < 0 else "not told apart"


def _against_random(strategies: Mapping[Strategy, StrategyResult]) -> list[str]:
    sentences = {
        "better": "Larger area under the learning curve than random, interval included",
        "worse": "Smaller area than random, interval included",
        "not told apart": "Not told apart from random",
    }
    told = []
    for word, start in sentences.items():
        named = {name: each.difference for name, each in strategies.items() if verdict(each) == word}
        texts = [f"{name} ({_signed(each.mean)})" for name, each in named.items() if each]
        if texts:
            told.append(f"{start}: {', '.join(texts)}.")
        elif word == "better" and any(map(verdict, strategies.values())):
            told.append("No strategy has a larger area under the learning curve than random, interval included.")
    lost = [
        name
        for name, each in strategies.items()
        if verdict(each) == "better" and each.difference and each.difference.p_holm is not None
        and each.difference.p_holm >= 0.05
    ]  # fmt: skip
    if lost:
        told.append(
            f"With as many strategies compared, one interval in twenty misses 0 by chance; adjusted for that (Holm), "
            f"P is .05 or more for {', '.join(lost)}."
        )
    return told


def _savings(metric: str, counts: Sequence[int], strategies: Mapping[Strategy, StrategyResult]) -> list[str]:
    random = [each.mean for each in strategies[Strategy.RANDOM].curve]
    end = {name: each.curve[-1].mean for name, each in strategies.items()}
    best = max((name for name in end if name is not Strategy.RANDOM), key=lambda name: end[name])
    told = [
        f"With {counts[-1]} cases labelled, the mean {metric} is {end[Strategy.RANDOM]:.3f} by random and "
        f"{end[best]:.3f} by {best}, the highest of the others at that point."
    ]
    better = {name: each.curve for name, each in strategies.items() if verdict(each) == "better"}
    needed = {name: cases_to_reach(random[-1], counts, [each.mean for each in own]) for name, own in better.items()}
    texts = [f"{name} with about {number:.0f}" for name, number in needed.items() if number]
    if texts:
        told.append(
            f"What random reaches with {counts[-1]} cases is reached by {', '.join(texts)} "
            "(mean curves, straight lines between rounds)."
        )
    return told


def cases_to_reach(score: float, counts: Sequence[float], curve: Sequence[float]) -> float | None:
    """Where a learning curve first reaches a score, along straight lines; None where it does not."""
    for place, value in enumerate(curve):
        if value >= score:
            if place == 0:
                return float(counts[0])
            return float(np.interp(score, curve[place - 1 : place + 1], counts[place - 1 : place + 1]))
    return None


def _rare_kinds(strategies: Mapping[Strategy, StrategyResult], pool_kinds: Mapping[str, Interval]) -> list[str]:
    everything = sum(kind.mean for kind in pool_kinds.values())
    rare = [name for name, kind in pool_kinds.items() if kind.mean < RARE_SHARE * everything]
    if not rare:
        return []
    shares = {}
    for name, each in strategies.items():
        labelled = sum(kind.mean for kind in each.chosen.values())
        shares[name] = sum(each.chosen[kind].mean for kind in rare) / labelled
    pool = sum(pool_kinds[kind].mean for kind in rare) / everything
    texts = ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
    names = ", ".join(name.replace("_", " ") for name in rare)
    return [f"Rare kinds ({names}) are {pool:.0%} of the pool; of the cases labelled they are: {texts}."]


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")
