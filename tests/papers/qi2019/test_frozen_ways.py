"""Two pathways of a frozen network, where linear answers look, and what a fold learns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from livercad.networks.planar_features import ResNet50Features
from livercad.papers.qi2019.asked import Asked, Truth, Way
from livercad.papers.qi2019.frozen.fold import FoldAnswers, Learning, Seen, read_fold, write_fold
from livercad.papers.qi2019.frozen.looking import looked
from livercad.papers.qi2019.frozen.pathways import Begun, Pathways, enlarged
from livercad.papers.qi2019.pooled import paired_difference
from livercad.progress import silent
from livercad.ultrasound.head import Head
from livercad.ultrasound.views import View

RNG = np.random.default_rng(0)
VIEW = View(None, 64)


@pytest.fixture(scope="module")
def network() -> ResNet50Features:
    torch.manual_seed(0)
    return ResNet50Features().eval().requires_grad_(False)


@pytest.fixture(scope="module")
def pathways(network: ResNet50Features) -> Pathways:
    return Pathways(network, "cpu")


@pytest.fixture(scope="module")
def begun(pathways: Pathways) -> Begun:
    return pathways.begin([RNG.integers(256, size=(64, 64), dtype=np.uint8) for _ in range(2)])


def whole(told: Iterator[tuple[slice, np.ndarray]]) -> np.ndarray:
    return np.concatenate([places for _, places in told])


def near(ours: np.ndarray, theirs: np.ndarray) -> bool:
    """The same but for bfloat16."""
    return bool(np.abs(ours - theirs).max() < 0.03 * np.abs(theirs).max())


def test_one_pathway_answers_from_what_the_network_itself_gives(network: ResNet50Features, pathways: Pathways) -> None:
    square = RNG.integers(256, size=(64, 64), dtype=np.uint8)
    maps = network(torch.from_numpy(square)[None, None].float())
    expected = np.concatenate([each.mean(dim=(2, 3)).numpy() for each in maps], axis=1)
    places = whole(pathways.end(pathways.begin([square]), None))
    assert places.shape == (1, 512 + 1024 + 2048, 2, 2)
    assert near(places.mean(axis=(2, 3)), expected)


def test_without_strength_region_enhancement_is_multi_input_prediction(pathways: Pathways, begun: Begun) -> None:
    maps = RNG.random((2, 2, 2), dtype=np.float32)
    alone = whole(pathways.end(begun, None))
    assert np.array_equal(whole(pathways.end(begun, maps, 0.0)), alone)
    assert not near(whole(pathways.end(begun, maps, 1.0)), alone)


def test_pathways_add_up_where_the_third_stage_ends(
    network: ResNet50Features, pathways: Pathways, begun: Begun
) -> None:
    maps = RNG.random((2, 2, 2), dtype=np.float32)
    of_map = network(torch.from_numpy(255 * enlarged(maps, 32))[:, None])[1].numpy()
    doubled = np.kron(of_map, np.ones((1, 1, 2, 2), np.float32))
    middle = begun.middle.astype(np.float32) + 0.5 * doubled
    last = network.network.layer4(torch.from_numpy(middle)).numpy()
    places = whole(pathways.end(begun, maps, 0.5))
    assert np.array_equal(places[:, :512], begun.early.astype(np.float32))
    assert near(places[:, 512:1536].mean(axis=(2, 3)), middle.mean(axis=(2, 3)))
    assert near(places[:, 1536:], last)


def test_one_empty_map_goes_for_all_squares(pathways: Pathways, begun: Begun) -> None:
    one = whole(pathways.end(begun, np.zeros((2, 2), np.float32)))
    each = whole(pathways.end(begun, np.zeros((2, 2, 2), np.float32)))
    assert near(one, each)
    assert not near(one, whole(pathways.end(begun, None)))


def test_answers_look_where_their_class_activation_map_says() -> None:
    weights = RNG.normal(size=(1, 2, 5)).astype(np.float32)
    head = Head(("no", "yes"), (VIEW,), weights, np.array([[0.2, -0.1]], np.float32), 1.3)
    places = RNG.normal(size=(70, 5, 3, 3)).astype(np.float32)
    chosen = head.logits([places.mean(axis=(2, 3))]).argmax(axis=1)
    assert set(chosen.tolist()) == {0, 1}
    for ours, own, number in zip(looked(head, places), places, chosen.tolist(), strict=True):
        theirs = head.activation(0, (own[None],), number)
        expected = (theirs - theirs.min()) / (theirs.max() - theirs.min())
        assert ours == pytest.approx(expected, abs=1e-5)


def test_a_map_that_is_the_same_everywhere_is_empty() -> None:
    head = Head(("no", "yes"), (VIEW,), np.array([[[-1], [1]]], np.float32), np.zeros((1, 2), np.float32), 1.0)
    assert not looked(head, np.full((1, 1, 2, 2), 3, np.float16)).any()


IMAGES, SQUARES, CHANNELS = 60, 2, 6


class Adding:
    """Pathways whose maps are those of the image, with what is shown added to one channel."""

    def end(
        self, begun: Begun, shown: np.ndarray | None, strength: float = 1.0, progress: object = silent
    ) -> Iterator[tuple[slice, np.ndarray]]:
        places = begun.middle.astype(np.float32)
        if shown is not None:
            places[:, -1] += strength * shown
        yield slice(0, len(places)), places


def truth() -> Truth:
    kinds = np.arange(IMAGES) % 3
    return Truth((kinds == 2).astype(int), (kinds > 0).astype(int), np.arange(IMAGES), np.arange(IMAGES) // 3 % 5)


def learning(known: Truth, strength: float = 1.0) -> Learning:
    """Channel 0 tells malignant, channel 1 a mass, both with noise."""
    rng, shown = np.random.default_rng(1), truth()
    squares = rng.normal(size=(IMAGES * SQUARES, CHANNELS, 2, 2))
    squares[:, 0] += 2.0 * np.repeat(shown.malignant, SQUARES)[:, None, None]
    squares[:, 1] += 2.0 * np.repeat(shown.second, SQUARES)[:, None, None]
    places = squares.astype(np.float16)
    features = places.astype(np.float32).mean(axis=(2, 3)).reshape(IMAGES, SQUARES, -1).mean(axis=1)
    seen = Seen(features, features, features, Begun(places, places), places)
    return Learning(Adding(), seen, known, VIEW, 0, strength)  # type: ignore[arg-type]


def test_a_fold_learns_nothing_from_the_images_that_it_tests() -> None:
    known = truth()
    flipped = Truth(
        np.where(known.fold == 2, 1 - known.malignant, known.malignant),
        np.where(known.fold == 2, 1 - known.second, known.second),
        known.groups,
        known.fold,
    )
    ours, theirs = learning(known).fold(2), learning(flipped).fold(2)
    assert set(ours.told) == {(asked, way) for asked in Asked for way in Way if way is not Way.RECIPE}
    for key, told in ours.told.items():
        assert np.array_equal(told, theirs.told[key]), key
    assert np.array_equal(ours.mt, theirs.mt) and np.array_equal(ours.sn, theirs.sn)
    assert ours.mt.shape == (12, SQUARES, 2, 2)


def test_maps_without_strength_change_no_answer_and_with_it_they_do() -> None:
    known = truth()
    off, on = learning(known, 0.0).fold(0).told, learning(known, 1.0).fold(0).told
    assert off[Asked.SECOND, Way.REM] == pytest.approx(off[Asked.SECOND, Way.MIP])
    for asked in Asked:
        assert off[asked, Way.REM] == pytest.approx(off[asked, Way.REM_OFF])
        assert on[asked, Way.REM] != pytest.approx(on[asked, Way.REM_OFF], abs=1e-4)


def test_what_is_there_to_be_learnt_is_learnt_by_every_way() -> None:
    known = truth()
    for (asked, way), told in learning(known).fold(1).told.items():
        rows = known.tested(1)
        asked_here = np.isin(rows, known.rows(asked))
        right = (told >= 0.5)[asked_here] == known.answers(asked)[rows][asked_here]
        assert right.mean() >= 0.75, (asked, way)


def test_malignant_or_benign_is_asked_of_images_with_a_mass_and_learnt_in_other_folds() -> None:
    known = truth()
    learnt = known.learnt(Asked.AMONG, 3)
    assert (known.second[learnt] == 1).all() and (known.fold[learnt] != 3).all()
    assert len(learnt) == 32
    assert len(known.rows(Asked.ANY)) == IMAGES


def test_answers_of_a_fold_are_kept(tmp_path: Path) -> None:
    told = {(Asked.ANY, Way.REM_OFF): RNG.random(3), (Asked.SECOND, Way.BASIC): RNG.random(3)}
    maps = RNG.random((3, 5, 7, 7), dtype=np.float32)
    path = tmp_path / "fold.npz"
    write_fold(path, FoldAnswers(told, maps, 1 - maps))
    kept = read_fold(path)
    assert np.array_equal(kept.mt, maps) and np.array_equal(kept.sn, 1 - maps)
    assert all(np.array_equal(kept.told[key], own) for key, own in told.items()) and set(kept.told) == set(told)


def test_differences_are_paired_over_patients() -> None:
    groups = np.repeat(np.arange(20), 2)
    answers = np.tile([0, 1], 20)
    right, wrong = np.where(answers == 1, 0.9, 0.1), np.where(answers == 1, 0.9, 0.6)
    same = paired_difference(answers, wrong, wrong, groups, 2.0)
    assert all(one.value == 0 and one.low is None for one in same.values())
    better = paired_difference(answers, right, wrong, groups, 2.0)
    # Wrong calls every negative positive: specificity from 0 to 1, accuracy from a half to 1, F-2 from 5/6 to 1.
    assert (better["specificity"].value, better["accuracy"].value, better["sensitivity"].value) == (1, 0.5, 0)
    assert better["f_beta"].value == pytest.approx(1 / 6)
    assert better["auc"].value == 0
    # Each patient has one of either, so that no draw of patients changes the difference.
    assert better["accuracy"].low is None
