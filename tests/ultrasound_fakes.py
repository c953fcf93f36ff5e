"""Models of ultrasound without weights: what they say follows from how dark the lesion, or the image, is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from livercad.core.circle import Circle
from livercad.core.findings import ModelUsed
from livercad.core.planar_roi import planar_square
from livercad.studies.ultrasound.rows import Row, write_annotations
from livercad.ultrasound.model import Answer

TYPES = ("cyst", "hemangioma", "hcc", "metastasis")


class FakeLesionModel:
    """Tells the type of a marked lesion by its mean grey: black is a cyst, then metastasis, HCC, hemangioma."""

    used = ModelUsed(name="fake-ultrasound", version="1", sha256="4" * 64, runtime="numpy")
    title, trained_on, needs_circle = "Fake model of lesions", "nothing at all", True
    takes_circle, learnt_from_phantoms = True, False
    learnt_images: frozenset[str] | None = None
    questions: Mapping[str, tuple[str, ...]] = {"type": TYPES, "malignant": ("benign", "malignant")}
    ratio, smallest = 0.6, 64.0
    greys = np.array([0.0, 180.0, 110.0, 60.0])

    def __call__(self, image: npt.NDArray[np.uint8], circle: Circle | None) -> Answer:
        if circle is None:
            raise ValueError("A circle is needed.")
        mean = float(planar_square(image, circle, 16, ratio=1.5, smallest=1).mean())
        weights = np.exp(-np.abs(self.greys - mean) / 30)
        types = dict(zip(TYPES, (weights / weights.sum()).tolist(), strict=True))
        malignant = types["hcc"] + types["metastasis"]
        told = {"type": types, "malignant": {"benign": 1 - malignant, "malignant": malignant}}
        rows, columns = np.indices(image.shape)
        away = np.hypot(columns - circle.center[0] - circle.diameter / 4, rows - circle.center[1]) / circle.diameter
        x0, y0, x1, y1 = circle.square(self.ratio, self.smallest)
        inside = (columns >= x0) & (columns < x1) & (rows >= y0) & (rows < y1)
        return Answer(told, np.where(inside, np.exp(-4 * away**2), 0).astype(np.float32))


class FakeImageModel:
    """Tells of a whole image whether there is a mass: the darker, the likelier."""

    used = ModelUsed(name="fake-images", version="1", sha256="5" * 64, runtime="numpy")
    title, trained_on, needs_circle = "Fake model of images", "nothing at all", False
    takes_circle = learnt_from_phantoms = False
    learnt_images: frozenset[str] | None = None
    questions: Mapping[str, tuple[str, ...]] = {"mass": ("no mass", "mass")}

    def __call__(self, image: npt.NDArray[np.uint8], circle: Circle | None) -> Answer:
        share = 1 - float(image.mean()) / 255
        return Answer({"mass": {"no mass": 1 - share, "mass": share}}, (1 - image / 255).astype(np.float32))


class FakeModelOfBoth(FakeLesionModel):
    """Of each image whether there is a mass, and of each marked lesion what it is."""

    needs_circle = False

    def __call__(self, image: npt.NDArray[np.uint8], circle: Circle | None) -> Answer:
        return super().__call__(image, circle) if circle else FakeImageModel()(image, None)


class FakeModelOfViews:
    """Says the same of lesions, but does not tell which square it sees."""

    used, title, trained_on = FakeLesionModel.used, FakeLesionModel.title, FakeLesionModel.trained_on
    questions, needs_circle, takes_circle = FakeLesionModel.questions, True, True
    learnt_from_phantoms = False
    learnt_images: frozenset[str] | None = None

    def __call__(self, image: npt.NDArray[np.uint8], circle: Circle | None) -> Answer:
        return FakeLesionModel()(image, circle)


class FakeUltrasoundModel:
    """Malignant as bright as the pixel in the circle's middle is, of 255; without a circle, as the image's mean is.

    Its saliency is 1 at that pixel, else half of it falls off to 0 at the image's last row.
    """

    used = ModelUsed("fake-ultrasound", "1", "0" * 64, "fake")
    title = "A model that has learnt nothing"
    trained_on = "nothing"
    learnt_from_phantoms = False
    learnt_images: frozenset[str] | None = None

    def __init__(self, *, needs_circle: bool = True) -> None:
        self.needs_circle = self.takes_circle = needs_circle

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


def lesion_image(grey: int, center: tuple[int, int] = (60, 50), shape: tuple[int, int] = (96, 128)) -> npt.NDArray:
    """An even picture with a disc of 30 pixels at a column and row."""
    rows, columns = np.indices(shape)
    disc = np.hypot(columns - center[0], rows - center[1]) < 15
    return np.where(disc, grey, 140).astype(np.uint8)


def write_images(folder: Path, cases: Mapping[str, tuple[int, ...]]) -> Path:
    """Write a picture for each lesion's grey, ``CASE/N.png``, and the table that marks the lesions."""
    rows = []
    for case, greys in cases.items():
        (folder / case).mkdir(parents=True, exist_ok=True)
        for number, grey in enumerate(greys):
            Image.fromarray(lesion_image(grey)).save(folder / case / f"{number}.png")
            rows.append(Row(case, f"{case}/{number}.png", circle=Circle((60.0, 50.0), 30.0)))
    write_annotations(folder / "annotations.csv", rows)
    return folder
