"""Squares around lesions of 2-D images, against SciPy, Pillow and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from livercad.core import planar_roi
from livercad.core.circle import Circle
from livercad.core.planar_roi import planar_square


def texture(shape: tuple[int, int] = (120, 160)) -> np.ndarray:
    noise = np.random.default_rng(0).normal(size=shape)
    return ndimage.gaussian_filter(noise, 3).astype(np.float32)


def plane(rows: int = 120, columns: int = 160) -> np.ndarray:
    """Two grey values per column, three per row: linear, so that interpolation is exact."""
    i, j = np.mgrid[:rows, :columns]
    return (3.0 * i + 2.0 * j).astype(np.float32)


def test_a_square_of_the_pixels_own_size_is_a_slice_of_the_image() -> None:
    image = texture()
    cut = planar_square(image, Circle((79.5, 59.5), 48), 80, ratio=0.6)
    np.testing.assert_allclose(cut, image[20:100, 40:120], atol=1e-6)


def test_the_mean_over_each_pixel_is_that_of_a_box_filter() -> None:
    image = np.random.default_rng(1).integers(0, 255, (160, 160)).astype(np.uint8)
    cut = planar_square(image, Circle((79.5, 79.5), 16), 32, ratio=0.1)
    np.testing.assert_allclose(cut, image.reshape(32, 5, 32, 5).mean((1, 3)), atol=1e-3)


@pytest.mark.parametrize("ratio", [0.1, 0.35, 0.6, 1.1])
def test_every_pixel_lies_where_a_closed_form_says(ratio: float) -> None:
    circle = Circle((70.25, 50.5), 9.0)
    cut = planar_square(plane(), circle, 16, ratio=ratio, smallest=8)
    side = max(9.0 / ratio, 8)
    along = ((np.arange(16) + 0.5) / 16 - 0.5) * side
    expected = 3 * (50.5 + along[:, None]) + 2 * (70.25 + along[None, :])
    inside = (50.5 + along[:, None] > 1) & (50.5 + along[:, None] < 118)
    np.testing.assert_allclose(cut, np.where(inside, expected, cut), rtol=1e-5)


def test_turning_is_that_of_pillow_clockwise() -> None:
    image = texture()
    # Pillow turns counter-clockwise, and counts from the image's corner.
    turned = Image.fromarray(image).rotate(-10, Image.Resampling.BILINEAR, center=(80, 60))
    expected = np.asarray(turned)[36:84, 56:104]
    cut = planar_square(image, Circle((79.5, 59.5), 48), 48, ratio=1, smallest=48, angle=10)
    assert np.abs(cut - expected).max() < 0.02 * np.ptp(image)


def test_turning_shows_the_image_in_the_corners() -> None:
    cut = planar_square(np.ones((200, 200)), Circle((99.5, 99.5), 60), 64, ratio=0.6, angle=10)
    assert (cut == 1).all()


def test_a_shift_moves_the_square_and_not_the_image() -> None:
    image = texture((200, 200))
    moved = planar_square(image, Circle((99.5, 99.5), 48), 80, shift=(0.25, -0.125))
    np.testing.assert_allclose(moved, image[50:130, 80:160], atol=1e-6)


def test_what_lies_beyond_the_image_has_the_value_told() -> None:
    cut = planar_square(np.full((40, 40), 7.0), Circle((0, 0), 40), 40, ratio=1, smallest=1, outside=-1)
    assert (cut[:19, :] == -1).all() and (cut[20:, 20:] == 7).all()


def test_the_smallest_square_is_of_64_pixels_of_the_image() -> None:
    image = texture()
    np.testing.assert_array_equal(
        planar_square(image, Circle((80, 60), 5), 64), planar_square(image, Circle((80, 60), 38.4), 64)
    )


@pytest.mark.parametrize(("pixels", "ratio"), [(0, 0.6), (64, 0.0), (64, -1.0)])
def test_no_square_is_cut_of_no_size(pixels: int, ratio: float) -> None:
    with pytest.raises(ValueError, match=r"above 0|one pixel"):
        planar_square(texture(), Circle((80, 60), 5), pixels, ratio=ratio)


def test_a_huge_square_is_cut_in_blocks_to_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    image = np.random.default_rng(1).integers(256, size=(90, 120)).astype(np.uint8)
    options = {"ratio": 0.1, "angle": 7.0, "shift": (0.01, -0.02), "outside": 3.0}
    whole = planar_square(image, Circle((60.3, 40.7), 88.0), 20, **options)
    monkeypatch.setattr(planar_roi, "MOST_SAMPLES", 100_000)
    assert np.allclose(planar_square(image, Circle((60.3, 40.7), 88.0), 20, **options), whole, rtol=1e-6)
