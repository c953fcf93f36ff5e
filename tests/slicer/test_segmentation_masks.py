"""Voxels of segments, away from the scene."""

import numpy as np
import pytest
from case_lesions import KINDS, SHAPE, filled, grid_affine, on_grid
from scipy import ndimage

from livercad.core.geometry import transform_points
from livercad.core.volume import Volume
from LiverCADLib.scene.grid import Grid
from LiverCADLib.scene.masks import Mask, ball, mapsOf, masksOf, union, without


def blob(seed, share=0.1):
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=SHAPE), 2)
    return noise > np.quantile(noise, 1 - share)


def test_a_mask_is_trimmed_and_comes_back_onto_the_grid_as_it_was():
    array = blob(1)
    mask = Mask.of(array)
    assert np.array_equal(on_grid(mask), array)
    for axis in range(3):
        ends = np.take(mask.array, [0, -1], axis=axis)
        assert ends.any(axis=tuple(a for a in range(3) if a != axis)).all()


def test_nothing_is_no_mask():
    assert Mask.of(np.zeros(SHAPE)) is None


def test_the_fingerprint_tells_voxels_and_place():
    array = filled((slice(2, 5), slice(2, 6), slice(2, 4)))
    moved = np.roll(array, 1, axis=0)
    other = array.copy()
    other[3, 3, 3] = False
    prints = {Mask.of(a).fingerprint for a in (array, moved, other)}
    assert len(prints) == 3
    assert Mask.of(array.copy()).fingerprint in prints


def test_union_and_difference_are_those_of_the_whole_arrays():
    a, b, c = blob(1), blob(2), blob(3, 0.02)
    masks = [Mask.of(array) for array in (a, b, c)]
    assert np.array_equal(on_grid(union(masks)), a | b | c)
    assert np.array_equal(on_grid(without(masks[0], masks[1:])), a & ~b & ~c)
    assert without(masks[0], [masks[0]]) is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_ball_holds_the_voxels_whose_centres_lie_in_it(kind):
    affine, center = grid_affine(kind), transform_points((20.3, 15.6, 8.2), grid_affine(kind))
    away = np.linalg.norm(transform_points(np.moveaxis(np.indices(SHAPE), 0, -1), affine) - center, axis=-1)
    wanted = away <= 9.0
    wanted[20, 16, 8] = True
    assert np.array_equal(on_grid(ball(tuple(center), 18.0, SHAPE, affine)), wanted)


def test_the_smallest_ball_is_a_voxel_and_one_outside_of_the_image_is_none():
    affine = grid_affine("oblique")
    assert ball(tuple(transform_points((3, 4, 5), affine)), 0.01, SHAPE, affine).voxels == 1
    assert ball(tuple(transform_points((0, 0, 0), affine)), 9.0, SHAPE, affine).start == (0, 0, 0)
    assert ball(tuple(transform_points((-2, 4, 5), affine)), 9.0, SHAPE, affine) is None


def test_masks_of_a_map_and_the_map_of_masks_are_each_others_opposite():
    numbers = np.zeros(SHAPE, np.uint16)
    numbers[blob(1)], numbers[filled((slice(0, 3), slice(0, 3), slice(0, 3)))] = 7, 65535
    masks = masksOf(numbers)
    assert set(masks) == {7, 65535}
    liver = blob(4, 0.5)
    label, instances = mapsOf(SHAPE, Mask.of(liver), masks)
    assert np.array_equal(instances, numbers) and instances.dtype == np.uint16
    assert np.array_equal(label, np.where(numbers > 0, 2, liver)) and label.dtype == np.uint8


def test_where_lesions_overlap_the_smaller_one_is_kept_whole():
    large, small = filled((slice(2, 20), slice(2, 20), slice(2, 10))), filled((slice(5, 9), slice(5, 9), slice(3, 6)))
    for numbers in ((1, 2), (2, 1)):
        _, instances = mapsOf(SHAPE, None, dict(zip(numbers, (Mask.of(large), Mask.of(small)), strict=True)))
        assert np.array_equal(instances == numbers[1], small)
        assert np.array_equal(instances == numbers[0], large & ~small)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("is_reversed", [False, True])
def test_the_servers_order_of_slices_and_the_scenes_are_taken_into_each_other(kind, is_reversed):
    grid, array = Grid(SHAPE, grid_affine(kind), is_reversed), blob(1)
    sent = grid.toServer(array)
    assert np.array_equal(grid.toScene(sent), array)
    voxel = np.argwhere(array)[5]
    at = transform_points(voxel, grid.affine)
    there = np.round(transform_points(at, np.linalg.inv(sent.affine))).astype(int)
    assert sent.array[tuple(there)] and np.allclose(transform_points(there, sent.affine), at)


def test_a_map_on_another_grid_is_refused_in_words():
    grid = Grid(SHAPE, grid_affine("oblique"))
    with pytest.raises(ValueError, match=r"another grid.*apart"):
        grid.toScene(Volume(np.zeros(SHAPE), grid_affine("straight")))
    with pytest.raises(ValueError, match="40 × 36 × 16"):
        grid.toScene(Volume(np.zeros((3, 4, 5)), grid.affine))
