"""The enhancement curve: HU of a lesion, the liver around it and the aorta by phase; laid out for report and Slicer."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from livercad.core.findings import Findings
from livercad.core.lesion import Lesion
from livercad.core.phases import Phase

WIDTH, HEIGHT = 380, 200
LEFT, RIGHT, TOP, BOTTOM = 38, 56, 12, 24
"""Margins around the axes: numbers on the left, names of the lines on the right, phases below."""
STEPS_HU = (5, 10, 20, 25, 50, 100, 200, 500, 1000)
MOST_STEPS = 5
AORTA_ROOM = 0.5
"""The aorta is several times as dense as any tissue: it may take this share of the tissues' range; above, it is cut."""
WHISKER_ROOM_HU = 40.0
"""Noise is less than this; a whisker that reaches further, as of a lesion that holds gas, is cut."""
NAME_GAP = 13.0
"""Between the names of two lines."""
MINUS = "\u2212"


class HasPhase(Protocol):
    """Something of one phase."""

    @property
    def phase(self) -> Phase | None:
        """None where it is unknown."""


Phased = TypeVar("Phased", bound=HasPhase)


def taking_order(items: Iterable[Phased]) -> tuple[Phased, ...]:
    """Sort by phase as phases are taken: unenhanced, arterial, portal, delayed; what is unknown comes last."""
    order: list[Phase | None] = [*Phase, None]
    return tuple(sorted(items, key=lambda item: order.index(item.phase)))


@dataclass(frozen=True)
class Point:
    """A point of a line, in pixels of the figure; `low` and `high` are the ends of its whisker, if it has one."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class CurveLine:
    """A line of the figure.

    Parameters
    ----------
    name : str
        ``lesion``, ``liver`` or ``aorta``; also its style.
    points : tuple of Point
        From left to right.
    name_y : float
        Where its name stands, at the right.
    beyond : tuple of (float, str)
        Place along x, and value, of points above the axis.
    """

    name: str
    points: tuple[Point, ...]
    name_y: float
    beyond: tuple[tuple[float, str], ...] = ()

    @property
    def path(self) -> str:
        """The line as an SVG path."""
        return "M" + "L".join(f"{point.x:.1f} {point.y:.1f}" for point in self.points)


@dataclass(frozen=True)
class Curve:
    """An enhancement curve, laid out in pixels of a figure of `WIDTH` x `HEIGHT`.

    Parameters
    ----------
    phases : tuple of (float, Phase)
        Place along x.
    ticks : tuple of (float, str)
        Place along y, and HU.
    lines : tuple of CurveLine
        The lesion's last, so that it is drawn on top.
    """

    phases: tuple[tuple[float, Phase], ...]
    ticks: tuple[tuple[float, str], ...]
    lines: tuple[CurveLine, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    top: int = TOP
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM


def aorta_hu(findings: Findings) -> dict[Phase, float]:
    """Mean HU of the aorta by phase, where it is known."""
    return {read.phase: read.organ_hu["aorta"] for read in findings.phases if read.phase and "aorta" in read.organ_hu}


def enhancement_curve(lesion: Lesion, aorta: Mapping[Phase, float]) -> Curve | None:
    """Lay out a lesion's enhancement curve.

    Parameters
    ----------
    lesion : Lesion
        With its measurements.
    aorta : mapping of Phase to float
        HU of the aorta in the phases where it is known.

    Returns
    -------
    Curve or None
        Phases in the order in which they are taken, at equal distances, those that were not measured left out; None
        where fewer than two were measured.
    """
    measured = taking_order(lesion.enhancement)
    if len(measured) < 2:
        return None
    phases = [point.phase for point in measured]
    xs = dict(zip(phases, _spread(len(phases)), strict=True))
    reach = {p.phase: min(p.lesion_sd_hu, WHISKER_ROOM_HU) for p in measured}
    tissue = [p.lesion_hu + sign * reach[p.phase] for p in measured for sign in (-1, 1)]
    tissue += [p.liver_hu for p in measured]
    known = {phase: aorta[phase] for phase in phases if phase in aorta}
    bottom, top = min([*tissue, *known.values()]), max(tissue)
    top = max([top, *(value for value in known.values() if value <= top + AORTA_ROOM * (top - bottom))])
    ticks = _ticks(bottom, top)

    def y(hu: float) -> float:
        share = (hu - ticks[0]) / (ticks[-1] - ticks[0])
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    values = {
        "aorta": [Point(xs[phase], y(value)) for phase, value in known.items()],
        "liver": [Point(xs[p.phase], y(p.liver_hu)) for p in measured],
        "lesion": [
            Point(xs[p.phase], y(p.lesion_hu), y(p.lesion_hu - p.lesion_sd_hu), y(p.lesion_hu + p.lesion_sd_hu))
            for p in measured
        ],
    }
    shown = {name: points for name, points in values.items() if points}
    names = _apart({name: max(points[-1].y, TOP) for name, points in shown.items()})
    cut = tuple((xs[phase], _whole(value)) for phase, value in known.items() if value > ticks[-1])
    return Curve(
        phases=tuple((xs[phase], phase) for phase in phases),
        ticks=tuple((y(tick), _whole(tick)) for tick in ticks),
        lines=tuple(
            CurveLine(name, tuple(points), names[name], cut if name == "aorta" else ())
            for name, points in shown.items()
        ),
    )


def _whole(value: float) -> str:
    """A number without decimals, with a true minus sign."""
    return f"{round(value) + 0.0:.0f}".replace("-", MINUS)


def _spread(count: int) -> list[float]:
    inner = WIDTH - LEFT - RIGHT
    return [LEFT + inner * (n + 0.5) / count for n in range(count)]


def _ticks(bottom: float, top: float) -> Sequence[int]:
    """Round numbers that span a range."""
    step = next((s for s in STEPS_HU if (top - bottom) / s <= MOST_STEPS), STEPS_HU[-1])
    first, last = math.floor(bottom / step), math.ceil(top / step)
    return [step * n for n in range(first, max(last, first + 1) + 1)]


def _apart(places: Mapping[str, float]) -> dict[str, float]:
    """Move names down, or at the lower end up, until none covers another."""
    result: dict[str, float] = {}
    at = float("-inf")
    for name, place in sorted(places.items(), key=lambda item: item[1]):
        at = max(place, at + NAME_GAP)
        result[name] = at
    over = max(0.0, at - (HEIGHT - BOTTOM))
    return {name: place - over for name, place in result.items()}
