"""Lesions of several phases made one list."""

from __future__ import annotations

import cc3d
import numpy as np
import numpy.typing as npt
import pytest

from lesion_scenes import GRIDS, ball, grid
from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.detection import matching
from livercad.detection.components import LesionsFound
from livercad.detection.matching import LONE_SCORE, Matched, match_lesions
from livercad.detection.overlaps import compare, holds_together

UNENHANCED, ARTERIAL, PORTAL, DELAYED = Phase
GRID = grid((60, 56, 30), (1.5, 1.5, 2.5), degrees=15)
Mask = npt.NDArray[np.bool_]


def found(*lesions: Mask | tuple[Mask, float], on: Volume = GRID) -> LesionsFound:
    """Candidates in the order given, each with its score or .9."""
    instances, scores = np.zeros(on.shape, np.uint16), {}
    for number, lesion in enumerate(lesions, start=1):
        mask, score = lesion if isinstance(lesion, tuple) else (lesion, 0.9)
        instances[mask], scores[number] = number, score
    return LesionsFound(on.like(instances), scores)


def at(x: float, y: float, z: float, radius: float, on: Volume = GRID) -> Mask:
    return ball(on, (x, y, z), radius)


def masks(matched: Matched) -> list[Mask]:
    assert set(np.unique(matched.instances.array)) == {0, *matched.scores}
    assert set(matched.scores) == set(matched.visible_in) == set(range(1, len(matched.scores) + 1))
    assert matched.instances.array.dtype == np.uint16
    return [matched.instances.array == number for number in sorted(matched.scores)]


def test_one_phase_alone_keeps_its_lesions() -> None:
    candidates = found((at(-15, 0, 0, 12), 0.8), (at(15, 0, 0, 8), 0.6))
    matched = match_lesions({PORTAL: candidates}, PORTAL)
    np.testing.assert_array_equal(matched.instances.array, candidates.instances.array)
    assert matched.scores == candidates.scores
    assert matched.visible_in == {1: (PORTAL,), 2: (PORTAL,)}


@pytest.mark.parametrize("name", GRIDS)
def test_a_lesion_of_two_phases_is_one_with_the_reference_outline_and_the_best_score(name: str) -> None:
    on = GRIDS[name]
    here, there = at(0, 0, 0, 12, on), at(3, 2, 0, 10, on)
    matched = match_lesions({ARTERIAL: found((there, 0.95), on=on), PORTAL: found((here, 0.7), on=on)}, PORTAL)
    (mask,) = masks(matched)
    np.testing.assert_array_equal(mask, here)
    assert matched.scores == {1: 0.95}
    assert matched.visible_in == {1: (ARTERIAL, PORTAL)}


def test_a_small_lesion_moved_beside_itself_is_still_one() -> None:
    matched = match_lesions({PORTAL: found(at(0, 0, 0, 3)), ARTERIAL: found((at(0, 0, 8, 3), 0.6))}, PORTAL)
    (mask,) = masks(matched)
    np.testing.assert_array_equal(mask, at(0, 0, 0, 3))
    assert matched.visible_in == {1: (ARTERIAL, PORTAL)}


def test_each_candidate_goes_to_the_lesion_that_it_fits_best() -> None:
    portal = found(at(-8, 0, 0, 7), at(8, 0, 0, 7))
    arterial = found(at(5, 0, 0, 7), at(-11, 0, 0, 7))
    matched = match_lesions({PORTAL: portal, ARTERIAL: arterial}, PORTAL)
    np.testing.assert_array_equal(matched.instances.array, portal.instances.array)
    assert matched.visible_in == {1: (ARTERIAL, PORTAL), 2: (ARTERIAL, PORTAL)}


def pieces_of(whole: Mask) -> tuple[Mask, ...]:
    """Three slabs with gaps."""
    i = np.indices(whole.shape)[0]
    return tuple(whole & (i >= first) & (i < last) for first, last in ((0, 24), (26, 34), (36, 60)))


def test_pieces_of_a_lesion_that_the_reference_shows_whole_are_part_of_it() -> None:
    whole = at(0, 0, 0, 26)
    matched = match_lesions({PORTAL: found(whole), ARTERIAL: found(*pieces_of(whole))}, PORTAL)
    (mask,) = masks(matched)
    np.testing.assert_array_equal(mask, whole)
    assert matched.visible_in == {1: (ARTERIAL, PORTAL)}


