"""Several volumes of one patient."""

from __future__ import annotations

import numpy as np
import pytest

from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.phases.assign import assign_phases
from livercad.phases.recognize import PhaseGuess

UNENHANCED, ARTERIAL, PORTAL, DELAYED = Phase


def guess(*probabilities: float) -> PhaseGuess:
    return PhaseGuess(dict(zip(Phase, probabilities, strict=True)), False, {})


def test_each_volume_gets_its_most_probable_phase_where_these_differ():
    guesses = [guess(0.01, 0.02, 0.95, 0.02), guess(0.9, 0.05, 0.05, 0), guess(0, 0.97, 0.02, 0.01)]
    assert assign_phases(guesses, [None] * 3) == (PORTAL, UNENHANCED, ARTERIAL)


def test_two_volumes_that_look_portal_are_told_apart_by_what_the_less_portal_one_may_be():
    assert assign_phases([guess(0, 0, 0.55, 0.45), guess(0, 0, 0.98, 0.02)], [None] * 2) == (DELAYED, PORTAL)


def test_a_second_portal_volume_is_left_out_rather_than_called_what_it_is_not():
    assert assign_phases([guess(0, 0, 0.9, 0.1), guess(0, 0, 0.98, 0.02)], [None] * 2) == (None, PORTAL)


def grid(slices: int, slice_mm: float, axis: int = 2) -> Volume:
    shape, spacing = [8, 8, 8], [0.8, 0.8, 0.8]
    shape[axis], spacing[axis] = slices, slice_mm
    affine = np.eye(4)
    affine[:3, :3] = np.roll(np.diag(spacing), 2 - axis, axis=0)  # the axis that is named runs to the head
    return Volume(np.zeros(shape, np.int16), affine)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_of_two_volumes_that_show_one_phase_alike_the_thinner_slices_are_kept(axis: int) -> None:
    guesses = [guess(0, 0, 0.98, 0.02), guess(0, 0, 0.93, 0.07)]
    images = [grid(40, 5.0), grid(100, 1.0, axis)]
    assert assign_phases(guesses, [None] * 2, images) == (None, PORTAL)
    assert assign_phases(guesses[::-1], [None] * 2, images[::-1]) == (PORTAL, None)


def test_of_equal_slices_the_volume_that_reaches_further_is_kept() -> None:
    guesses = [guess(0, 0, 0.98, 0.02), guess(0, 0, 0.97, 0.03)]
    assert assign_phases(guesses, [None] * 2, [grid(60, 2.5), grid(100, 2.5000002)]) == (None, PORTAL)
    assert assign_phases(guesses, [None] * 2, [grid(100, 2.5000002), grid(60, 2.5)]) == (PORTAL, None)


def test_of_three_alike_the_finest_is_kept_and_of_wholly_equal_ones_the_likeliest() -> None:
    guesses = [guess(0, 0, 0.98, 0.02), guess(0, 0, 0.96, 0.04), guess(0, 0, 0.94, 0.06)]
    assert assign_phases(guesses, [None] * 3, [grid(40, 5), grid(80, 2.5), grid(200, 1)]) == (None, None, PORTAL)
    assert assign_phases(guesses, [None] * 3, [grid(40, 5)] * 3) == (PORTAL, None, None)


def test_a_volume_that_shows_the_phase_clearly_is_kept_though_another_has_thinner_slices() -> None:
    guesses = [guess(0, 0, 0.98, 0.02), guess(0.1, 0.1, 0.6, 0.2)]
    assert assign_phases(guesses, [None] * 2, [grid(40, 5.0), grid(200, 1.0)]) == (PORTAL, None)


def test_thinner_slices_do_not_take_a_phase_that_was_told() -> None:
    guesses = [guess(0, 0, 0.98, 0.02), guess(0, 0, 0.97, 0.03)]
    assert assign_phases(guesses, [PORTAL, None], [grid(40, 5.0), grid(200, 1.0)]) == (PORTAL, None)


def test_what_was_told_holds_and_is_not_given_again():
    guesses = [guess(0, 0, 0.98, 0.02), guess(0, 0, 0.6, 0.4), guess(0, 0.9, 0.1, 0)]
    assert assign_phases(guesses, [ARTERIAL, None, PORTAL]) == (ARTERIAL, DELAYED, PORTAL)


def test_an_image_that_tells_nothing_is_left_out():
    assert assign_phases([guess(0.25, 0.25, 0.25, 0.25)], [None]) == (None,)


def test_a_fifth_volume_is_left_out():
    sure = [guess(*(0.97 if n == phase else 0.01 for n in range(4))) for phase in range(4)]
    assert assign_phases([*sure, guess(0.4, 0.3, 0.2, 0.1)], [None] * 5) == (*Phase, None)


def test_no_volume_at_all_and_only_told_ones_are_fine():
    assert assign_phases([], []) == ()
    assert assign_phases([guess(1, 0, 0, 0)], [DELAYED]) == (DELAYED,)
