"""How recognition is counted."""

from __future__ import annotations

import pytest

from livercad.core.phases import Phase
from livercad.phases.evaluation import Recognised, accuracy_of, confusion, wrong_or_unsure
from livercad.phases.recognize import PhaseGuess


def row(patient: int, truth: Phase, taken_for: Phase) -> Recognised:
    others = {phase: 0.1 for phase in Phase}
    return Recognised(f"p{patient}", f"p{patient}, {truth}", truth, PhaseGuess({**others, taken_for: 0.7}, False, {}))


ROWS = [
    row(patient, truth, Phase.PORTAL if patient == 3 and truth is Phase.DELAYED else truth)
    for patient in range(8)
    for truth in Phase
]


def test_the_interval_is_over_patients_since_their_volumes_are_alike() -> None:
    estimate = accuracy_of(ROWS)
    assert estimate is not None and estimate.low is not None
    assert (estimate.value, estimate.n) == (pytest.approx(31 / 32), 8)
    # Patients are drawn: a sample holds patient 3 several times, with all of his volumes.
    assert estimate.low == pytest.approx(1 - 3 * 0.25 / 8, abs=0.25 / 8)


def test_all_right_claims_no_certainty() -> None:
    estimate = accuracy_of([one for one in ROWS if one.patient != "p3"])
    assert estimate is not None
    assert (estimate.value, estimate.low, estimate.high) == (1, None, None)


def test_a_delayed_volume_taken_for_portal_is_counted_there_and_shown() -> None:
    assert confusion(ROWS)[Phase.DELAYED] == {**dict.fromkeys(Phase, 0), Phase.PORTAL: 1, Phase.DELAYED: 7}
    assert [one.name for one in wrong_or_unsure(ROWS)] == ["p3, delayed"]