def test_pieces_that_another_phase_shows_as_one_lesion_are_one_number() -> None:
    whole = at(0, 0, 0, 26)
    matched = match_lesions({PORTAL: found(*pieces_of(whole)), ARTERIAL: found((whole, 0.95))}, PORTAL)
    (mask,) = masks(matched)
    np.testing.assert_array_equal(mask, np.logical_or.reduce(pieces_of(whole)))
    assert matched.scores == {1: 0.95}


def test_a_lesion_of_which_the_reference_shows_scraps_has_the_outline_of_the_phase_that_shows_it() -> None:
    whole, scraps = at(0, 0, 0, 22), (at(-8, 0, 0, 5), at(9, 3, 0, 6))
    matched = match_lesions({PORTAL: found(*scraps), DELAYED: found((whole, 0.6))}, PORTAL)
    (mask,) = masks(matched)
    np.testing.assert_array_equal(mask, whole)
    assert (matched.scores, matched.visible_in) == ({1: 0.9}, {1: (PORTAL, DELAYED)})


def test_lesions_that_only_touch_in_another_phase_stay_two() -> None:
    one, other = at(-12, 0, 0, 11), at(12, 0, 0, 11)
    bridge = at(0, 0, 0, 3)
    blob = at(-12, 0, 0, 12) | at(12, 0, 0, 12) | bridge
    assert cc3d.connected_components(blob, return_N=True)[1] == 1
    matched = match_lesions({PORTAL: found(one, other), ARTERIAL: found(blob)}, PORTAL)
    np.testing.assert_array_equal(matched.instances.array, found(one, other).instances.array)
    assert matched.visible_in == {1: (ARTERIAL, PORTAL), 2: (ARTERIAL, PORTAL)}


def test_lesions_of_two_phases_that_touch_stay_two_numbers() -> None:
    here, there = at(-12, 0, 0, 12.5), at(12, 0, 0, 12.5)
    matched = match_lesions({PORTAL: found(here), ARTERIAL: found(there)}, PORTAL)
    assert cc3d.connected_components(matched.instances.array > 0, connectivity=26, return_N=True)[1] == 1
    assert sorted(matched.visible_in.values()) == [(ARTERIAL,), (PORTAL,)]
    np.testing.assert_array_equal(masks(matched)[0], here)


def test_a_lesion_that_the_reference_misses_has_the_surest_outline() -> None:
    arterial, delayed = at(0, 0, 0, 9), at(1, 0, 0, 11)
    phases = {PORTAL: found(), ARTERIAL: found((arterial, 0.8)), DELAYED: found((delayed, 0.6))}
    matched = match_lesions(phases, PORTAL)
    np.testing.assert_array_equal(masks(matched)[0], arterial)
    assert matched.visible_in == {1: (ARTERIAL, DELAYED)}


@pytest.mark.parametrize(
    ("radius", "score", "kept"), [(8, LONE_SCORE, True), (8, LONE_SCORE - 0.01, False), (3, 0.99, False)]
)
def test_what_one_other_phase_shows_alone_must_be_sure_and_large(radius: float, score: float, kept: bool) -> None:
    lone = found((at(15, 0, 0, radius), score))
    matched = match_lesions({PORTAL: found((at(-15, 0, 0, 10), 0.55)), ARTERIAL: lone}, PORTAL)
    assert list(matched.visible_in.values()) == [(PORTAL,)] + [(ARTERIAL,)] * kept
    alone = match_lesions({PORTAL: found(), ARTERIAL: lone}, PORTAL)
    assert len(alone.scores) == kept
    assert len(match_lesions({ARTERIAL: lone}, ARTERIAL).scores) == 1  # a reference phase is believed


def test_two_phases_that_agree_are_believed_without_the_reference() -> None:
    small = found((at(0, 0, 0, 4), 0.5))
    matched = match_lesions({PORTAL: found(), ARTERIAL: small, DELAYED: small}, PORTAL)
    assert matched.visible_in == {1: (ARTERIAL, DELAYED)}


