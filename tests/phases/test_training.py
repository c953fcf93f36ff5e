"""The recipe, small: it runs, goes on where it was stopped, gives the same again."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from livercad.core.phases import Phase
from livercad.errors import Cancelled
from livercad.phantom.tissues import Tissue
from livercad.phases.classifier import PhaseClassifier
from livercad.phases.features import FEATURES
from livercad.phases.organs import Organ
from livercad.phases.training import examples, organs, recipe
from livercad.phases.training.anatomies import SHAPE, hash_of, make_anatomies
from livercad.phases.training.patients import draw_patient
from livercad.phases.training.rendering import draw_hu, render_view
from livercad.phases.training.views import draw_view

SMALL = recipe.Sizes(anatomies=1, held_out_anatomies=1, steps=3, patients=8, held_out_patients=4)


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory):
    return tmp_path_factory.mktemp("phases")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Views of a few thousand voxels, and few of them."""
    for module in (organs, examples, recipe):
        monkeypatch.setattr(module, "draw_size", lambda rng: (32, 32, 16))
    monkeypatch.setattr(examples, "PATIENTS_A_FILE", 4)
    monkeypatch.setattr(recipe, "VIEWS_FOR_DICE", 2)
    monkeypatch.setattr(organs, "CHECKPOINT_EVERY", 1)


def test_a_stopped_training_goes_on_and_ends_where_an_unstopped_one_does(work, small, tmp_path):
    maps = make_anatomies(work / "anatomies", 1, 1)

    def stop(done: float, total: float, what: str) -> None:
        if done == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        organs.train_organs(maps, tmp_path / "stopped.pt", 1, 3, stop)
    assert torch.load(tmp_path / "stopped.pt", weights_only=True)["step"] == 1
    stopped = organs.train_organs(maps, tmp_path / "stopped.pt", 1, 3).state_dict()
    unstopped = organs.train_organs(maps, tmp_path / "unstopped.pt", 1, 3).state_dict()
    for name, tensor in stopped.items():
        assert torch.equal(tensor, unstopped[name]), name


def test_the_recipe_gives_weights_that_recognise_and_a_record_of_their_scores(work, small):
    trained = recipe.train_phases(work, SMALL)
    classifier = PhaseClassifier.from_tensors(trained.tensors)
    probabilities = classifier.probabilities(np.full((1, len(FEATURES)), np.nan))
    assert probabilities.shape == (1, 4) and probabilities.sum() == pytest.approx(1)
    scores = trained.record["classifier on held-out phantoms"]
    assert scores["examples"] == 4 * SMALL.held_out_patients and 0 <= scores["accuracy"] <= 1


def test_the_same_seed_gives_the_same_anatomy_and_the_file_is_read_again(work):
    (made,), (read,) = make_anatomies(work / "anatomies", 1, 1), make_anatomies(work / "anatomies", 1, 1)
    assert made.shape == SHAPE and hash_of([made]) == hash_of([read])
    assert {Tissue.AORTA, Tissue.PORTAL_VEIN, Tissue.KIDNEY_PELVIS, Tissue.HEART_BLOOD} <= set(np.unique(made))


def test_views_show_the_liver_and_differ(work):
    (tissues,) = make_anatomies(work / "anatomies", 1, 1)
    views = [draw_view(tissues, (64, 56, 24), np.random.default_rng(seed)) for seed in range(6)]
    assert all((view == Tissue.LIVER).any() for view in views)
    assert len({view.tobytes() for view in views}) == 6


def test_a_rendered_view_has_the_hu_it_was_given(work):
    (tissues,) = make_anatomies(work / "anatomies", 1, 1)
    rng = np.random.default_rng(3)
    view = draw_view(tissues, (96, 72, 32), rng)
    hu = draw_hu(rng)
    medians = [np.median(render_view(view, hu, rng)[view == Tissue.MUSCLE]) for _ in range(4)]
    assert np.median(medians) == pytest.approx(hu[Tissue.MUSCLE], abs=12)


def test_thin_vessels_of_the_liver_are_labelled_liver():
    view = np.full((20, 20, 20), Tissue.LIVER, np.uint8)
    view[5, 5], view[12:14, 12:14] = Tissue.PORTAL_VEIN, Tissue.PORTAL_VEIN
    found = organs.organs_in(view)
    assert (found[5, 5] == Organ.LIVER).all()
    assert (found[12:14, 12:14, 5:15] == Organ.PORTAL_VEIN).all()


def test_drawn_patients_take_up_contrast_medium_phase_by_phase():
    patients = [draw_patient(np.random.default_rng(seed)) for seed in range(12)]

    def median(phase: Phase, tissue: Tissue) -> float:
        return float(np.median([patient[phase][tissue] for patient in patients]))

    aorta = [median(phase, Tissue.AORTA) for phase in Phase]
    assert aorta[1] > aorta[2] > aorta[3] > aorta[0] + 30
    assert median(Phase.DELAYED, Tissue.KIDNEY_PELVIS) > 100 > median(Phase.PORTAL, Tissue.KIDNEY_PELVIS)
    assert median(Phase.PORTAL, Tissue.LIVER) > median(Phase.ARTERIAL, Tissue.LIVER)
