"""What an infer task says of ultrasound images, asked in this process."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from livercad.core.circle import Circle
from livercad.errors import InputError
from livercad.pipeline.ultrasound_analyzer import UltrasoundAnalyzer
from livercad.progress import silent
from livercad.server import flat_reports
from livercad.server.flat_reports import DEFAULT, FlatReports
from livercad.server.ultrasound_task import UltrasoundTask
from livercad.settings import UltrasoundSettings
from livercad.studies.ultrasound.cases import ImageCase
from livercad.studies.ultrasound.image import ListedImage, MarkedLesion
from ultrasound_fakes import FakeImageModel, FakeLesionModel, FakeModelOfBoth, lesion_image

CIRCLE = Circle((60.0, 50.0), 30.0)


def test_the_picture_is_about_the_lesions_where_there_are_any(tmp_path: Path) -> None:
    grey = lesion_image(60)
    Image.fromarray(grey).save(tmp_path / "a.png")
    plain = ListedImage("a", "a.png", tmp_path / "a.png")
    marked = ListedImage("a", "a.png", tmp_path / "a.png", lesions=(MarkedLesion(CIRCLE),))
    task = UltrasoundTask(DEFAULT, FakeModelOfBoth, FlatReports())
    expected = {marked: FakeLesionModel()(grey, CIRCLE).saliency, plain: FakeImageModel()(grey, None).saliency}
    assert np.abs(expected[marked] - expected[plain]).max() > 0.5
    for image, saliency in expected.items():
        file, told = task({"study": ImageCase("a", (image,)), "folder": tmp_path})
        assert len(told["findings"]["opinions"]) == (2 if image is marked else 1)
        assert file is not None
        np.testing.assert_array_equal(np.asarray(Image.open(file)), np.round(255 * saliency).astype(np.uint8))


class Counting(FakeLesionModel):
    """Counts its questions."""

    asked = 0

    def __call__(self, image: np.ndarray, circle: Circle | None) -> Any:
        type(self).asked += 1
        return super().__call__(image, circle)


def case_of(folder: Path, *greys: int) -> ImageCase:
    """A lesion on each of some images."""
    images = []
    for number, grey in enumerate(greys):
        path = folder / f"{number}.png"
        Image.fromarray(lesion_image(grey)).save(path)
        images.append(ListedImage("a", path.name, path, lesions=(MarkedLesion(CIRCLE),)))
    return ImageCase("a", tuple(images))


def test_each_opinion_comes_with_its_own_picture_where_that_is_asked_for(tmp_path: Path) -> None:
    case, task = case_of(tmp_path, 60, 180), UltrasoundTask(DEFAULT, FakeModelOfBoth, FlatReports())
    request = {"study": case, "folder": tmp_path}
    assert "each_saliency" not in task(request)[1]
    _, told = task({**request, "each_saliency": True})
    opinions = told["findings"]["opinions"]
    assert [(each["image"], each["circle"] is None) for each in opinions] == [
        ("0.png", True), ("0.png", False), ("1.png", True), ("1.png", False),
    ]  # fmt: skip
    for opinion, sent in zip(opinions, told["each_saliency"], strict=True):
        circle = CIRCLE if opinion["circle"] else None
        expected = FakeModelOfBoth()(lesion_image(60 if opinion["image"] == "0.png" else 180), circle).saliency
        picture = Image.open(io.BytesIO(base64.b64decode(sent, validate=True)))
        assert (picture.format, picture.mode) == ("PNG", "L")
        np.testing.assert_array_equal(np.asarray(picture), np.round(255 * expected).astype(np.uint8))
    with pytest.raises(InputError, match="each_saliency: found 1; expected true or false"):
        task({**request, "each_saliency": 1})


def test_only_an_answer_on_a_whole_case_of_the_folder_is_kept_until_something_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Counting, "asked", 0)
    case, reports = case_of(tmp_path, 60, 180), FlatReports()
    task, other = UltrasoundTask("yamakawa2020", Counting, reports), UltrasoundTask(DEFAULT, Counting, reports)
    request = {"study": case, "folder": tmp_path}
    task(request)  # sent along
    task({**request, "image": "a", "image_name": "0.png"})
    assert (Counting.asked, reports.task_of("a"), reports.task_of("b")) == (3, "yamakawa2020", DEFAULT)
    assert task.at_hand(case) is None
    task({**request, "image": "a"})
    assert Counting.asked == 5
    report = task.at_hand(case)
    assert report is not None and report is task.report_of(case, silent)
    assert report.findings.to_dict() == task({**request, "image": "a"})[1]["findings"]
    assert Counting.asked == 5 and other.at_hand(case) is None

    drawn = ListedImage("a", "0.png", case.images[0].path, lesions=(MarkedLesion(Circle((60.0, 50.0), 31.0)),))
    assert task.at_hand(ImageCase("a", (drawn, case.images[1]))) is None
    Image.fromarray(lesion_image(0)).resize((64, 48)).save(case.images[0].path)
    assert task.at_hand(case) is None
    monkeypatch.setattr(flat_reports, "MOST_BYTES", 1000)
    task.report_of(case, silent)
    assert task.at_hand(case) is None, "It is too large to be kept."


def test_an_answer_tells_what_a_batch_tells_of_images_that_are_left_out(tmp_path: Path) -> None:
    case = case_of(tmp_path, 60, 180)
    case.images[1].path.write_bytes(case.images[1].path.read_bytes()[:100])
    case = ImageCase("a", case.images, ("c.png: found nothing.",))
    told = UltrasoundTask(DEFAULT, FakeLesionModel, FlatReports())({"study": case, "image": "a", "folder": tmp_path})[1]
    expected = UltrasoundAnalyzer(FakeLesionModel(), UltrasoundSettings())(case).findings.to_dict()
    assert told["findings"]["warnings"] == expected["warnings"]
    assert len([each for each in expected["warnings"] if each["code"] == "unreadable"]) == 2
    assert len(told["problems"]) == 1
