"""What the trained networks answer to all images of a split, kept until something that it depends on changes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import torch
from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors.torch import load_file
from skimage.measure import label, regionprops
from torch import nn

from livercad.code import code_hash
from livercad.papers.shah2021.classes import ShahClass
from livercad.papers.shah2021.images import Image, pixels_of
from livercad.papers.shah2021.lesions import LesionJob, new_lesion_network
from livercad.papers.shah2021.liver import LiverJob, find_perimeters, new_liver_network, numbers_by_patient
from livercad.papers.shah2021.metrics import Confusion
from livercad.papers.shah2021.perimeter import Perimeter, read_perimeters, write_perimeters
from livercad.papers.shah2021.sections import Section, find_sections
from livercad.papers.shah2021.training import WEIGHTS, Job
from livercad.papers.workers import tick
from livercad.studies.atomic import write_text

CODE = (
    "livercad.networks.shah2021",
    "livercad.papers.shah2021.crops",
    "livercad.papers.shah2021.liver",
    "livercad.papers.shah2021.metrics",
    "livercad.papers.shah2021.perimeter",
    "livercad.papers.shah2021.sections",
    __name__,
)
"""What answers depend on, but for their networks: of another version's code they are given again."""
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
Network = TypeVar("Network", bound=nn.Module)


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
        return _key(self.job, [*self.liver_images, *self.lesion_images])

    def kept(self) -> LiverAnswers | None:
        """The answers, if they are there and still hold."""
        return _kept(self.folder / LIVER, LiverAnswers, self.key) if (self.folder / PERIMETERS).is_file() else None

    def perimeters(self) -> dict[str, Perimeter]:
        """Those of all images, by name."""
        return read_perimeters(self.folder / PERIMETERS)


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
        return _key(self.job, self.lesion_images)

    def kept(self) -> LesionAnswers | None:
        """The answers, if they are there and still hold."""
        return _kept(self.folder / LESIONS, LesionAnswers, self.key)


def ask_liver_network(test: LiverTest) -> None:
    """Draw perimeters in all images, and compare those of whole livers with the marked ones; ticks an image each."""
    network = trained(new_liver_network(test.job.settings), test.job)
    sides = dict(zip([image.name for image in test.liver_images], test.job.training, strict=True))
    drawn: dict[str, Perimeter] = {}
    answers = []
    both = {image.name: image for image in (*test.liver_images, *test.lesion_images)}
    by_number = {(image.patient, image.number): image for image in both.values()}
    for patient, numbers in numbers_by_patient(both.values()):
        pixels = pixels_of(test.images, patient)
        for number, perimeter in zip(
            numbers, find_perimeters(network, pixels.grey[numbers], test.job.settings), strict=True
        ):
            image = by_number[patient, number]
            drawn[image.name] = perimeter
            if image.name in sides:
                counts = Confusion.of(perimeter.mask(), pixels.liver[number])
                answers.append(
                    LiverAnswer(
                        image=image.name,
                        person=image.person,
                        training=sides[image.name],
                        pixels=(counts.tp, counts.fp, counts.fn, counts.tn),
                    )
                )
        tick(len(numbers))
    write_perimeters(test.folder / PERIMETERS, drawn)
    write_text(test.folder / LIVER, LiverAnswers(key=test.key, answers=answers).model_dump_json(indent=1))


def ask_lesion_network(test: LesionTest) -> None:
    """Find lesions in all images and compare them with the marked ones; ticks an image each."""
    network = trained(new_lesion_network(test.job.settings), test.job)
    perimeters = read_perimeters(test.perimeters)
    sides = dict(zip([image.name for image in test.lesion_images], test.job.training, strict=True))
    by_number = {(image.patient, image.number): image for image in test.lesion_images}
    answers = []
    for patient, numbers in numbers_by_patient(test.lesion_images):
        pixels = pixels_of(test.images, patient)
        images = [by_number[patient, number] for number in numbers]
        livers = [perimeters[image.name].mask() for image in images]
        found = find_sections(network, pixels.grey[numbers], livers, test.job.settings, test.pixel_mm)
        for image, number, each in zip(images, numbers, found, strict=True):
            counts = Confusion.of(each.mask, pixels.lesions[number] > 0)
            answers.append(
                LesionAnswer(
                    image=image.name,
                    person=image.person,
                    training=sides[image.name],
                    kind=image.kind,
                    pixels=(counts.tp, counts.fp, counts.fn, counts.tn),
                    true_boxes=[region.bbox for region in regionprops(label(pixels.lesions[number] > 0))],
                    sections=list(each.sections),
                    probabilities=each.probabilities,
                )
            )
        tick(len(numbers))
    write_text(test.folder / LESIONS, LesionAnswers(key=test.key, answers=answers).model_dump_json(indent=1))


def trained(network: Network, job: Job) -> Network:
    """Put a training's weights into its network, on the training's device."""
    network.load_state_dict(load_file(job.folder / WEIGHTS))
    return network.to(torch.device(job.device)).eval()


def _key(job: Job, images: Sequence[Image]) -> str:
    # The weights themselves: a training that was done again, on another machine say, is another network.
    weights = hashlib.sha256((job.folder / WEIGHTS).read_bytes()).hexdigest()
    made_from = (code_hash(*CODE), job.key, weights, *(image.model_dump_json() for image in images))
    return hashlib.sha256("\n".join(made_from).encode()).hexdigest()


def _kept(path: Path, kind: type[Answers], key: str) -> Answers | None:
    try:
        answers = kind.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValidationError, UnicodeDecodeError):
        return None
    return answers if answers.key == key else None
