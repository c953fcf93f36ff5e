"""Where images come from: patients, what their lesions are, and their CT with masks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.papers.shah2021.classes import ShahClass


class Part(StrEnum):
    """Which side of a split."""

    TRAINING = "training"
    TEST = "test"


@dataclass(frozen=True)
class Patient:
    """One patient, or one of a person's examinations.

    Parameters
    ----------
    name : str
        Of the case; fit for a folder.
    lesions : mapping of int to ShahClass
        What each lesion is, by its value in the mask.
    person : str
        Who it is, where that differs from the name.
    part : Part or None
        Side of the split by patient, where the data tell it.
    """

    name: str
    lesions: Mapping[int, ShahClass]
    person: str = ""
    part: Part | None = None

    @property
    def identity(self) -> str:
        """Who it is."""
        return self.person or self.name

    @property
    def kind(self) -> ShahClass:
        """What most of his lesions are; of equals the first."""
        kinds = list(self.lesions.values())
        return max(kinds, key=kinds.count)


@dataclass(frozen=True)
class PatientImages:
    """A patient's CT.

    Parameters
    ----------
    images : mapping of Phase to Volume
        HU; at least one of arterial and portal.
    liver : Volume
        Mask of the liver with its lesions, everything but 0, on whatever grid.
    lesions : Volume
        Lesion numbers, on whatever grid.
    """

    images: Mapping[Phase, Volume]
    liver: Volume
    lesions: Volume


class PatientSource(Protocol):
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

    def load(self, patient: Patient) -> PatientImages:
        """The patient's images; LiverCADError where they cannot be used."""
