"""What the curve over D/L says, in words: whether its best lies inside, and whether it falls on both sides."""

from __future__ import annotations

from collections.abc import Sequence

from livercad.papers.yamakawa2020.published import PaperNumbers
from livercad.papers.yamakawa2020.results import Best, Scores
from livercad.papers.yamakawa2020.tables import ratios_of, signed

INSIDE = (0.4, 0.8)
"""Ratios between which the curve should have its best: the paper's .5 to .7, and one step to each side."""


def verdict_of(sweep: Sequence[Scores], best: Best, reference: float) -> str:
    """Say whether the curve has its best inside, and where on both sides it is lower by more than chance.

    Parameters
    ----------
    sweep : sequence of Scores
        By ratio, ascending.
    best : Best
        In cases.
    reference : float
        The ratio whose differences `sweep` has. It was named before anything was measured; the best was chosen by these
        same answers, and differences from it would seem larger than they are.

    Returns
    -------
    str
        Some sentences.
    """
    inside = all(INSIDE[0] <= ratio <= INSIDE[1] for ratio in best.ratios)
    words = [
        f"Accuracy in cases is highest at D/L {_and(best.ratios)} ({best.accuracy:.3f}), "
        f"{'within' if inside else 'outside'} {INSIDE[0]:g} to {INSIDE[1]:g}; "
        f"the paper has it at {_and(PaperNumbers().best_cases)}."
    ]
    for end, side in ((sweep[0], "smallest"), (sweep[-1], "largest")):
        value, around = signed(end.difference)
        value += f" ({around})" if around else ""
        words.append(
            f"At the {side} ratio, {end.ratio:g}, it is {value} against {reference:g}: "
            + ("lower by more than chance." if _is_lower(end) else "not lower by more than chance.")
        )
    left = [each for each in sweep if (each.ratio or 0) < min(best.ratios)]
    right = [each for each in sweep if (each.ratio or 0) > max(best.ratios)]
    words += [_side(left, "left", reference), _side(right, "right", reference)]
    falls = [name for side, name in ((left, "left"), (right, "right")) if any(map(_is_lower, side))]
    told = {2: "on both sides", 1: f"on the {''.join(falls)} only", 0: "on neither side"}[len(falls)]
    words.append(f"In paired differences, it falls by more than chance {told} of its best.")
    if falls:
        words.append(_unpaired([*left, *right], next(each for each in sweep if each.ratio == reference)))
    return " ".join(words)


def _side(ratios: Sequence[Scores], name: str, reference: float) -> str:
    if not ratios:
        return f"No ratio to the {name} of the best was tried."
    tried, lower = (
        ratios_of([each.ratio for each in some if each.ratio is not None])
        for some in (ratios, list(filter(_is_lower, ratios)))
    )
    where = f"at {lower}" if lower else "nowhere"
    return (
        f"To the {name} of the best ({tried}) it is lower than at {reference:g} by more than chance, on the same "
        f"cases, {where}."
    )


def _unpaired(sides: Sequence[Scores], reference: Scores) -> str:
    """Where intervals that know nothing of each other part."""
    low = reference.cases.value if reference.cases.low is None else reference.cases.low
    apart = [
        each.ratio
        for each in sides
        if each.ratio is not None and (each.cases.value if each.cases.high is None else each.cases.high) < low
    ]
    name = f"that at {reference.ratio:g}"
    told = f"lie below {name} only at {ratios_of(apart)}" if apart else f"show no fall: all overlap with {name}"
    return f"The intervals of the accuracies themselves, unpaired, {told}."


def _is_lower(scores: Scores) -> bool:
    return scores.difference.high is not None and scores.difference.high < 0


def _and(ratios: Sequence[float]) -> str:
    return " and ".join(f"{ratio:g}" for ratio in ratios)
