"""Average precision against answers worked out by hand and MONAI's COCOMetric; precision against recall."""

from __future__ import annotations

import numpy as np
import pytest

from livercad.evaluation import intervals
from livercad.evaluation.boxes.average_precision import average_precision
from livercad.evaluation.boxes.hits import mark
from livercad.evaluation.boxes.model import ImageBoxes
from livercad.evaluation.boxes.precision_recall import precision_recall
from livercad.evaluation.boxes.settings import DetectionSettings


def test_it_is_what_is_worked_out_by_hand(planar) -> None:
    """Two lesions; by falling score hit, false, hit. Precision 1 up to a recall of .5, then 2/3: 51 and 50 of 101."""
    one, other = (0, 0, 10, 10), (30, 30, 40, 40)
    images = [planar("a", [(*one, 0.9), (60, 60, 70, 70, 0.8), (*other, 0.7)], [one, other])]
    precision = average_precision(images)
    assert list(precision.at) == [0.1, 0.2, 0.3, 0.4, 0.5]
    for estimate in (*precision.at.values(), precision.mean):
        assert estimate.value == pytest.approx((51 + 50 * 2 / 3) / 101)
        assert (estimate.low, estimate.n) == (None, 2)


def test_the_overlap_asked_for_decides(planar) -> None:
    """An IoU of 25 of 100: a hit up to .2."""
    at = average_precision([planar("a", [(0, 0, 5, 5, 0.9)], [(0, 0, 10, 10)])]).at
    assert [at[iou].value for iou in at] == [1, 1, 0, 0, 0]


def test_further_boxes_and_boxes_in_images_without_lesions_are_false(planar) -> None:
    lesion = (0, 0, 10, 10)
    images = [planar("a", [(*lesion, 0.5)], [lesion]), planar("b", [(*lesion, 0.9)])]
    assert average_precision(images).at[0.1].value == pytest.approx(1 / 2)
    twice = [planar("a", [(*lesion, 0.9), (*lesion, 0.8), (30, 0, 40, 10, 0.7)], [lesion, (30, 0, 40, 10)])]
    assert average_precision(twice).at[0.1].value == pytest.approx((51 + 50 * 2 / 3) / 101)


def test_more_than_a_hundred_boxes_of_an_image_all_count(planar) -> None:
    """COCO would stop at 100."""
    lesion = (0, 0, 10, 10)
    nothing = [(50 + n, 50, 51 + n, 51, 0.9) for n in range(149)]
    assert average_precision([planar("a", [*nothing, (*lesion, 0.1)], [lesion])]).at[0.1].value == pytest.approx(
        1 / 150
    )


def test_the_interval_is_that_of_monai_on_copies_of_the_patients(crowd, monkeypatch) -> None:
    monkeypatch.setattr(intervals, "RESAMPLES", 25)
    precision = average_precision(crowd)
    patients = sorted({image.patient for image in crowd})
    drawn: dict[float, list[float]] = {iou: [] for iou in precision.at}
    for draw in intervals.drawn_patients(len(patients), 0):
        copies = [
            ImageBoxes(
                f"{n} {image.name}", "all one, so that no interval is made", image.frame, image.detected, image.true
            )
            for n, index in enumerate(draw)
            for image in crowd
            if image.patient == patients[index]
        ]
        for iou, estimate in average_precision(copies).at.items():
            drawn[iou].append(estimate.value)
    for iou, estimate in precision.at.items():
        low, high = np.quantile(drawn[iou], [0.025, 0.975])
        # Boxes of equal scores are taken in another order: that moves the steps a little.
        assert (estimate.low, estimate.high) == pytest.approx((low, high), abs=0.01)
        assert estimate.low < estimate.value < estimate.high


def test_without_boxes_it_is_zero_and_without_lesions_nothing(planar) -> None:
    images = [planar(f"{n}", (), [(0, 0, 10, 10)]) for n in range(6)]
    assert average_precision(images).mean.value == 0
    with pytest.raises(ValueError, match="at least one true lesion"):
        average_precision([planar("a", [(0, 0, 1, 1, 0.5)])])


def test_precision_and_recall_are_those_of_scikit_learn_where_each_box_is_its_own_lesion(crowd) -> None:
    """Where no lesion is missed for good, boxes are a plain two-class problem."""
    from sklearn.metrics import precision_recall_curve

    marked = mark(crowd, DetectionSettings(threshold=0.3))
    curve = precision_recall(marked)
    hits = np.array([one.lesion is not None for one in marked.boxes])
    precision, recall, thresholds = precision_recall_curve(hits, [one.box.score for one in marked.boxes])
    assert curve.thresholds == pytest.approx(thresholds[::-1])
    assert curve.precision == pytest.approx(precision[:-1][::-1])
    assert curve.recall == pytest.approx(recall[:-1][::-1] * hits.sum() / len(marked.lesions))
    assert curve.recall[-1] < 1


@pytest.mark.parametrize("settings", [{"ap_ious": (0.1, 1.2)}, {"rates": (0, 1)}, {"threshold": 0}, {"rates": ()}])
def test_settings_that_mean_nothing_are_refused(settings) -> None:
    with pytest.raises(ValueError):
        DetectionSettings(**settings)
