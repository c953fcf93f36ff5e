"""The images of a patient, in a file for their pixels and one for what they show."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from livercad.core.phases import Phase
from livercad.papers.shah2021.classes import ShahClass
from livercad.papers.shah2021.sources import Part

FOLDER = "images"


class Image(BaseModel):
    """One image, without its pixels."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    patient: str
    person: str
    part: Part | None
    phase: Phase
    height_mm: float
    number: int
    """Which of the patient's, in the file of his images."""
    lesions: dict[int, ShahClass]
    """Those that it shows, by number; none in an image of the whole liver."""

    @property
    def name(self) -> str:
        """Of the image, in tables and files."""
        return f"{self.patient}/{self.number:03}"

    @property
    def kind(self) -> ShahClass:
        """What it shows; of several the first, which has the largest area."""
        return next(iter(self.lesions.values()))


class Record(BaseModel):
    """The images of one patient, and what they were made from; written last."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    liver_images: list[Image]
    lesion_images: list[Image]
    sha256: str
    """Of all pixels."""
    problem: str = ""
    """Why there are none."""


@dataclass(frozen=True)
class Pixels:
    """The pixels of a patient's images.

    Parameters
    ----------
    grey : ndarray of uint8, shape (images, pixels, pixels)
        Preprocessed.
    liver : ndarray of bool, shape (images, pixels, pixels)
        As marked, lesions included.
    lesions : ndarray of uint8, shape (images, pixels, pixels)
        Lesion numbers, as marked.
    first_hu : ndarray of int16, shape (pixels, pixels)
        The first image with a lesion, not preprocessed, to be shown.
    """

    grey: npt.NDArray[np.uint8]
    liver: npt.NDArray[np.bool_]
    lesions: npt.NDArray[np.uint8]
    first_hu: npt.NDArray[np.int16]


def pixels_of(folder: Path, patient: str) -> Pixels:
    """Read the pixels of a patient's images.

    Parameters
    ----------
    folder : Path
        As `make_images` has written it.
    patient : str
        His name.

    Returns
    -------
    Pixels
        In the order of `Image.number`.
    """
    with np.load(folder / f"{patient}.npz") as file:
        return Pixels(file["grey"], file["liver"], file["lesions"], file["first_hu"])


def hash_of(records: Sequence[Record]) -> str:
    """SHA-256 of all images and of what they show."""
    return hashlib.sha256("\n".join(record.model_dump_json(exclude={"key"}) for record in records).encode()).hexdigest()
