"""Several volumes of one patient."""

from __future__ import annotations

from livercad.core.phases import Phase
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
