"""How good a model was with how many labelled cases, as places in a drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

WIDTH, HEIGHT = 560.0, 230.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, WIDTH - 16.0, 14.0, HEIGHT - 40.0
TICKS = 5


@dataclass(frozen=True)
class Measured:
    """What one version of a model scored.

    Parameters
    ----------
    name : str
        What to call it.
    cases : int
        Labelled cases that it was made from.
    value : float
        Of the measure.
    low, high : float or None
        Ends of its interval.
    was_champion : bool
        Whether it is or was in use.
    """

    name: str
    cases: int
    value: float
    low: float | None
    high: float | None
    was_champion: bool


@dataclass(frozen=True)
class Point:
    """A version in the drawing.

    Parameters
    ----------
    x, y : float
        Where.
    low, high : float or None
        Ends of its whisker.
    measured : Measured
        What it stands for.
    """

    x: float
    y: float
    low: float | None
    high: float | None
    measured: Measured


@dataclass(frozen=True)
class LearningCurve:
    """A drawing of `WIDTH` by `HEIGHT`.

    Parameters
    ----------
    title : str
        Of the measure.
    points : tuple of Point
        All versions, by cases.
    path : str
        The line through those that were champion.
    x_ticks, y_ticks : tuple of tuple
        Where, and what to write there.
    """

    title: str
    points: tuple[Point, ...]
    path: str
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    right: float = RIGHT
    top: float = TOP
    bottom: float = BOTTOM


def learning_curve(title: str, versions: Sequence[Measured]) -> LearningCurve | None:
    """Lay a learning curve out.

    Parameters
    ----------
    title : str
        Of the measure.
    versions : sequence of Measured
        Those that were measured.

    Returns
    -------
    LearningCurve or None
        None for fewer than two: that is no curve.
    """
    if len(versions) < 2:
        return None
    ordered = sorted(versions, key=lambda one: one.cases)
    ends = [end for one in ordered for end in (one.low, one.value, one.high) if end is not None]
    x_values = _ticks(0, max(one.cases for one in ordered), whole=True)
    y_values = _ticks(min(ends), max(ends))

    def x(cases: float) -> float:
        return float(np.interp(cases, (x_values[0], x_values[-1]), (LEFT, RIGHT)))

    def y(value: float | None) -> float | None:
        return None if value is None else float(np.interp(value, (y_values[0], y_values[-1]), (BOTTOM, TOP)))

    points = tuple(Point(x(one.cases), y(one.value) or 0.0, y(one.low), y(one.high), one) for one in ordered)
    line = [f"{point.x:.1f} {point.y:.1f}" for point in points if point.measured.was_champion]
    digits = max(0, -int(Decimal(f"{y_values[1] - y_values[0]:.3g}").as_tuple().exponent))
    return LearningCurve(
        title=title,
        points=points,
        path="M" + "L".join(line) if len(line) > 1 else "",
        x_ticks=tuple((x(value), f"{value:.0f}") for value in x_values),
        y_ticks=tuple((y(value) or 0.0, f"{value:.{digits}f}") for value in y_values),
    )


def _ticks(low: float, high: float, whole: bool = False) -> list[float]:
    """Round numbers that reach from at most `low` to at least `high`."""
    from matplotlib.ticker import MaxNLocator

    if high - low < 1e-9:
        low, high = low - (0 if whole else 0.05), high + (1 if whole else 0.05)
    return [float(value) for value in MaxNLocator(TICKS, integer=whole).tick_values(low, high)]
