"""The detector's training, on small livers in the place of phantoms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livercad.core.phases import Phase
from livercad.detection.matching import Matched
from livercad.detectors import rescored
from livercad.detectors.filters import look_around
from livercad.detectors.rescored import score_candidates
from livercad.detectors.scene import Scene
from livercad.detectors.scorer import CandidateScorer
from livercad.detectors.training import recipe, studies
from livercad.detectors.training.studies import examples_of, phantom_arrays
from livercad.detectors.training.voxels import draw_voxels, train_voxels
from livercad.detectors.voxels import VoxelNetwork
from livercad.models.shipping import Trained
from small_study import small_study
from two_lesions import make_liver


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Trained]:
    """A work folder, and what four patients teach."""
    work = tmp_path_factory.mktemp("work")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(studies, "make_ct_study", small_study)
        patch.setattr(recipe, "FOLDS", 2)
        return work, recipe.train_detector(work, 4, epochs=6)


def test_what_was_trained_finds_lesions_that_no_network_proposed(trained: tuple[Path, Trained]) -> None:
    tensors = trained[1].tensors
    voxels, scorer = VoxelNetwork.from_tensors(tensors), CandidateScorer.from_tensors(tensors)
    images, liver, instances = make_liver(seed=5000)
    scene = Scene.of(images, liver)
    nothing = Matched(liver.like(np.zeros(liver.shape, np.uint16)), {}, {})
    best = score_candidates(scene, voxels, scorer, {}, nothing)[:2]
    truth = [scene.bring(instances.array[scene.block] == number) for number in (1, 2)]
    shared = [[2 * (one.region & true).sum() / (one.region.sum() + true.sum()) for one in best] for true in truth]
    assert np.max(shared, axis=1).min() > 0.5
    assert trained[1].name == rescored.NAME and trained[1].record["patients"] == 4


def test_a_training_that_was_stopped_goes_on_where_it_was(
    trained: tuple[Path, Trained], monkeypatch: pytest.MonkeyPatch
) -> None:
    work, before = trained

    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("the phantoms are there already")

    monkeypatch.setattr(studies, "make_ct_study", never)
    (work / "candidates" / "0003.npz").unlink()
    monkeypatch.setattr(recipe, "FOLDS", 2)
    again = recipe.train_detector(work, 4, epochs=6)
    for name, tensor in before.tensors.items():
        np.testing.assert_array_equal(again.tensors[name], tensor)


def test_an_example_has_the_lesions_where_its_image_shows_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studies, "make_ct_study", small_study)
    whole, some = examples_of(phantom_arrays(tmp_path / "a.npz", 1, 1), np.random.default_rng(0))
    assert set(whole.scene.contrast) == set(Phase) and set(some.scene.contrast) < set(Phase)
    dark = whole.scene.contrast[Phase.PORTAL][whole.truth == 1]
    assert dark.mean() < -30 and (whole.truth == 2).any()


def test_small_lesions_count_as_much_as_large_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studies, "make_ct_study", small_study)
    monkeypatch.setattr("livercad.detectors.training.voxels.OF_LESION", 50)
    example = examples_of(phantom_arrays(tmp_path / "a.npz", 1, 1), np.random.default_rng(0))[0]
    seen, labels = draw_voxels(example, np.random.default_rng(0))
    assert labels.sum() == 100 and len(seen) == len(labels)


def test_the_scaling_of_the_input_is_part_of_the_network(scene: Scene) -> None:
    seen = look_around(scene)[::5]
    labels = (seen[:, -3] > np.median(seen[:, -3])).astype(np.float32)
    network = train_voxels(seen, labels, 0, epochs=8)
    whole = network.probability(scene)[scene.searched][::5]
    assert ((whole > 0.5) == (labels > 0)).mean() > 0.9


def test_a_study_is_kept_around_its_liver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studies, "make_ct_study", small_study)
    first = phantom_arrays(tmp_path / "a.npz", 1, 1)
    again = phantom_arrays(tmp_path / "a.npz", 1, 1)
    assert set(first) == {*(phase.value for phase in Phase), "liver", "instances", "gallbladder", "affine"}
    for name, array in first.items():
        np.testing.assert_array_equal(again[name], array)
