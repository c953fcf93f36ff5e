import itertools

import numpy as np
import pytest

from livercad.core.volume import Volume
from livercad.evaluation.matching import instances_of, match, overlap_table

AFFINE = np.eye(4)


def row(*values: int) -> Volume:
    return Volume(np.array(values, dtype=np.uint16)[:, None, None], AFFINE)


def test_a_binary_mask_falls_into_its_26_connected_components() -> None:
    array = np.zeros((6, 6, 6), dtype=np.uint8)
    array[0, 0, 0] = array[1, 1, 1] = 1  # touch by a corner: one lesion
    array[4, 4, 4] = 1
    assert sorted(np.unique(instances_of(Volume(array, AFFINE)).array)) == [0, 1, 2]


def test_instances_stay_as_they_are_even_where_they_touch() -> None:
    assert instances_of(row(3, 3, 7, 7, 0)).array.ravel().tolist() == [3, 3, 7, 7, 0]


def test_shared_voxels_are_counted_for_every_pair() -> None:
    table = overlap_table(row(5, 5, 5, 0, 9, 9), row(0, 2, 2, 2, 2, 4))
    assert table.predicted.tolist() == [5, 9]
    assert table.true.tolist() == [2, 4]
    assert table.shared.tolist() == [[2, 0], [1, 1]]
    assert table.iou == pytest.approx(np.array([[2 / 5, 0], [1 / 5, 1 / 2]]))
    assert table.coverage == pytest.approx(np.array([[2 / 4, 0], [1 / 4, 1]]))


def test_an_empty_side_gives_an_empty_table() -> None:
    assert overlap_table(row(0, 0), row(1, 1)).shared.shape == (0, 1)
    assert overlap_table(row(1, 1), row(0, 0)).shared.shape == (1, 0)
    assert match(overlap_table(row(0, 0), row(0, 0)).iou, 0.1) == ()


def test_an_overlap_equal_to_the_threshold_is_no_hit() -> None:
    overlaps = np.array([[0.5]])
    assert match(overlaps, 0.5) == ()
    assert match(overlaps, 0.49) == ((0, 0),)


def test_one_prediction_over_two_lesions_hits_one_of_them() -> None:
    assert match(np.array([[0.3, 0.4]]), 0.1) == ((0, 1),)


def test_a_greedy_choice_does_not_cost_a_hit() -> None:
    # The best pair (0, 0) taken first would leave prediction 1 without its only lesion.
    assert set(match(np.array([[0.6, 0.2], [0.5, 0.0]]), 0.1)) == {(0, 1), (1, 0)}


@pytest.mark.parametrize("seed", range(8))
def test_the_matching_is_the_best_of_all_matchings(seed: int) -> None:
    rng = np.random.default_rng(seed)
    overlaps = rng.uniform(0, 0.6, (4, 5)) * (rng.uniform(size=(4, 5)) < 0.5)
    best = max(
        (len(hits), sum(overlaps[p, t] for p, t in hits))
        for columns in itertools.permutations(range(5), 4)
        for hits in [[(p, t) for p, t in enumerate(columns) if overlaps[p, t] > 0.1]]
    )
    found = match(overlaps, 0.1)
    assert (len(found), sum(overlaps[p, t] for p, t in found)) == pytest.approx(best)
