"""Values of squares put back onto the image that they were cut out of."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from livercad.core.circle import Circle
from livercad.core.planar_roi import planar_square
from livercad.ultrasound.placing import is_on, is_within, put_back, saliency_of

SHAPE = (60, 90)
CIRCLES = {
    "off the centre": Circle((30.25, 22.5), 24.0),
    "beyond the left and upper edge": Circle((6.0, 9.75), 24.0),
    "beyond the right and lower edge": Circle((85.0, 55.0), 30.0),
}


def ramp(columns: npt.ArrayLike, rows: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Values that linear interpolation keeps; above 0 everywhere near the image."""
    return 300 + 2.0 * np.asarray(columns) - 1.5 * np.asarray(rows)


@pytest.mark.parametrize("circle", CIRCLES.values(), ids=CIRCLES)
def test_a_square_comes_back_to_where_it_was_cut_out(circle: Circle) -> None:
    rows, columns = np.indices(SHAPE)
    image = ramp(columns, rows).astype(np.float32)
    box = circle.square(0.6, 8)
    square = planar_square(image, circle, 64, smallest=8)
    back = put_back([(box, square)], SHAPE)
    x0, y0, x1, y1 = box
    in_box = (columns >= x0) & (columns < x1) & (rows >= y0) & (rows < y1)
    assert (back[~in_box] == 0).all() and (back[in_box] > 0).all()
    # Beside the image's edge the square is black, and within half a step of its own edge the nearest value goes on.
    inside = (columns >= max(x0, -0.5) + 1) & (columns <= min(x1, SHAPE[1] - 0.5) - 1)
    inside &= (rows >= max(y0, -0.5) + 1) & (rows <= min(y1, SHAPE[0] - 0.5) - 1)
    assert inside.sum() > 300
    np.testing.assert_allclose(back[inside], image[inside], atol=0.6)  # a step of the square is .6 to .8 pixels


@pytest.mark.parametrize("circle", CIRCLES.values(), ids=CIRCLES)
def test_what_is_strongest_in_a_coarse_map_is_strongest_at_its_place(circle: Circle) -> None:
    x0, y0, x1, _ = box = circle.square(0.6, 8)
    step = (x1 - x0) / 8
    for row, column in np.ndindex(8, 8):
        x, y = x0 + (column + 0.5) * step, y0 + (row + 0.5) * step
        if not (step < x < SHAPE[1] - step and step < y < SHAPE[0] - step):
            continue
        coarse = np.zeros((8, 8), np.float32)
        coarse[row, column] = 3.0
        saliency = saliency_of([(box, coarse)], SHAPE)
        assert (saliency.max(), saliency.min(), saliency.dtype) == (1, 0, np.float32)
        middle = np.array(np.unravel_index(saliency.argmax(), SHAPE))
        assert np.abs(middle - (y, x)).max() <= 0.5 + 1e-6 or row in (0, 7) or column in (0, 7)


def test_where_squares_overlap_their_mean_lies() -> None:
    ones, threes = np.ones((4, 4), np.float32), np.full((5, 5), 3, np.float32)
    laid = put_back([((-0.5, -0.5, 5.5, 7.5), ones), ((3.5, -0.5, 9.5, 7.5), threes)], (8, 12))
    np.testing.assert_allclose(laid[3], [1, 1, 1, 1, 2, 2, 3, 3, 3, 3, 0, 0])


def test_squares_beyond_the_image_and_maps_without_activation_leave_nothing() -> None:
    beyond = Circle((-40.0, 30.0), 10.0).square(0.6, 8)
    assert not saliency_of([(beyond, np.ones((4, 4)))], SHAPE).any()
    assert not saliency_of([((0, 0, 20, 20), np.zeros((4, 4)))], SHAPE).any()


def test_a_box_is_on_an_image_and_within_it_to_the_outer_edges_of_the_pixels() -> None:
    assert is_within((-0.5, -0.5, 89.5, 59.5), SHAPE) and not is_within((-0.6, 3, 20, 20), SHAPE)
    assert not is_within((70, 40, 89.6, 59), SHAPE) and not is_within((70, 40, 89, 59.6), SHAPE)
    assert is_on((-20, 50, -0.4, 70), SHAPE) and not is_on((-20, 50, -0.5, 70), SHAPE)
    assert is_on((89.4, 59.4, 100, 100), SHAPE) and not is_on((20, 59.5, 30, 70), SHAPE)
