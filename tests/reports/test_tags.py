from __future__ import annotations

import itertools

import numpy as np
import pytest

from livercad.reports.contours import Contour
from livercad.reports.tags import Tag, place_tags

ROWS, COLUMNS = 300, 400


def square(number: int, row: float, column: float, half: float = 12.0, style: str = "malignant") -> Contour:
    corners = np.array([(-1, -1), (-1, 1), (1, 1), (1, -1), (-1, -1)]) * half + (row, column)
    return Contour(number, (corners,), style)


def overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def area(tag: Tag) -> tuple[float, float, float, float]:
    return tag.row, tag.column, tag.row + tag.height, tag.column + tag.width


def test_a_tag_stands_beside_its_box_and_keeps_its_style() -> None:
    contour = square(3, 150, 200, style="benign")
    (tag,) = place_tags([contour], {3: "3 Cyst 98 %"}, ROWS, COLUMNS)
    assert (tag.number, tag.text, tag.style) == (3, "3 Cyst 98 %", "benign")
    assert not overlap(area(tag), contour.box)
    assert contour.box[0] - (tag.row + tag.height) < tag.height


def test_tags_stay_inside_the_picture_at_every_edge() -> None:
    for row, column in itertools.product((13, 150, 286), (13, 200, 386)):
        (tag,) = place_tags([square(1, row, column)], {1: "1 Other malignant 55 %"}, ROWS, COLUMNS)
        top, left, bottom, right = area(tag)
        assert tag.text == "1 Other malignant 55 %"
        assert top >= 0 and left >= 0 and bottom <= ROWS - 1 and right <= COLUMNS - 1


def test_tags_of_neighbours_cover_neither_each_other_nor_a_lesion() -> None:
    contours = [square(n, 110 + 40 * (n % 3), 120 + 60 * (n // 3)) for n in range(1, 6)]
    tags = place_tags(contours, {n: f"{n} HCC 90 %" for n in range(1, 6)}, ROWS, COLUMNS)
    whole = [tag for tag in tags if tag.text.endswith("%")]
    assert len(whole) >= 3
    for one, other in itertools.combinations(whole, 2):
        assert not overlap(area(one), area(other))
    for tag, contour in itertools.product(whole, contours):
        assert tag.number == contour.number or not overlap(area(tag), contour.box)


def test_where_there_is_no_room_the_number_alone_stays() -> None:
    crowd = [square(n, 20 + 26 * ((n - 1) % 11), 20 + 26 * ((n - 1) // 11)) for n in range(1, 155)]
    tags = place_tags(crowd, {n: f"{n} Metastasis 90 %" for n in range(1, 155)}, ROWS, COLUMNS)
    assert len(tags) == len(crowd)
    assert any(tag.text == str(tag.number) for tag in tags)


def test_a_lesion_that_fills_the_picture_has_its_tag_inside() -> None:
    contour = square(1, 150, 200, half=149)
    contour = Contour(1, (contour.lines[0] * (1, 1.33) + (0, -66),), "malignant")
    (tag,) = place_tags([contour], {1: "1 HCC 91 %"}, ROWS, COLUMNS)
    assert tag.text == "1 HCC 91 %"
    assert overlap(area(tag), contour.box)


def test_a_lesion_without_text_has_no_tag_but_is_not_covered() -> None:
    lesion, hidden = square(1, 150, 200), square(2, 118, 200)
    (tag,) = place_tags([lesion, hidden], {1: "1 HCC 91 %"}, ROWS, COLUMNS)
    assert tag.number == 1
    assert not overlap(area(tag), hidden.box)


def test_tags_leave_the_letters_of_the_sides_free() -> None:
    middles = ((18, COLUMNS / 2), (ROWS - 18, COLUMNS / 2), (ROWS / 2, 18), (ROWS / 2, COLUMNS - 18))
    for row, column in middles:
        lesion = square(1, row + (26 if row < 100 else -26 if row > 200 else 0), column)
        (tag,) = place_tags([lesion], {1: "1 HCC 91 %"}, ROWS, COLUMNS)
        for mark_row, mark_column in (
            (8, COLUMNS / 2),
            (ROWS - 8, COLUMNS / 2),
            (ROWS / 2, 8),
            (ROWS / 2, COLUMNS - 8),
        ):
            assert not overlap(area(tag), (mark_row - 8, mark_column - 8, mark_row + 8, mark_column + 8))


def test_a_number_alone_stands_at_the_outline_not_at_the_box() -> None:
    bent = Contour(4, (np.array([(50.0, 60.0), (200.0, 70.0), (220.0, 190.0), (190.0, 60.0), (50.0, 60.0)]),))
    (tag,) = place_tags([bent], {4: "4"}, ROWS, COLUMNS)
    assert tag.text == "4"
    assert tag.column - 190 == pytest.approx(3, abs=3)
    assert tag.row + tag.height / 2 == pytest.approx(220, abs=3)
