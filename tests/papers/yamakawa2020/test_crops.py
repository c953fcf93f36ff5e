"""What the network sees of an image (sections 2.3 and 2.4)."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from livercad.core.circle import Circle
from livercad.papers.yamakawa2020.crops import turned_crops
from livercad.papers.yamakawa2020.settings import CropSet, CropSettings
from livercad.papers.yamakawa2020.versions import versions_of
from tumour_discs import disc

SETTINGS = CropSettings(angles=(-10.0, 10.0))
CIRCLE = Circle((200.0, 150.0), 70.0)


def picture(circle: Circle = CIRCLE) -> np.ndarray:
    return disc(circle, 220, 60, (300, 400)).astype(np.uint8)


def width(crop: np.ndarray, row: int = 32) -> float:
    """Share of a row that is bright."""
    return float((crop[row] > 140).mean())


@pytest.mark.parametrize("ratio", [0.3, 0.6, 0.9])
def test_the_tumour_fills_d_over_l_of_the_region(ratio: float) -> None:
    crop = turned_crops(picture(), CIRCLE, CropSet(ratio), SETTINGS)[0]
    assert width(crop) == pytest.approx(ratio, abs=1.5 / 64)
    np.testing.assert_allclose(ndimage.center_of_mass(crop > 140), (31.5, 31.5), atol=0.5)


def test_a_region_is_never_smaller_than_the_network_s_image() -> None:
    small = Circle((200.0, 150.0), 16.0)
    crop = turned_crops(picture(small), small, CropSet(1.0), SETTINGS)[0]
    assert width(crop) == pytest.approx(16 / 64, abs=1.5 / 64)


def test_turned_regions_are_cut_from_the_whole_image_and_turn_about_the_tumour() -> None:
    whole = turned_crops(np.full((300, 400), 90, np.uint8), CIRCLE, CropSet(0.6), SETTINGS)
    assert (whole == 90).all()  # not a black corner
    shifted = turned_crops(picture(), CIRCLE, CropSet(0.6, 0.15), SETTINGS)
    for crop in shifted:
        np.testing.assert_allclose(ndimage.center_of_mass(crop > 140), (31.5 - 0.15 * 64, 31.5), atol=0.5)
    beside = picture()
    beside[90:110, 195:206] = 0  # above the tumour: turned clockwise it goes to the right
    upright, left, right = turned_crops(beside, CIRCLE, CropSet(0.6), SETTINGS)
    columns = [ndimage.center_of_mass(crop < 30)[1] for crop in (upright, left, right)]
    assert columns[1] < columns[0] - 2 < columns[0] + 2 < columns[2]


def test_there_are_ten_versions_half_of_them_reversed() -> None:
    assert CropSettings().versions == 10
    crops = np.random.default_rng(0).integers(0, 255, (4, 3, 8, 8), dtype=np.uint8)
    taken = versions_of(crops, np.array([2, 1, 2, 3]), np.array([0, 1, 4, 5]))
    np.testing.assert_array_equal(taken[0], crops[2, 0])
    np.testing.assert_array_equal(taken[1], crops[1, 0, :, ::-1])
    np.testing.assert_array_equal(taken[2], crops[2, 2])
    np.testing.assert_array_equal(taken[3], crops[3, 2, :, ::-1])
