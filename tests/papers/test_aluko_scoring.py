"""The numbers of a reproduction against hand-worked cases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livercad.papers.aluko2018.images import Example, ImageData, Marked
from livercad.papers.aluko2018.one_box_scores import mean_box_result, one_box_result, overlap
from livercad.papers.aluko2018.plan import Curves, Training
from livercad.papers.aluko2018.reproduce import order_in_words
from livercad.papers.aluko2018.scoring import detector_result, types_result
from livercad.studies.deeplesion.folder import DeepLesion
from livercad.studies.deeplesion.rows import Part, PixelBox

BOX: PixelBox = (0.2, 0.2, 0.4, 0.4)
FAR: PixelBox = (0.7, 0.7, 0.9, 0.9)
HALF: PixelBox = (0.2, 0.2, 0.4, 0.3)
"""IoU 0.5 with `BOX`."""


def example(number: int, part: Part, lesions: tuple[Marked, ...], unmarked: tuple[Marked, ...] = ()) -> Example:
    return Example(image=f"{number:06d}_01_01_001", patient=number, part=part, lesions=lesions, unmarked=unmarked)


def lesion(box: PixelBox, kind: str = "cyst") -> Marked:
    return Marked(box=box, kind=kind, diameter_mm=20.0)


def data_of(*examples: Example, complete: bool = False) -> ImageData:
    return ImageData(DeepLesion(Path(), (), ()), examples, complete, ())


def training(answers: dict[str, Any]) -> Training:
    curves = Curves(training={}, validation={})
    return Training(
        key="", name="", epochs=1, parameters=1, trained_parameters=1, seconds=0, curves=curves, answers=answers
    )


def found(*boxes: tuple[PixelBox, float, str]) -> dict[str, Any]:
    return {"boxes": [b for b, _, _ in boxes], "scores": [s for _, s, _ in boxes], "labels": [k for *_, k in boxes]}


def test_one_box_is_right_when_its_iou_is_above_a_tenth_and_the_error_is_over_all_coordinates() -> None:
    data = data_of(
        example(1, Part.TRAINING, (lesion(BOX),)),
        example(2, Part.TRAINING, (lesion(BOX), lesion(FAR))),
        example(3, Part.TEST, (lesion(BOX),)),
    )
    answers = {"training": [list(BOX), list(FAR)], "validation": [], "test": [[0.4, 0.4, 0.2, 0.2]]}
    result = one_box_result("x", training(answers), data)
    assert result.train.sensitivity.value == 0.5
    assert result.train.mse == pytest.approx(0.5 * 0.25)  # four coordinates off by a half in one of two images
    assert result.test.sensitivity.value == 0  # a box turned inside out has no area
    assert result.test.mse == pytest.approx(0.04)


def test_an_iou_of_just_a_tenth_is_not_enough() -> None:
    whole: PixelBox = (0.0, 0.0, 1.0, 0.5)
    data = data_of(example(1, Part.TRAINING, (lesion(whole),)), example(2, Part.TEST, (lesion(whole),)))
    answers = {"training": [[0.0, 0.0, 0.1, 0.5]], "validation": [], "test": [[0.0, 0.0, 0.11, 0.5]]}
    result = one_box_result("x", training(answers), data)
    assert overlap(whole, (0.0, 0.0, 0.1, 0.5)) == 0.1
    assert (result.train.sensitivity.value, result.test.sensitivity.value) == (0, 1)


def test_the_mean_box_is_that_of_the_training_images() -> None:
    data = data_of(
        example(1, Part.TRAINING, (lesion((0.1, 0.1, 0.3, 0.3)),)),
        example(2, Part.TRAINING, (lesion((0.3, 0.3, 0.5, 0.5)),)),
        example(3, Part.TEST, (lesion(BOX),)),
        example(4, Part.TEST, (lesion(FAR),)),
    )
    assert mean_box_result(data).test.sensitivity.value == 0.5
    assert mean_box_result(data).test.mse == pytest.approx(0.125)


def test_the_paper_s_two_numbers_count_hits_of_lesions_and_false_ones_of_predictions() -> None:
    data = data_of(
        example(1, Part.TRAINING, (lesion(BOX),)),
        example(2, Part.TEST, (lesion(BOX),), (lesion(FAR),)),
        example(3, Part.TEST, (lesion(BOX),)),
        complete=True,
    )
    # One hit, a second box on the same lesion, one on a lesion without a mark; nothing sure in the other image.
    answers = [found((HALF, 0.9, ""), (BOX, 0.8, ""), (FAR, 0.7, "")), found((BOX, 0.2, ""))]
    result = detector_result("x", training({"test": answers}), data, 0.5, 0)
    point = result.annotated.operating
    assert (point.predictions, point.hits, point.lesions, point.false_positives) == (3, 1, 2, 1)
    assert (point.sensitivity, point.false_share, point.false_per_image) == (0.5, pytest.approx(1 / 3, abs=1e-4), 0.5)
    complete = result.complete
    assert complete is not None
    assert (complete.operating.hits, complete.operating.lesions, complete.operating.false_positives) == (2, 3, 0)
    # With all boxes both annotated lesions are found, at half a false positive per image.
    at = {rate.rate: rate.sensitivity.value for rate in result.annotated.froc.at}
    assert (at[0.25], at[0.5], at[8.0]) == (0.5, 1.0, 1.0)
    assert result.annotated.at_one is not None and result.annotated.at_one.threshold == 0.2


def test_without_predictions_there_is_no_false_share() -> None:
    data = data_of(example(1, Part.TRAINING, (lesion(BOX),)), example(2, Part.TEST, (lesion(BOX),)))
    result = detector_result("x", training({"test": [found()]}), data, 0.5, 0)
    assert result.annotated.operating.false_share is None
    assert result.annotated.operating.sensitivity == 0
    assert result.complete is None


def test_types_are_counted_as_found_and_as_called() -> None:
    train = (example(1, Part.TRAINING, (lesion(BOX), lesion(FAR, "hcc"))),)
    test = (
        example(2, Part.TEST, (lesion(BOX), lesion(FAR, "hcc"))),
        example(3, Part.TEST, (lesion(BOX, "hcc"),)),
    )
    answers = [found((BOX, 0.9, "cyst"), (FAR, 0.8, "cyst")), found((FAR, 0.7, "hcc"))]
    result = types_result("x", training({"test": answers}), data_of(*train, *test), 0.5, 0)
    assert list(result.kinds) == ["cyst", "hcc"]
    assert result.confusion == [[1, 0], [1, 0]]
    assert (result.kinds["hcc"].lesions, result.kinds["hcc"].found, result.kinds["hcc"].called_right) == (2, 1, 0)
    ap = result.kinds["cyst"].ap
    assert ap is not None and ap.value == 1.0


def test_overlap_is_shared_over_united_area() -> None:
    assert overlap(BOX, HALF) == pytest.approx(0.5)
    assert overlap(BOX, FAR) == 0
    assert np.isclose(overlap((0, 0, 2, 2), (1, 1, 3, 3)), 1 / 7)


@pytest.mark.parametrize(
    ("base", "vgg", "found", "told"),
    [
        (0.07, 0.08, 0.5, "The paper's order shows: baseline < +VGG << Faster R-CNN"),
        (0.07, 0.08, 0.5, "ahead of the baseline by 2 of 203 images"),
        (0.08, 0.07, 0.5, "is far ahead, as in the paper"),
        (0.3, 0.4, 0.5, "does not show here"),
        (0.0, 0.0, 0.0, "does not show here"),
        (0.2, 0.21, 0.56, "Neither the baseline nor +VGG is ahead of the mean box of the training images (0.23)"),
    ],
)
def test_whether_the_paper_s_order_shows_is_said_in_words(base: float, vgg: float, found: float, told: str) -> None:
    assert told in order_in_words(base, vgg, found, 0.23, 203)


def test_who_beats_the_mean_box_is_not_said_to_be_behind_it() -> None:
    assert "mean box" not in order_in_words(0.2, 0.3, 0.7, 0.23, 203)
