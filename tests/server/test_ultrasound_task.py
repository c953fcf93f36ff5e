"""What an infer task says of ultrasound images with a model that answers for lesions and for the whole image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from livercad.core.circle import Circle
from livercad.server.ultrasound_task import UltrasoundTask
from livercad.studies.ultrasound.cases import ImageCase
from livercad.studies.ultrasound.image import ListedImage, MarkedLesion
from ultrasound_fakes import FakeImageModel, FakeLesionModel, FakeModelOfBoth, lesion_image

CIRCLE = Circle((60.0, 50.0), 30.0)


def test_the_picture_is_about_the_lesions_where_there_are_any(tmp_path: Path) -> None:
    grey = lesion_image(60)
    Image.fromarray(grey).save(tmp_path / "a.png")
    plain = ListedImage("a", "a.png", tmp_path / "a.png")
    marked = ListedImage("a", "a.png", tmp_path / "a.png", lesions=(MarkedLesion(CIRCLE),))
    task = UltrasoundTask("", FakeModelOfBoth)
    expected = {marked: FakeLesionModel()(grey, CIRCLE).saliency, plain: FakeImageModel()(grey, None).saliency}
    assert np.abs(expected[marked] - expected[plain]).max() > 0.5
    for image, saliency in expected.items():
        file, told = task({"study": ImageCase("a", (image,)), "folder": tmp_path})
        assert len(told["findings"]["opinions"]) == (2 if image is marked else 1)
        assert file is not None
        np.testing.assert_array_equal(np.asarray(Image.open(file)), np.round(255 * saliency).astype(np.uint8))
