"""Square crops of images of any shape, as Figure 4 of Qi 2019 has them."""

from __future__ import annotations

import numpy as np
import pytest

from livercad.papers.qi2019.crops import random_crop, scaled, to_input, uniform_crops


def ramp(rows: int, columns: int) -> np.ndarray:
    """Grey values that tell the column."""
    return np.tile(np.arange(columns, dtype=np.uint8), (rows, 1))


@pytest.mark.parametrize(
    ("shape", "expected"), [((400, 640), (299, 478)), ((600, 150), (1196, 299)), ((80, 80), (299, 299))]
)
def test_the_shortest_side_is_scaled_and_the_shape_kept(shape: tuple[int, int], expected: tuple[int, int]) -> None:
    assert scaled(np.zeros(shape, np.uint8), 299).shape == expected


def test_scaling_keeps_a_circle_round() -> None:
    rows, columns = np.mgrid[:200, :360]
    disc = np.where((rows - 100) ** 2 + (columns - 180) ** 2 < 60**2, 200, 0).astype(np.uint8)
    inside = scaled(disc, 299) > 100
    height, width = np.ptp(np.where(inside.any(1))), np.ptp(np.where(inside.any(0)))
    assert abs(int(height) - int(width)) <= 1


def test_five_crops_lie_uniformly_from_one_end_to_the_other() -> None:
    crops = uniform_crops(ramp(100, 180), 100)
    assert [int(crop[0, 0]) for crop in crops] == [0, 20, 40, 60, 80]
    assert all(crop.shape == (100, 100) for crop in crops)
    upright = uniform_crops(ramp(100, 180).T, 100)
    assert [int(crop[0, 0]) for crop in upright] == [0, 20, 40, 60, 80]


def test_a_single_crop_is_the_middle() -> None:
    (crop,) = uniform_crops(ramp(100, 180), 100, 1)
    assert crop[0, 0] == 40


def test_random_crops_reach_both_ends() -> None:
    rng = np.random.default_rng(0)
    starts = {int(random_crop(ramp(10, 14), 10, rng)[0, 0]) for _ in range(200)}
    assert starts == {0, 1, 2, 3, 4}


def test_grey_values_come_between_minus_one_and_one_in_three_channels() -> None:
    given = to_input([np.array([[0, 255]], np.uint8)])
    assert (
        given.shape == (1, 3, 1, 2) and given[0, :, 0, 0].tolist() == [-1] * 3 and given[0, :, 0, 1].tolist() == [1] * 3
    )
