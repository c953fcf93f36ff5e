"""A model of ultrasound images that has learnt nothing: what it says can be worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from livercad.core.circle import Circle
from livercad.core.findings import ModelUsed
from livercad.ultrasound.model import Answer


class FakeUltrasoundModel:
    """Malignant as bright as the pixel in the circle's middle is, of 255; without a circle, as the image's mean is.

    Its saliency is 1 at that pixel, else half of it falls off to 0 at the image's last row.
    """

    used = ModelUsed("fake-ultrasound", "1", "0" * 64, "fake")
    title = "A model that has learnt nothing"
    trained_on = "nothing"

    def __init__(self, *, needs_circle: bool = True) -> None:
        self.needs_circle = needs_circle

    @property
    def questions(self) -> Mapping[str, tuple[str, ...]]:
        return {"malignant": ("benign", "malignant")}

    def __call__(self, image: npt.NDArray[np.uint8], circle: Circle | None) -> Answer:
        rows, _ = image.shape
        saliency = np.repeat(np.linspace(0.5, 0, rows, dtype=np.float32)[:, None], image.shape[1], axis=1)
        if self.needs_circle:
            if circle is None:
                raise ValueError("It is asked about a circle.")
            column, row = (round(place) for place in circle.center)
            saliency[row, column] = 1
            malignant = float(image[row, column]) / 255
        else:
            malignant = float(image.mean()) / 255
        return Answer({"malignant": {"benign": 1 - malignant, "malignant": malignant}}, saliency)
