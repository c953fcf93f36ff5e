"""Boxes of slices linked to lesions, on volumes of any orientation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from livercad.core.geometry import Box, Frame
from livercad.core.volume import Volume
from livercad.detection.linking import SliceBox, axial_stack, link_boxes

STACK = Volume(np.zeros((40, 40, 20), np.int16), np.diag([-1.0, -1.0, -2.5, 1.0]))


def square(index: int, x: float, y: float, side: float = 6.0, score: float = 0.9) -> SliceBox:
    return SliceBox(index, (x, y, x + side, y + side), score)


def test_overlapping_boxes_of_neighbouring_slices_are_one_lesion_as_sure_as_its_surest() -> None:
    found = link_boxes(
        [square(3, 10, 10, score=0.6), square(4, 11, 10, score=0.8), square(5, 10, 11, score=0.7)], STACK
    )
    assert [lesion.score for lesion in found] == [0.8]
    # Columns 10 to 17 of 1 mm to the left, rows 10 to 17 to the back, slices 3 to 5 of 2.5 mm down.
    assert found[0].box.minimum == pytest.approx((-16.5, -16.5, -13.75))
    assert found[0].box.maximum == pytest.approx((-9.5, -9.5, -6.25))


def test_one_slice_without_a_box_does_not_cut_a_lesion_two_do() -> None:
    assert len(link_boxes([square(3, 10, 10), square(5, 10, 10)], STACK)) == 1
    assert len(link_boxes([square(3, 10, 10), square(6, 10, 10)], STACK)) == 2


def test_two_lesions_side_by_side_stay_two() -> None:
    boxes = [square(k, x, 10, score=0.5 + 0.01 * k + 0.1 * (x > 15)) for k in range(4, 9) for x in (10.0, 18.0)]
    found = link_boxes(boxes[::-1], STACK)
    assert [round(lesion.score, 2) for lesion in found] == [0.68, 0.58]
    assert all(lesion.box.size[0] == pytest.approx(6) for lesion in found)


def test_a_pair_that_overlaps_too_little_keeps_no_other_pair_apart() -> None:
    first = [square(3, 10, 10), square(3, 15, 10)]
    found = link_boxes([*first, square(4, 15, 10), square(4, 30, 30)], STACK)
    assert len(found) == 3


def test_unsure_boxes_at_the_poles_do_not_widen_a_lesion() -> None:
    found = link_boxes([square(3, 10, 10, side=9, score=0.2), square(4, 10, 10, score=0.9)], STACK)
    assert len(found) == 1
    assert found[0].box.size == pytest.approx((6, 6, 5))


def test_no_boxes_are_no_lesions() -> None:
    assert link_boxes([], STACK) == []


@pytest.mark.parametrize("flips", [(1, 1, 1), (-1, 1, 1), (1, -1, -1), (-1, -1, -1)])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_boxes_lie_where_the_lesion_is_on_oblique_and_flipped_volumes(
    flips: tuple[int, int, int], order: tuple[int, int, int]
) -> None:
    turn = Rotation.from_euler("xyz", (8, -6, 10), degrees=True).as_matrix()
    affine = np.eye(4)
    affine[:3, :3] = (turn @ np.diag(flips) @ np.diag([1.0, 1.2, 3.0]))[:, order]
    affine[:3, 3] = (30, -70, 400)
    shape = np.array((48, 44, 18))[list(order)]
    indices = np.moveaxis(np.indices(shape), 0, -1)
    points = indices @ affine[:3, :3].T + affine[:3, 3]
    middle = np.array((24, 20, 9))[list(order)] @ affine[:3, :3].T + affine[:3, 3]
    ball = np.linalg.norm(points - middle, axis=-1) < 12
    volume = Volume(ball.astype(np.uint8), affine)
    stack = axial_stack(volume)
    directions = stack.affine[:3, :3] / np.linalg.norm(stack.affine[:3, :3], axis=0)
    assert np.all(np.diag(directions) < -0.9)
    boxes = []
    for k in np.flatnonzero(stack.array.any(axis=(0, 1))):
        box = Box.around(stack.array[:, :, k : k + 1] > 0)
        (x0, y0, _), (x1, y1, _) = box.minimum, box.maximum
        boxes.append(SliceBox(int(k), (x0 + 0.5, y0 + 0.5, x1 + 0.5, y1 + 0.5), 0.9))
    (lesion,) = link_boxes(boxes, stack)
    assert lesion.box.frame is Frame.RAS
    expected = Box.around(ball).to(Frame.RAS, affine)
    assert lesion.box.center == pytest.approx(expected.center, abs=0.01)
    assert lesion.box.size == pytest.approx(expected.size, abs=0.01)
