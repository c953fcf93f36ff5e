"""Circles of lesions, against closed forms and another library."""

from __future__ import annotations

import math

import numpy as np
import pytest

from livercad.core.circle import Circle, circle_of_box, smallest_circle


def drawn(inside: object, shape: tuple[int, int] = (220, 240)) -> np.ndarray:
    rows, columns = np.indices(shape).astype(float)
    return inside(columns, rows)


@pytest.mark.parametrize("radius", [4.0, 17.3, 60.0])
def test_a_disc_has_its_own_circle(radius: float) -> None:
    circle = smallest_circle(drawn(lambda x, y: np.hypot(x - 100.2, y - 90.7) < radius))
    assert circle.center == pytest.approx((100.2, 90.7), abs=0.5)
    assert circle.diameter == pytest.approx(2 * radius, abs=1)


@pytest.mark.parametrize("angle", [0, 30, 77])
def test_the_circle_of_an_ellipse_has_its_long_axis(angle: float) -> None:
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    mask = drawn(
        lambda x, y: np.hypot(((x - 110) * cos + (y - 100) * sin) / 70, ((y - 100) * cos - (x - 110) * sin) / 30) < 1
    )
    circle = smallest_circle(mask)
    assert circle.diameter == pytest.approx(140, abs=1.2)
    assert circle.center == pytest.approx((110, 100), abs=0.7)


def test_the_circle_of_an_equilateral_triangle_is_wider_than_its_sides() -> None:
    side, height = 120.0, 120 * math.sqrt(3) / 2
    mask = drawn(lambda x, y: (y > 40) & (y < 40 + height) & (np.abs(x - 110) < (y - 40) / math.sqrt(3)))
    circle = smallest_circle(mask)
    assert circle.diameter == pytest.approx(2 * side / math.sqrt(3), rel=0.015)
    assert circle.center == pytest.approx((110, 40 + 2 / 3 * height), abs=1.5)


def test_a_single_pixel_has_the_circle_through_the_middles_of_its_sides() -> None:
    mask = np.zeros((9, 12), bool)
    mask[3, 7] = True
    assert smallest_circle(mask) == Circle((7.0, 3.0), 1.0)


@pytest.mark.parametrize("seed", range(5))
def test_the_circle_is_that_of_shapely(seed: int) -> None:
    shapely = pytest.importorskip("shapely")
    mask = np.random.default_rng(seed).random((40, 50)) < 0.02
    rows, columns = np.nonzero(mask)
    faces = [
        (c + a, r + b)
        for c, r in zip(columns, rows, strict=True)
        for a, b in ((0.5, 0), (-0.5, 0), (0, 0.5), (0, -0.5))
    ]
    circle = smallest_circle(mask)
    assert circle.diameter / 2 == pytest.approx(shapely.minimum_bounding_radius(shapely.MultiPoint(faces)), abs=1e-6)


def test_an_empty_mask_has_no_circle() -> None:
    with pytest.raises(ValueError, match="empty mask"):
        smallest_circle(np.zeros((5, 5)))


def test_a_box_gives_the_circle_of_an_ellipse_in_it() -> None:
    assert circle_of_box((9.5, 19.5, 49.5, 39.5)) == Circle((29.5, 29.5), 40.0)
    with pytest.raises(ValueError, match="first column and row"):
        circle_of_box((5, 5, 5, 9))


def test_the_square_is_d_over_the_ratio_but_64_pixels_at_least() -> None:
    circle = Circle((100.0, 80.0), 60.0)
    assert circle.side(0.5) == 120
    assert circle.square(0.5) == (40.0, 20.0, 160.0, 140.0)
    assert circle.side(1.1) == 64
    assert circle.box == (70.0, 50.0, 130.0, 110.0)


@pytest.mark.parametrize("diameter", [0.0, -1.0, math.nan])
def test_what_has_no_diameter_is_no_circle(diameter: float) -> None:
    with pytest.raises(ValueError, match="diameter above 0"):
        Circle((1.0, 2.0), diameter)
