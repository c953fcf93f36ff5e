"""What a model sees, and where that lies on the image."""

from __future__ import annotations

import numpy as np
import pytest

from livercad.core.circle import Circle
from livercad.ultrasound.views import View


@pytest.mark.parametrize("shape", [(60, 100), (100, 60)])
def test_the_whole_image_is_in_the_middle_of_its_square(shape: tuple[int, int]) -> None:
    square = View(None, 100).cut(np.full(shape, 200, np.uint8), None)
    np.testing.assert_allclose(square.sum(), 200 * 6000)
    rows, columns = np.nonzero(square)
    assert (rows.min() + rows.max(), columns.min() + columns.max()) == (99, 99)


@pytest.mark.parametrize("view", [View(0.6, 80), View(None, 40)])
def test_a_map_lies_on_the_image_where_the_square_was_cut(view: View) -> None:
    image, circle = np.zeros((200, 260), np.uint8), Circle((150.0, 90.0), 66.0)
    image[60:80, 170:200] = 255
    laid = view.on_image(view.cut(image, circle), image, circle)
    assert laid.shape == image.shape
    weight = laid / laid.sum()
    rows, columns = np.indices(image.shape)
    assert (weight * rows).sum() == pytest.approx(69.5, abs=0.6)
    assert (weight * columns).sum() == pytest.approx(184.5, abs=0.6)
    beyond = View(0.6, 80).on_image(np.ones((4, 4), np.float32), image, circle)
    assert beyond.sum() == pytest.approx((66 / 0.6) ** 2, rel=0.02) and beyond.max() == 1


def test_a_region_needs_a_circle() -> None:
    with pytest.raises(ValueError, match="needs the lesion's circle"):
        View(0.6, 64).cut(np.zeros((9, 9), np.uint8), None)
