"""What is said of the curve over D/L, of differences and intervals that are made up."""

from __future__ import annotations

from livercad.papers.intervals import Interval
from livercad.papers.yamakawa2020.results import Best, Scores
from livercad.papers.yamakawa2020.verdict import verdict_of

NONE = Interval(value=0.0, low=None, high=None, n=100)


def at(ratio: float, cases: float, difference: tuple[float, float] | None, half: float = 0.05) -> Scores:
    """A ratio with its accuracy, and the ends of its difference from the reference."""
    value = Interval(value=cases, low=cases - half, high=cases + half, n=100)
    low, high = difference or (None, None)
    less = Interval(value=cases - 0.88, low=low, high=high, n=100)
    return Scores(
        title="", ratio=ratio, down=0, cases=value, images=value, by_class={}, auc=None, confusion=[], difference=less,
        image_difference=NONE, auc_difference=None, off_the_middle=None, dice=1, seconds=0, parameters=1,
    )  # fmt: skip


LEFT = at(0.1, 0.82, (-0.10, -0.02)), at(0.4, 0.86, (-0.05, 0.01))
MIDDLE = at(0.6, 0.88, None)
RIGHT = at(0.8, 0.78, (-0.15, -0.05), 0.04), at(1.0, 0.82, (-0.10, -0.03)), at(1.1, 0.85, (-0.06, 0.0))


def verdict(*sweep: Scores) -> str:
    most = max(scores.cases.value for scores in sweep)
    ratios = [scores.ratio for scores in sweep if scores.cases.value == most and scores.ratio]
    return verdict_of(sweep, Best(ratios=ratios, accuracy=most, low=None, high=None), 0.6)


def test_both_ends_and_each_side_of_the_best_are_told_with_where_it_is_lower() -> None:
    told = verdict(*LEFT, MIDDLE, *RIGHT)
    assert "highest at D/L 0.6 (0.880), within 0.4 to 0.8; the paper has it at 0.5 and 0.6" in told
    assert "smallest ratio, 0.1, it is −0.060 (−0.100 to −0.020) against 0.6: lower by more than chance." in told
    assert "largest ratio, 1.1, it is −0.030 (−0.060 to +0.000) against 0.6: not lower by more than chance." in told
    assert "left of the best (0.1, 0.4) it is lower than at 0.6 by more than chance, on the same cases, at 0.1." in told
    assert "right of the best (0.8, 1, 1.1) it is lower than at 0.6 by more than chance, on the same cases, at 0.8, 1."\
        in told  # fmt: skip
    assert "it falls by more than chance on both sides of its best" in told
    assert told.endswith("unpaired, lie below that at 0.6 only at 0.8.")


def test_where_only_pairs_tell_a_fall_it_is_said() -> None:
    told = verdict(*LEFT, MIDDLE, RIGHT[1])
    assert "on both sides" in told
    assert told.endswith("unpaired, show no fall: all overlap with that at 0.6.")


def test_a_curve_that_falls_on_one_side_or_on_none_does_not_fall_on_both() -> None:
    one = verdict(LEFT[1], MIDDLE, *RIGHT)
    assert "left of the best (0.4) it is lower than at 0.6 by more than chance, on the same cases, nowhere." in one
    assert "falls by more than chance on the right only of its best" in one
    best = at(1.1, 0.9, (-0.01, 0.05))
    none = verdict(LEFT[1], MIDDLE, best)
    assert "outside 0.4 to 0.8" in none and "No ratio to the right of the best was tried." in none
    assert none.endswith("falls by more than chance on neither side of its best.")
    assert "left of the best (0.4, 0.6)" in none
