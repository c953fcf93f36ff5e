"""Where lesions come from: patients, what each of their lesions is, and its images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from livercad.core.phases import Phase
from livercad.core.taxonomy import YasakaCategory
from livercad.core.volume import Volume


class Part(StrEnum):
    """Which of the two data sets."""

    TRAINING = "training"
    TEST = "test"


@dataclass(frozen=True)
class LabelledLesion:
    """What is known of a lesion before its images are read.

    Parameters
    ----------
    number : int
        Which of the patient's, from 1.
    category : YasakaCategory
        The diagnosis.
    positions : int
        Table positions wanted: image sets to make.
    hypervascular : bool or None
        Of category C: hyper- or hypovascular; None where it is not told.
    kind : str
        What it is, more closely; may be empty.
    """

    number: int
    category: YasakaCategory
    positions: int = 1
    hypervascular: bool | None = None
    kind: str = ""


@dataclass(frozen=True)
class Patient:
    """One patient, or one of a person's examinations; a person is in one part only.

    Parameters
    ----------
    name : str
        Of the case; fit for a folder.
    part : Part
        Training or test.
    lesions : tuple of LabelledLesion
        At least one; exactly one in a test.
    scanner : str
        Empty where it is not told.
    person : str
        Who it is, where that differs from the name.
    """

    name: str
    part: Part
    lesions: tuple[LabelledLesion, ...]
    scanner: str = ""
    person: str = ""

    @property
    def identity(self) -> str:
        """Who it is."""
        return self.person or self.name


@dataclass(frozen=True)
class LesionImages:
    """What is to be captured of a lesion.

    Parameters
    ----------
    images : mapping of Phase to Volume
        HU; the three phases of the paper, aligned by their coordinates.
    lesion : Volume
        Mask of this lesion, everything but 0, on whatever grid.
    """

    images: Mapping[Phase, Volume]
    lesion: Volume


class LesionSource(Protocol):
    """Something that has patients. It is sent to other processes, so it holds no images."""

    @property
    def title(self) -> str:
        """What to call the data on the page."""

    @property
    def is_phantom(self) -> bool:
        """Whether the patients never were."""

    @property
    def patients(self) -> Sequence[Patient]:
        """All of them, each name once."""

    @property
    def left_out(self) -> Sequence[str]:
        """What of the data is not used, and why."""

    def key(self, patient: Patient) -> str:
        """What the patient's images depend on, so that a second run knows whether they are still the same."""

    def load(self, patient: Patient) -> list[LesionImages]:
        """The patient's images, lesion by lesion in the order of `Patient.lesions`."""


def check_split(patients: Sequence[Patient]) -> None:
    """Make sure that no patient is in training and in test, and that a test has one lesion a patient.

    Parameters
    ----------
    patients : sequence of Patient
        All of a source.

    Raises
    ------
    ValueError
        If the source breaks the protocol.
    """
    training = {patient.identity for patient in patients if patient.part is Part.TRAINING}
    test = [patient for patient in patients if patient.part is Part.TEST]
    shared = training & {patient.identity for patient in test}
    if shared:
        raise ValueError(f"patients in training and in test: {sorted(shared)}")
    if len({patient.name for patient in patients}) < len(patients):
        raise ValueError("two patients of one name")
    if len({patient.identity for patient in test}) < len(test) or any(len(each.lesions) != 1 for each in test):
        raise ValueError("a test patient with more than one lesion")
