"""The shipped recogniser on phantoms that no training has seen, and on what is no abdomen."""

from __future__ import annotations

import numpy as np
import pytest

from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.errors import Cancelled
from livercad.phantom.studies import CTStudy, reorient
from livercad.phantom.tissues import Tissue
from livercad.phases.assign import assign_phases
from livercad.phases.evaluation import confusion, recognise_phantoms, wrong_or_unsure
from livercad.phases.recognize import PhaseGuess, PhaseRecognizer

Guesses = dict[Phase, PhaseGuess]


@pytest.fixture(scope="module")
def guesses(recognizer: PhaseRecognizer, patient: CTStudy) -> Guesses:
    return {phase: recognizer(image, patient.livers[phase]) for phase, image in patient.images.items()}


def test_the_four_phases_of_a_phantom_are_told_and_sure(guesses: Guesses):
    assert {phase: guess.phase for phase, guess in guesses.items()} == {phase: phase for phase in Phase}
    assert not any(guess.is_unsure for guess in guesses.values())
    assert all(sum(guess.probabilities.values()) == pytest.approx(1) for guess in guesses.values())


def test_phases_without_names_are_assigned_in_any_order(guesses: Guesses):
    order = [Phase.DELAYED, Phase.UNENHANCED, Phase.PORTAL, Phase.ARTERIAL]
    assert assign_phases([guesses[phase] for phase in order], [None] * 4) == tuple(order)


@pytest.mark.parametrize("organ", ["aorta", "liver", "spleen", "muscle"])
@pytest.mark.parametrize("phase", [Phase.UNENHANCED, Phase.PORTAL])
def test_the_hu_of_organs_are_those_of_the_phantom(guesses: Guesses, patient: CTStudy, phase: Phase, organ: str):
    true = np.median(patient.images[phase].array[patient.tissues.array == Tissue[organ.upper()]])
    assert guesses[phase].organ_hu[organ] == pytest.approx(true, abs=8)


@pytest.mark.parametrize("orientation", ["RAS", "SPL", "ALI"])
def test_the_order_and_direction_of_axes_change_nothing(recognizer, patient, guesses, orientation):
    image, liver = (reorient(v, orientation) for v in (patient.images[Phase.PORTAL], patient.livers[Phase.PORTAL]))
    guess = recognizer(image, liver)
    for phase in Phase:
        assert guess.probabilities[phase] == pytest.approx(guesses[Phase.PORTAL].probabilities[phase], abs=0.02)


def test_an_oblique_volume_gives_the_same_answer(recognizer, patient, guesses):
    angle = np.deg2rad(15)
    turn = np.eye(4)
    turn[1:3, 1:3] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    image, liver = patient.images[Phase.ARTERIAL], patient.livers[Phase.ARTERIAL]
    guess = recognizer(Volume(image.array, turn @ image.affine), Volume(liver.array, turn @ liver.affine))
    assert guess.phase is Phase.ARTERIAL and not guess.is_unsure


def test_the_phase_is_told_without_knowing_the_liver(recognizer, patient):
    assert {phase: recognizer(image).phase for phase, image in patient.images.items()} == {p: p for p in Phase}


@pytest.mark.parametrize("phase", list(Phase))
def test_a_view_without_kidneys_is_told_as_well(recognizer, patient, phase):
    image, liver = patient.images[phase], patient.livers[phase]
    first = round(image.shape[2] * 0.45)
    guess = recognizer(*(volume.crop((0, 0, first), volume.shape) for volume in (image, liver)))
    assert "kidney" not in guess.organ_hu
    assert guess.phase is phase or guess.is_unsure


@pytest.mark.parametrize("what", ["air", "fat", "noise", "a cube"])
def test_what_is_no_abdomen_leaves_it_unsure(recognizer, what):
    noise = np.random.default_rng(0).normal(60, 150, (80, 72, 48))
    cube = np.full(noise.shape, -1000.0)
    cube[20:60, 20:60, 10:40] = 120
    array = {"air": np.full_like(noise, -1000), "fat": np.full_like(noise, -100), "noise": noise, "a cube": cube}[what]
    guess = recognizer(Volume(array.astype(np.int16), np.diag([4.0, 4.0, 4.0, 1.0])))
    assert guess.is_unsure
    assert sum(guess.probabilities.values()) == pytest.approx(1)


def test_a_few_slices_leave_it_unsure_or_right(recognizer, patient):
    image = patient.images[Phase.PORTAL]
    guess = recognizer(image.crop((0, 0, 30), (*image.shape[:2], 33)))
    assert guess.is_unsure or guess.phase is Phase.PORTAL


def test_the_image_is_left_as_it_was(recognizer, patient):
    image = patient.images[Phase.PORTAL]
    before = image.array.copy()
    recognizer(image)
    assert (image.array == before).all()


def test_it_can_be_cancelled(recognizer, patient):
    def cancel(done: float, total: float, what: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        recognizer(patient.images[Phase.PORTAL], None, cancel)


def test_the_evaluation_counts_what_is_right(recognizer):
    rows = list(recognise_phantoms(recognizer, 1, shape=(96, 80, 48), spacing=(4.0, 4.0, 5.0)))
    table = confusion(rows)
    assert len(rows) == 4 and sum(sum(counts.values()) for counts in table.values()) == 4
    assert sum(table[phase][phase] for phase in Phase) == sum(row.is_right for row in rows)
    assert {row.name for row in wrong_or_unsure(rows)} >= {row.name for row in rows if not row.is_right}


def test_the_model_says_its_name_and_hash(recognizer):
    assert recognizer.model.name == "phases-phantom" and len(recognizer.model.sha256) == 64
