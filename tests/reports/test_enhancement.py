from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from livercad.core.enhancement import Curve, CurveLine, enhancement_curve, taking_order
from livercad.core.lesion import Lesion, PhaseMeasurement
from livercad.core.phases import Phase
from report_scene import several

HU = {Phase.UNENHANCED: (45.0, 55.0), Phase.ARTERIAL: (110.0, 75.0), Phase.PORTAL: (95.0, 115.0)}
"""Lesion and liver."""


def lesion_with(phases: dict[Phase, tuple[float, float]], sd: float = 10.0) -> Lesion:
    points = [
        PhaseMeasurement(phase, lesion, sd, liver, lesion - liver, lesion, lesion)
        for phase, (lesion, liver) in phases.items()
    ]
    return replace(several(1).findings.lesions[0], enhancement=tuple(points))


def curve_of(lesion: Lesion, aorta: dict[Phase, float] | None = None) -> Curve:
    curve = enhancement_curve(lesion, aorta or {})
    assert curve is not None
    return curve


def line(curve: Curve, name: str) -> CurveLine:
    return next(line for line in curve.lines if line.name == name)


def hu_at(curve: Curve, y: float) -> float:
    """What the axis says of a height: straight between its lowest and highest number."""
    (low_y, low), (high_y, high) = [
        (at, float(text.replace("\u2212", "-"))) for at, text in curve.ticks[:: len(curve.ticks) - 1]
    ]
    return low + (high - low) * (y - low_y) / (high_y - low_y)


def test_points_stand_at_their_hu_on_the_axis() -> None:
    curve = curve_of(lesion_with(HU))
    for name, column in (("lesion", 0), ("liver", 1)):
        assert [hu_at(curve, p.y) for p in line(curve, name).points] == pytest.approx([v[column] for v in HU.values()])
    whiskers = [(hu_at(curve, p.low), hu_at(curve, p.high)) for p in line(curve, "lesion").points]  # type: ignore[arg-type]
    assert np.allclose(whiskers, [(value - 10, value + 10) for value, _ in HU.values()])


def test_phases_run_in_the_order_in_which_they_are_taken_however_they_are_stored() -> None:
    curve = curve_of(lesion_with(dict(reversed(HU.items()))))
    assert [phase for _, phase in curve.phases] == [Phase.UNENHANCED, Phase.ARTERIAL, Phase.PORTAL]
    xs = [x for x, _ in curve.phases]
    assert xs == sorted(xs)
    assert [point.x for point in line(curve, "lesion").points] == xs


def test_a_phase_that_was_not_measured_is_left_out() -> None:
    curve = curve_of(lesion_with({Phase.DELAYED: (80.0, 90.0), Phase.UNENHANCED: (45.0, 55.0)}), {Phase.PORTAL: 150.0})
    assert [phase for _, phase in curve.phases] == [Phase.UNENHANCED, Phase.DELAYED]
    assert [entry.name for entry in curve.lines] == ["liver", "lesion"]


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_phases_make_no_curve(count: int) -> None:
    assert enhancement_curve(lesion_with(dict(list(HU.items())[:count])), {}) is None


def test_an_aorta_far_above_the_tissues_is_cut_and_its_number_written() -> None:
    curve = curve_of(lesion_with(HU), {Phase.ARTERIAL: 320.0, Phase.PORTAL: 140.0})
    assert max(hu_at(curve, y) for y, _ in curve.ticks) < 200
    assert [text for _, text in line(curve, "aorta").beyond] == ["320"]
    assert line(curve, "aorta").beyond[0][0] == dict((phase, x) for x, phase in curve.phases)[Phase.ARTERIAL]


def test_a_lesion_that_holds_gas_does_not_flatten_the_curve() -> None:
    curve = curve_of(lesion_with(HU, sd=400.0))
    assert max(hu_at(curve, y) for y, _ in curve.ticks) - min(hu_at(curve, y) for y, _ in curve.ticks) < 250


def test_equal_lines_have_names_that_do_not_cover_each_other() -> None:
    same = dict.fromkeys(Phase, (60.0, 60.0))
    curve = curve_of(lesion_with(same), dict.fromkeys(Phase, 60.0))
    names = sorted(entry.name_y for entry in curve.lines)
    assert min(np.diff(names)) >= 12
    assert names[-1] <= curve.bottom


def test_unknown_phases_come_last() -> None:
    unknown = replace(several(1).findings.phases[0], phase=None)
    reads = taking_order([unknown, *several(1).findings.phases])
    assert [read.phase for read in reads] == [Phase.ARTERIAL, Phase.PORTAL, None]