def test_lesions_are_numbered_from_the_largest_of_all_phases() -> None:
    phases = {PORTAL: found((at(-20, 0, 0, 6), 0.7)), ARTERIAL: found((at(12, 0, 0, 14), 0.8))}
    matched = match_lesions(phases, PORTAL)
    assert matched.scores == {1: 0.8, 2: 0.7}
    sizes = [np.count_nonzero(mask) for mask in masks(matched)]
    assert sizes == sorted(sizes, reverse=True)


def test_pieces_are_looked_at_inside_their_candidate_only(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[tuple[int, ...]] = []

    def watched(whole: Mask, one: Mask, other: Mask, on: Volume) -> bool:
        looked_at.extend(mask.shape for mask in (whole, one, other))
        return holds_together(whole, one, other, on)

    monkeypatch.setattr(matching, "holds_together", watched)
    whole = at(0, 0, 0, 12)
    left = whole & (np.indices(GRID.shape)[0] < 28)
    right = whole & (np.indices(GRID.shape)[0] > 31)
    (mask,) = masks(match_lesions({PORTAL: found(left, right), ARTERIAL: found(whole)}, PORTAL))
    assert (mask == (left | right)).all()
    box = tuple(int(np.ptp(side)) + 1 for side in np.nonzero(whole))
    assert looked_at == [box] * 3


def test_the_reference_keeps_its_voxels_where_outlines_overlap() -> None:
    here, there = at(-9, 0, 0, 10), at(7, 0, 0, 11)
    matched = match_lesions({PORTAL: found(here), ARTERIAL: found(there)}, PORTAL)
    union = masks(matched)
    assert any((mask == here).all() for mask in union)
    assert any((mask == (there & ~here)).all() for mask in union)


def test_a_candidate_that_got_lost_on_the_way_to_the_grid_is_no_lesion() -> None:
    lost = LesionsFound(GRID.like(np.zeros(GRID.shape, np.uint16)), {1: 0.9})
    matched = match_lesions({PORTAL: found(at(0, 0, 0, 8)), ARTERIAL: lost}, PORTAL)
    assert matched.visible_in == {1: (PORTAL,)}


def test_no_candidates_are_no_lesions() -> None:
    matched = match_lesions({PORTAL: found(), ARTERIAL: found()}, PORTAL)
    assert (matched.scores, matched.visible_in) == ({}, {})
    assert not matched.instances.array.any()


def test_candidates_on_another_grid_or_without_the_reference_are_refused() -> None:
    other = found(at(0, 0, 0, 8, GRIDS["oblique"]), on=GRIDS["oblique"])
    with pytest.raises(ValueError, match="arterial"):
        match_lesions({PORTAL: found(), ARTERIAL: other}, PORTAL)
    with pytest.raises(ValueError, match="portal"):
        match_lesions({ARTERIAL: found()}, PORTAL)


def test_comparisons_agree_with_counting_voxel_by_voxel() -> None:
    rng = np.random.default_rng(4)
    one, other = (rng.integers(0, n, (9, 8, 7)).astype(np.uint16) for n in (4, 5))
    small = grid((9, 8, 7), (1.0, 1.2, 3.0), degrees=30)
    table = compare(one, 3, other, 5, small)
    assert table.shared.shape == (3, 5)
    for row in range(3):
        for column in range(5):
            a, b = one == row + 1, other == column + 1
            assert table.shared[row, column] == np.count_nonzero(a & b)
            if b.any():
                assert table.dice[row, column] == pytest.approx(2 * (a & b).sum() / (a.sum() + b.sum()))
                centers = [np.argwhere(m).mean(axis=0) @ small.affine[:3, :3].T for m in (a, b)]
                assert table.distance_mm[row, column] == pytest.approx(np.linalg.norm(centers[0] - centers[1]))
    assert np.isinf(table.distance_mm[:, 4]).all()


@pytest.mark.parametrize(("gap", "expected"), [(12.0, True), (21.0, False)])
def test_two_balls_hold_together_when_they_share_more_than_a_neck(gap: float, expected: bool) -> None:
    one, other = at(-gap / 2, 0, 0, 11), at(gap / 2, 0, 0, 11)
    x = np.indices(GRID.shape)[0]
    left, right = (one | other) & (x < 26), (one | other) & (x > 33)
    assert holds_together(one | other, left, right, GRID) is expected
