"""What the trained networks answer to all images of a split, kept until something that it depends on changes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from livercad.code import code_hash
from livercad.papers.shah2021.classes import ShahClass
from livercad.papers.shah2021.images import Image
from livercad.papers.shah2021.jobs import WEIGHTS, Job
from livercad.papers.shah2021.lesions import LesionJob
from livercad.papers.shah2021.liver import LiverJob
from livercad.papers.shah2021.metrics import Confusion
from livercad.papers.shah2021.perimeter import Perimeter, read_perimeters
from livercad.papers.shah2021.sections import Section

LIVER_CODE = (
    "livercad.networks.shah2021",
    "livercad.papers.shah2021.asking",
    "livercad.papers.shah2021.liver",
    "livercad.papers.shah2021.metrics",
    "livercad.papers.shah2021.perimeter",
    __name__,
)
"""What the first network's answers depend on, but for the network: of another version's code they are given again."""
LESION_CODE = (*LIVER_CODE, "livercad.papers.shah2021.crops", "livercad.papers.shah2021.sections")
"""The same of the second network's."""
PERIMETERS, LIVER, LESIONS = "perimeters.json", "liver.json", "lesions.json"

Rectangle = tuple[int, int, int, int]
"""First row and column, last row and column plus one."""


class LiverAnswer(BaseModel):
    """The first network on one image of the whole liver."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    image: str
    person: str
    training: bool
    pixels: tuple[int, int, int, int]
    """True positive, false positive, false negative, true negative."""

    @property
    def confusion(self) -> Confusion:
        """Of pixels."""
        return Confusion(*self.pixels)


class LesionAnswer(BaseModel):
    """The second network on one image with lesions."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    image: str
    person: str
    training: bool
    kind: ShahClass
    pixels: tuple[int, int, int, int]
    """True positive, false positive, false negative, true negative."""
    true_boxes: list[Rectangle]
    """Around each marked lesion."""
    sections: list[Section]
    probabilities: tuple[float, ...] | None
    """Of the classes; None where nothing is found."""

    @property
    def confusion(self) -> Confusion:
        """Of pixels."""
        return Confusion(*self.pixels)


class LiverAnswers(BaseModel):
    """All of the first network of a split, and what they depend on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    answers: list[LiverAnswer]


class LesionAnswers(BaseModel):
    """All of the second network of a split, and what they depend on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    answers: list[LesionAnswer]


Answers = TypeVar("Answers", LiverAnswers, LesionAnswers)


@dataclass(frozen=True)
class LiverTest:
    """What to ask the first network of a split: how well it segments, and the perimeters for the second.

    Parameters
    ----------
    job : LiverJob
        Its training, which is done.
    liver_images : sequence of Image
        Those that it was trained and is tested on.
    lesion_images : sequence of Image
        Those that the second network will see.
    images : Path
        Where their pixels are.
    folder : Path
        Gets the answers and ``perimeters.json``.
    """

    job: LiverJob
    liver_images: Sequence[Image]
    lesion_images: Sequence[Image]
    images: Path
    folder: Path

    @property
    def key(self) -> str:
        """What the answers depend on."""
        return _key(LIVER_CODE, self.job, [*self.liver_images, *self.lesion_images])

    def kept(self) -> LiverAnswers | None:
        """The answers, if they are there and still hold."""
        return _kept(self.folder / LIVER, LiverAnswers, self.key) if (self.folder / PERIMETERS).is_file() else None

    def perimeters(self) -> dict[str, Perimeter]:
        """Those of all images, by name."""
        return read_perimeters(self.folder / PERIMETERS)

    def perimeters_hash(self) -> str:
        """SHA-256 of them: the second network's training depends on what they are, not on how they came to be."""
        return hashlib.sha256((self.folder / PERIMETERS).read_bytes()).hexdigest()


@dataclass(frozen=True)
class LesionTest:
    """What to ask the second network of a split.

    Parameters
    ----------
    job : LesionJob
        Its training, which is done.
    lesion_images : sequence of Image
        Those that it was trained and is tested on.
    images : Path
        Where their pixels are.
    perimeters : Path
        Those of the first network of the same split.
    pixel_mm : float
        Side of the images' pixels.
    folder : Path
        Gets the answers.
    """

    job: LesionJob
    lesion_images: Sequence[Image]
    images: Path
    perimeters: Path
    pixel_mm: float
    folder: Path

    @property
    def key(self) -> str:
        """What the answers depend on."""
        return _key(LESION_CODE, self.job, self.lesion_images)

    def kept(self) -> LesionAnswers | None:
        """The answers, if they are there and still hold."""
        return _kept(self.folder / LESIONS, LesionAnswers, self.key)


def _key(code: tuple[str, ...], job: Job, images: Sequence[Image]) -> str:
    # The weights themselves: a training that was done again, on another machine say, is another network.
    weights = hashlib.sha256((job.folder / WEIGHTS).read_bytes()).hexdigest()
    made_from = (code_hash(*code), job.key, weights, *(image.model_dump_json() for image in images))
    return hashlib.sha256("\n".join(made_from).encode()).hexdigest()


def _kept(path: Path, kind: type[Answers], key: str) -> Answers | None:
    try:
        answers = kind.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValidationError, UnicodeDecodeError):
        return None
    return answers if answers.key == key else None
