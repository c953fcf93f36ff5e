"""Orders of cases by what is known of them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from livercad.learning.strategies import Distances, Known, Strategy, clusters_of, order

NAMES = tuple(f"case-{number:02d}" for number in range(12))
EMBEDDINGS = np.random.default_rng(1).normal(size=(12, 5)).astype(np.float32)
UNCERTAINTY = np.random.default_rng(2).random(12).astype(np.float32)
CLASSIFICATION = np.random.default_rng(3).random(12).astype(np.float32)


def known(**changes: np.ndarray) -> Known:
    parts = {"uncertainty": UNCERTAINTY, "classification": CLASSIFICATION, "embeddings": EMBEDDINGS, **changes}
    return Known(NAMES, clusters=changes.pop("clusters", clusters_of(parts["embeddings"])), **{
        name: parts[name] for name in ("uncertainty", "classification", "embeddings")
    })  # fmt: skip


def ordered(strategy: Strategy, about: Known, open_cases: list[int] | None = None, seed: int = 0) -> list[int]:
    is_open = np.zeros(len(NAMES), bool)
    is_open[list(range(len(NAMES))) if open_cases is None else open_cases] = True
    return [NAMES.index(case) for case in order(strategy, about, is_open, np.random.default_rng(seed))]


@pytest.mark.parametrize("strategy", Strategy)
def test_every_open_case_comes_once_and_no_other(strategy: Strategy) -> None:
    partly = EMBEDDINGS.copy()
    partly[[2, 7]] = np.nan
    unsure = UNCERTAINTY.copy()
    unsure[[2, 5]] = np.nan
    about = known(embeddings=partly, uncertainty=unsure)
    assert sorted(ordered(strategy, about, [1, 2, 5, 7, 9])) == [1, 2, 5, 7, 9]


@pytest.mark.parametrize("strategy", Strategy)
def test_cases_that_nobody_has_looked_at_can_be_ordered(strategy: Strategy) -> None:
    assert sorted(ordered(strategy, Known.nothing(NAMES))) == list(range(12))


@pytest.mark.parametrize("strategy", Strategy)
def test_nothing_open_gives_nothing(strategy: Strategy) -> None:
    assert ordered(strategy, known(), []) == []


def test_the_first_is_the_first_by_name() -> None:
    assert ordered(Strategy.FIRST, known(), [7, 3, 5]) == [3, 5, 7]


def test_random_orders_differ_by_seed_and_come_again_with_it() -> None:
    orders = [tuple(ordered(Strategy.RANDOM, known(), seed=seed)) for seed in range(20)]
    assert len(set(orders)) == 20
    assert tuple(ordered(Strategy.RANDOM, known(), seed=4)) == orders[4]


@pytest.mark.parametrize(
    ("strategy", "values"),
    [(Strategy.UNCERTAINTY, UNCERTAINTY), (Strategy.CLASSIFICATION, CLASSIFICATION)],
)
def test_the_least_sure_comes_first_and_the_unknown_last(strategy: Strategy, values: np.ndarray) -> None:
    partly = values.copy()
    partly[4] = np.nan
    expected = sorted((row for row in range(12) if row != 4), key=lambda row: -values[row])
    found = ordered(strategy, known(**{strategy.value: partly}))
    assert found == [*expected, 4]


def test_diversity_is_the_greedy_core_set_of_a_plain_search() -> None:
    labelled = [0, 6]
    chosen, left = list(labelled), [row for row in range(12) if row not in labelled]
    while left:
        distance = [min(np.linalg.norm(EMBEDDINGS[row] - EMBEDDINGS[other]) for other in chosen) for row in left]
        chosen.append(left.pop(int(np.argmax(distance))))
    assert ordered(Strategy.DIVERSITY, known(), [row for row in range(12) if row not in labelled]) == chosen[2:]


def test_diversity_is_the_same_whatever_was_asked_before() -> None:
    about = known()
    for open_cases in ([1, 2, 3, 4, 5, 7], [1, 3, 4], [0, 1, 3, 4, 9], list(range(12)), [2]):
        assert ordered(Strategy.DIVERSITY, about, open_cases) == ordered(Strategy.DIVERSITY, known(), open_cases)


def test_diversity_begins_in_the_middle_when_nothing_is_labelled() -> None:
    line = np.arange(12, dtype=np.float32)[:, None]
    found = ordered(Strategy.DIVERSITY, known(embeddings=line))
    assert found[0] in (5, 6)
    assert set(found[1:3]) == {0, 11}


def test_hybrid_takes_the_least_sure_of_each_cluster_in_turn() -> None:
    clusters = np.array([0] * 4 + [1] * 4 + [2] * 4)
    found = ordered(Strategy.HYBRID, known(clusters=clusters))
    for turn in range(4):
        assert {row // 4 for row in found[3 * turn : 3 * turn + 3]} == {0, 1, 2}
    for cluster in range(3):
        within = [row for row in found if row // 4 == cluster]
        assert within == sorted(within, key=lambda row: -UNCERTAINTY[row])


def test_hybrid_prefers_clusters_that_have_been_labelled_least() -> None:
    clusters = np.array([0] * 4 + [1] * 4 + [2] * 4)
    found = ordered(Strategy.HYBRID, known(clusters=clusters), [0, 1, 2, 4, 5, 8])
    assert [row // 4 for row in found[:3]].count(0) >= 1
    assert found[0] // 4 == 0  # three quarters open, against a half and a quarter


def test_clusters_find_groups_that_lie_apart() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(3), 8)
    places = (np.eye(3)[groups] * 20 + rng.normal(size=(24, 3))).astype(np.float32)
    found = clusters_of(places)
    assert len({tuple(np.unique(found[groups == group])) for group in range(3)}) == 3
    assert all(len(np.unique(found[groups == group])) == 1 for group in range(3))


def test_a_case_without_embedding_has_no_cluster() -> None:
    partly = EMBEDDINGS.copy()
    partly[3] = np.nan
    assert clusters_of(partly)[3] == -1
    assert (np.delete(clusters_of(partly), 3) >= 0).all()


def test_distances_are_right_whatever_is_labelled_and_put_back() -> None:
    rng = np.random.default_rng(5)
    embeddings = rng.normal(size=(60, 3)).astype(np.float32)
    embeddings[7] = np.nan
    distances = Distances(embeddings)
    for _ in range(40):
        labelled = rng.random(60) < rng.choice([0, 0.05, 0.5])
        there = np.flatnonzero(labelled & (np.arange(60) != 7))
        apart = (
            np.full(60, np.inf) if not there.size else cdist(embeddings, embeddings[there], "sqeuclidean").min(axis=1)
        )
        apart[7] = np.inf
        np.testing.assert_allclose(distances.to(labelled), apart, atol=1e-4)
