"""What a hit is."""

from __future__ import annotations

import numpy as np
import pytest

from livercad.core.volume import Volume
from livercad.evaluation.boxes.hits import Mark, mark
from livercad.evaluation.boxes.model import BoxFrame, DetectedBox, ImageBoxes, TrueLesion, above
from livercad.evaluation.boxes.of_findings import true_lesions, with_centres
from livercad.evaluation.boxes.overlaps import iou
from livercad.evaluation.boxes.settings import BoxCriterion, DetectionSettings


def marks_of(image: ImageBoxes, **settings: object) -> list[Mark]:
    return [one.mark for one in mark([image], DetectionSettings(**settings)).boxes]


def test_the_iou_is_that_of_monai_in_two_and_three_dimensions() -> None:
    from monai.data.box_utils import box_iou

    rng = np.random.default_rng(0)
    for sides in (2, 3):
        low = rng.uniform(0, 10, (2, 20, sides))
        boxes = np.concatenate([low, low + rng.uniform(1, 10, low.shape)], axis=2)
        np.testing.assert_allclose(iou(boxes[0], boxes[1]), box_iou(boxes[0], boxes[1]), atol=1e-6)


@pytest.mark.parametrize(
    ("box", "iou_hit", "iobb_hit", "centre_hit"),
    [
        ((0, 0, 10, 10), True, True, True),
        ((4, 4, 6, 6), False, True, True),  # 4 of 100: IoU .04, IoBB 1
        ((0, 0, 100, 100), False, False, False),  # 100 of 10,000: IoU and IoBB .01
        ((9, 0, 19, 10), False, True, False),  # 10 of 190 and of 100: IoU .053, IoBB .1
        ((8, 0, 18, 10), True, True, False),  # 20 of 180: IoU .11
        ((5, 5, 15, 15), True, True, True),  # its centre is the lesion's corner
    ],
)
def test_each_criterion_is_as_its_words_say(planar, box, iou_hit, iobb_hit, centre_hit) -> None:
    image = planar("a", [(*box, 0.5)], [(0, 0, 10, 10)])
    found = [marks_of(image, criterion=criterion) == [Mark.HIT] for criterion in BoxCriterion]
    assert found == [iou_hit, iobb_hit, centre_hit]


def test_an_overlap_of_just_the_threshold_is_a_hit(planar) -> None:
    image = planar("a", [(0, 0, 10, 5, 0.5)], [(0, 0, 10, 10)])
    assert marks_of(image, threshold=0.5) == [Mark.HIT]
    assert marks_of(image, threshold=0.51) == [Mark.FALSE_POSITIVE]


def test_the_surest_box_hits_and_further_ones_repeat(planar) -> None:
    lesion = (0, 0, 10, 10)
    image = planar("a", [(0, 0, 10, 9, 0.5), (0, 0, 10, 8, 0.9), (0, 0, 10, 10, 0.7)], [lesion])
    assert marks_of(image) == [Mark.REPEAT, Mark.HIT, Mark.REPEAT]


def test_a_box_over_two_lesions_hits_the_nearer_one_and_leaves_the_other_to_the_next_box(planar) -> None:
    image = planar("a", [(0, 0, 20, 10, 0.9), (0, 0, 19, 10, 0.8)], [(0, 0, 8, 10), (8, 0, 20, 10)])
    marked = mark([image], DetectionSettings())
    assert [one.lesion for one in marked.boxes] == [1, 0]
    assert [one.box.score for one in marked.lesions if one.box] == [0.8, 0.9]


def test_boxes_without_area_hit_nothing_by_overlap(planar) -> None:
    image = planar("a", [(5, 5, 5, 5, 0.9)], [(0, 0, 10, 10)])
    assert marks_of(image) == marks_of(image, criterion="iobb") == [Mark.FALSE_POSITIVE]


def test_where_there_is_a_mask_a_centre_must_lie_in_it() -> None:
    """A lesion bent like an L does not hold the middle of its own box."""
    mask = np.zeros((20, 20, 6), dtype=np.uint8)
    mask[2:18, 2:5, 2:4] = mask[2:5, 2:18, 2:4] = 1
    affine = np.array([[0, -1.0, 0, 30], [-2.0, 0, 0, 5], [0, 0, 3.0, -40], [0, 0, 0, 1]])
    instances = Volume(mask, affine)
    (lesion,) = true_lesions(instances)
    _, y0, z0, x1, _, z1 = lesion.corners
    # IJK (1.5, 17.5) to (17.5, 1.5) along the axes as the affine turns them.
    assert lesion.corners == (30 - 17.5, 5 - 35, -40 + 4.5, 30 - 1.5, 5 - 3, -40 + 10.5)
    on_the_leg = (x1 - 3, y0, z0, x1, y0 + 20, z1)
    found = tuple(DetectedBox(c, s, BoxFrame.RAS) for c, s in ((lesion.corners, 0.9), (on_the_leg, 0.8)))
    with_mask = ImageBoxes("a", "a", BoxFrame.RAS, with_centres(found, instances), (lesion,))
    without = ImageBoxes("a", "a", BoxFrame.RAS, found, (lesion,))
    assert marks_of(with_mask, criterion="centre") == [Mark.FALSE_POSITIVE, Mark.HIT]
    assert marks_of(without, criterion="centre") == [Mark.HIT, Mark.REPEAT]


def test_a_centre_beyond_the_mask_is_in_no_lesion() -> None:
    instances = Volume(np.ones((4, 4, 4), dtype=np.uint8), np.eye(4))
    outside = (DetectedBox((50, 50, 50, 60, 60, 60), 0.9, BoxFrame.RAS),)
    assert [box.in_lesion for box in with_centres(outside, instances)] == [0]


@pytest.mark.parametrize(
    ("corners", "score", "message"),
    [
        ((0, 0, 1), 0.5, "has 4 coordinates, not 3"),
        ((2, 0, 1, 1), 0.5, "lower corner must not lie above"),
        ((0, 0, 1, np.nan), 0.5, "finite"),
        ((0, 0, 1, 1), np.inf, "score must be a finite number"),
    ],
)
def test_a_wrong_box_is_refused_when_it_is_made(corners, score, message) -> None:
    with pytest.raises(ValueError, match=message):
        DetectedBox(corners, score, BoxFrame.PIXELS)


def test_boxes_below_a_score_are_left_out_and_images_stay(scans) -> None:
    assert [len(image.detected) for image in above(scans, 0.6)] == [2, 1, 1]
    assert [len(image.detected) for image in above(scans, None)] == [0, 0, 0]
    assert [image.true for image in above(scans, 0.6)] == [image.true for image in scans]


def test_boxes_of_another_frame_are_refused() -> None:
    with pytest.raises(ValueError, match="own frame, pixels"):
        ImageBoxes("a", "a", BoxFrame.PIXELS, (), (TrueLesion((0, 0, 0, 1, 1, 1), BoxFrame.RAS),))
