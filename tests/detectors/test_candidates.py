"""Candidates: cut out, measured, scored, listed."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.detection.matching import Matched
from livercad.detectors import rescored
from livercad.detectors.candidates import Candidate, as_list, without_overlap
from livercad.detectors.features import FEATURES, features_of, visible_phases
from livercad.detectors.rescored import BELIEF, bring_found, score_candidates
from livercad.detectors.scene import Scene
from livercad.detectors.scorer import CandidateScorer
from livercad.detectors.training import recipe
from livercad.detectors.training.recipe import fit_scorer, label_of
from livercad.detectors.voxels import VoxelNetwork, cut_out
from livercad.phases.training.boosting import export_trees
from livercad.settings import Settings
from two_lesions import BRIGHT_HU, DARK, DARK_HU, LEVELS, ball

Case = tuple[dict[Phase, Volume], Volume, Volume]


def one(scene: Scene, case: Case, number: int) -> np.ndarray:
    return scene.bring(case[2].array[scene.block] == number)


def named(scene: Scene, region: np.ndarray, probability: np.ndarray | None = None) -> dict[str, float]:
    probability = np.zeros(scene.searched.shape, np.float32) if probability is None else probability
    return dict(zip(FEATURES, features_of(scene, probability, region), strict=True))


def test_features_of_a_ball_are_those_of_a_ball(scene: Scene, liver_case: Case) -> None:
    seen = named(scene, one(scene, liver_case, 1))
    assert seen["diameter"] == pytest.approx(2 * DARK[1], rel=0.05)
    assert seen["flatness"] > 0.9 and seen["elongation"] > 0.9 and seen["filling"] == pytest.approx(1, abs=0.08)
    assert seen["in_liver"] == 1 and seen["touching"] == 0 and seen["depth"] > 1


def test_contrast_is_measured_in_every_phase_that_is_there(scene: Scene, liver_case: Case) -> None:
    dark, bright = (named(scene, one(scene, liver_case, number)) for number in (1, 2))
    for phase in LEVELS:
        assert dark[f"{phase}_around"] == pytest.approx(DARK_HU, abs=18)
    assert bright["arterial_around"] == pytest.approx(BRIGHT_HU, abs=25) and abs(bright["portal_around"]) < 5
    assert np.isnan([dark[name] for name in FEATURES if name.startswith("delayed")]).all()
    assert dark["seen_in"] == 1 and bright["seen_in"] == pytest.approx(1 / 3)


def test_what_lies_beside_the_liver_is_told_for_a_candidate_at_its_surface(scene: Scene, liver_case: Case) -> None:
    _, liver, _ = liver_case
    edge = ball((0, -34, 0), 6, liver.affine, liver.shape)[scene.block] & (liver.array[scene.block] > 0)
    seen = named(scene, scene.bring(edge))
    assert seen["portal_beside"] < -80 and seen["touching"] > 0.1
    assert np.isnan(named(scene, one(scene, liver_case, 1))["portal_beside"])


def test_the_phases_that_show_a_candidate_are_told(scene: Scene, liver_case: Case) -> None:
    probability = np.zeros(scene.searched.shape, np.float32)
    seen = [visible_phases(scene, features_of(scene, probability, one(scene, liver_case, n))) for n in (1, 2)]
    assert seen == [tuple(LEVELS), (Phase.ARTERIAL,)]


def test_candidates_that_flow_together_are_apart_at_a_higher_level_and_none_comes_twice() -> None:
    probability = np.zeros((30, 12, 12), np.float32)
    probability[2:28, 4:8, 4:8] = 0.4
    probability[3:10, 4:8, 4:8] = probability[20:27, 4:8, 4:8] = 0.95
    probability[5, 5, 10] = 0.99  # a speck
    found = cut_out(probability)
    assert [int(region.sum()) for region in found] == [112, 112, 416]


def test_the_trees_are_scikit_learns_and_missing_values_are_theirs() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(400, len(FEATURES)))
    features[rng.random(features.shape) < 0.2] = np.nan
    labels = (np.nan_to_num(features[:, 1]) + 0.3 * rng.normal(size=400) > 0).astype(np.int64)
    model = HistGradientBoostingClassifier(max_iter=20, random_state=0).fit(features, labels)
    scorer = CandidateScorer.from_tensors(CandidateScorer(export_trees(model), 1.0, 0.0).to_tensors())
    np.testing.assert_allclose(scorer.probabilities(features), model.predict_proba(features)[:, 1], atol=1e-5)


def test_scores_are_calibrated_on_patients_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipe, "FOLDS", 2)
    rng = np.random.default_rng(1)
    features = rng.normal(size=(1500, len(FEATURES)))
    labels = (rng.random(1500) < 1 / (1 + np.exp(-2 * features[:, 0]))).astype(np.int64)
    scorer, record = fit_scorer(features[:1000], labels[:1000], np.repeat(np.arange(100), 10))
    told = scorer.probabilities(features[1000:])
    for low, high in ((0, 0.3), (0.3, 0.7), (0.7, 1)):
        among = (told >= low) & (told < high)
        assert labels[1000:][among].mean() == pytest.approx(told[among].mean(), abs=0.1)
    assert 0.75 < record["auc"] < 0.95 and record["candidates"] == 1000


class SaysTheSame:
    """In the place of the trees, or of the network."""

    def __init__(self, value: float) -> None:
        self.value = value

    def probabilities(self, features: np.ndarray) -> np.ndarray:
        return np.full(len(features), self.value)

    def probability(self, scene: Scene) -> np.ndarray:
        return np.zeros(scene.searched.shape, np.float32)


def test_of_candidates_that_overlap_the_surest_stays() -> None:
    region = np.zeros((20, 20, 20), bool)
    region[2:8, 2:8, 2:8] = True
    inside, apart = np.zeros_like(region), np.zeros_like(region)
    inside[3:6, 3:6, 3:6], apart[7:14, 7:14, 7:14] = True, True
    kept = without_overlap([Candidate(region, 0.6, ()), Candidate(inside, 0.9, ()), Candidate(apart, 0.2, ())])
    assert [one.score for one in kept] == [0.9, 0.2]


def test_a_given_lesion_keeps_its_outline_unless_new_ones_are_clearly_surer() -> None:
    whole = np.zeros((20, 20, 20), bool)
    whole[2:14, 2:8, 2:8] = True
    parts = [np.zeros_like(whole) for _ in range(2)]
    parts[0][2:6, 2:8, 2:8], parts[1][9:14, 2:8, 2:8] = True, True
    new = [Candidate(part, score, ()) for part, score in zip(parts, (0.99, 0.8), strict=True)]
    for given, kept in ((0.95, [(0.99, 7)]), (0.7, [(0.99, 0), (0.8, 0)])):
        told = without_overlap([*new, Candidate(whole, given, (), 7)], preferred=0.9)
        assert [(one.score, one.number) for one in told] == kept


def test_what_the_lesion_network_does_not_propose_is_doubted(scene: Scene, liver_case: Case) -> None:
    class Sees(SaysTheSame):
        def probability(self, scene: Scene) -> np.ndarray:
            return np.where(one(scene, liver_case, 1), np.float32(0.99), np.float32(0))

    instances = liver_case[2]
    nothing = Matched(instances.like(np.zeros_like(instances.array)), {}, {})
    same = Matched(instances, {1: 0.9}, {1: (Phase.PORTAL,)})
    alone, agreed = (
        score_candidates(scene, Sees(0), SaysTheSame(0.85), bring_found(scene, found), found)  # type: ignore[arg-type]
        for found in (nothing, same)
    )
    assert alone[0].score == pytest.approx(1 / (1 + 0.15 / 0.85 * np.exp(2.0))) and not alone[0].number
    assert len(agreed) == 1 and agreed[0].number == 1 and agreed[0].score > 0.85


def test_the_list_keeps_given_outlines_drops_the_unsure_and_is_numbered_by_size(scene: Scene, liver_case: Case) -> None:
    _, _, instances = liver_case
    candidates = [
        Candidate(one(scene, liver_case, 2), 0.9, (Phase.ARTERIAL,)),
        Candidate(one(scene, liver_case, 1), 0.6, tuple(LEVELS), number=1),
        Candidate(np.roll(one(scene, liver_case, 2), 12, axis=2), 0.4, (Phase.PORTAL,)),
    ]
    listed = as_list(candidates, scene, instances, Settings())
    assert listed.scores == {1: 0.6, 2: 0.9} and listed.visible_in == {1: tuple(LEVELS), 2: (Phase.ARTERIAL,)}
    np.testing.assert_array_equal(listed.instances.array == 1, instances.array == 1)
    assert ((listed.instances.array == 2) & (instances.array == 2)).sum() > 0.7 * (instances.array == 2).sum()
    assert len(as_list(candidates, scene, instances, Settings(minimum_score=0.3)).scores) == 3
    assert as_list(candidates, scene, instances, Settings(minimum_volume_ml=50)).scores == {}


def test_a_candidate_is_a_lesion_none_or_not_sure() -> None:
    truth = np.zeros((20, 20, 20), np.uint16)
    truth[5:10, 5:10, 5:10] = 3
    apart = np.zeros(truth.shape, bool)
    apart[12:15, 12:15, 12:15] = True
    part = np.zeros(truth.shape, bool)
    part[5:10, 5:10, 5] = True
    part[0:5, 0:10, 5] = True
    assert [label_of(region, truth) for region in (truth > 0, apart, part)] == [1, 0, -1]


def test_where_the_trees_see_nothing_the_networks_word_alone_is_not_enough(
    scene: Scene, liver_case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Matched(liver_case[2], {1: 1.0, 2: 0.6}, {1: (Phase.PORTAL,), 2: (Phase.ARTERIAL,)})
    nothing = SaysTheSame(0.0)

    def scored(trees: float) -> dict[int, float]:
        brought = bring_found(scene, found)
        return {
            one.number: one.score
            for one in score_candidates(scene, nothing, SaysTheSame(trees), brought, found)  # type: ignore[arg-type]
        }

    assert scored(0.0) == {1: pytest.approx(BELIEF), 2: pytest.approx(0.6 * BELIEF)}
    assert max(scored(0.0).values()) < Settings().minimum_score < min(scored(0.6).values())
    monkeypatch.setattr(rescored, "LARGEST_MM", 14.0)
    assert scored(0.0)[1] == 1.0, "larger than any lesion that the trees know"


def test_an_empty_list_and_a_blind_network_give_an_empty_list(scene: Scene, liver_case: Case) -> None:
    _images, _liver, instances = liver_case
    found = Matched(instances.like(np.zeros_like(instances.array)), {}, {})
    nothing = SaysTheSame(0.0)
    assert score_candidates(scene, nothing, nothing, {}, found) == []  # type: ignore[arg-type]


def test_the_network_is_kept_and_read_as_it_is(scene: Scene) -> None:
    rng = np.random.default_rng(0)
    from livercad.detectors.filters import WIDTH

    sizes = (WIDTH, 5, 1)
    network = VoxelNetwork(
        tuple(rng.normal(size=pair).astype(np.float32) for pair in itertools.pairwise(sizes)),
        tuple(rng.normal(size=n).astype(np.float32) for n in sizes[1:]),
    )
    again = VoxelNetwork.from_tensors(network.to_tensors())
    seen = again.probability(scene)
    np.testing.assert_array_equal(seen, network.probability(scene))
    assert not seen[~scene.searched].any() and 0 < seen[scene.searched].mean() < 1
