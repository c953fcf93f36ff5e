"""The learning curve's places: where versions stand, which line joins them, and what is written at the axes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from livercad.reports.learning_curve import BOTTOM, LEFT, RIGHT, TOP, Measured, learning_curve


def version(cases: int, value: float, was_champion: bool = True, spread: float | None = None) -> Measured:
    ends = (None, None) if spread is None else (value - spread, value + spread)
    return Measured(f"version {cases}", cases, value, *ends, was_champion)


def test_versions_stand_where_their_numbers_are() -> None:
    curve = learning_curve("Dice", [version(40, 0.8, spread=0.1), version(0, 0.5), version(20, 0.6, False)])
    assert curve
    places, told = zip(*curve.x_ticks, strict=True)
    assert [point.x for point in curve.points] == pytest.approx(np.interp((0, 20, 40), np.float64(told), places))
    heights, told = zip(*curve.y_ticks, strict=True)
    seen = (curve.points[1].y, curve.points[2].low, curve.points[2].high)
    assert seen == pytest.approx(np.interp((0.6, 0.7, 0.9), np.float64(told), heights))
    assert all(LEFT <= point.x <= RIGHT and TOP <= point.y <= BOTTOM for point in curve.points)
    assert (
        curve.path
        == f"M{curve.points[0].x:.1f} {curve.points[0].y:.1f}L{curve.points[2].x:.1f} {curve.points[2].y:.1f}"
    )


@pytest.mark.parametrize("values", [(0.5, 0.5), (0.592, 0.742), (0.9011, 0.9012), (3.0, 180.0)])
def test_what_is_written_at_the_axis_is_true(values: tuple[float, float]) -> None:
    curve = learning_curve("any", [version(n, value) for n, value in enumerate(values)])
    assert curve
    texts = [float(text) for _, text in curve.y_ticks]
    steps = [b - a for a, b in itertools.pairwise(texts)]
    assert steps == pytest.approx([steps[0]] * len(steps), abs=1e-9) and steps[0] > 0
    assert texts[0] <= min(values) and max(values) <= texts[-1]


def test_one_version_is_no_curve() -> None:
    assert learning_curve("Dice", [version(0, 0.5)]) is None
    assert learning_curve("Dice", []) is None
