"""Phantom lesions in the numbers of the paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from livercad.core.taxonomy import HYPERVASCULAR, YASAKA_CATEGORY_OF, LesionType, YasakaCategory
from livercad.papers.yasaka2018 import published
from livercad.papers.yasaka2018.settings import PHASES, CaptureSettings
from livercad.papers.yasaka2018.sources import LabelledLesion, LesionImages, Part, Patient
from livercad.phantom.code import phantom_code_hash
from livercad.phantom.excerpts import PhantomPatient

SETS = sum(published.TRAINING_SETS.values())
SETS_A_PATIENT = SETS / published.TRAINING_PATIENTS
DEFAULTS = CaptureSettings()


@dataclass(frozen=True)
class PhantomSource:
    """Patients with one kind of lesion each, as many as the paper had.

    Parameters
    ----------
    sets : int
        Original image sets for training; the paper's 1068 keep its proportions of categories and patients.
    test_share : float
        Of the paper's 100 test patients.
    seed : int
        Another seed, other patients.
    capture : CaptureSettings
        Most positions a lesion and most lesions a patient.
    """

    sets: int = SETS
    test_share: float = 1.0
    seed: int = 0
    capture: CaptureSettings = DEFAULTS
    title: ClassVar[str] = "digital phantoms"
    is_phantom: ClassVar[bool] = True
    left_out: ClassVar[tuple[str, ...]] = ()

    @cached_property
    def patients(self) -> tuple[Patient, ...]:
        """Training patients, then test patients, by category."""
        rng = np.random.default_rng((self.seed, 2018))
        training: list[Patient] = []
        test: list[Patient] = []
        for kind, sets in _scaled(published.TRAINING_TYPES, self.sets / SETS).items():
            for patient_sets in _dealt(sets, max(1, round(sets / SETS_A_PATIENT))):
                training.append(self._training_patient(len(training), kind, patient_sets, rng))
        for kind, count in _scaled(published.TEST_TYPES, self.test_share).items():
            for _ in range(count):
                test.append(Patient(f"test-{len(test):03}", Part.TEST, (_lesion(1, kind, 1),)))
        return (*training, *test)

    def key(self, patient: Patient) -> str:
        """Everything comes from the seed and the phantoms' code."""
        return f"phantom {phantom_code_hash(__name__)}, seed {self.seed}, {patient}"

    def load(self, patient: Patient) -> list[LesionImages]:
        """Make the patient's lesions."""
        part, number = patient.name.rsplit("-", 1)
        phantom = PhantomPatient(self.seed, 2018, list(Part).index(Part(part)), int(number))
        excerpts = [
            phantom.excerpt(lesion.number, LesionType(lesion.kind), phases=PHASES) for lesion in patient.lesions
        ]
        return [LesionImages(excerpt.images, excerpt.lesion) for excerpt in excerpts]

    def _training_patient(self, number: int, kind: LesionType, sets: int, rng: np.random.Generator) -> Patient:
        fewest = -(-sets // self.capture.positions)
        lesions = int(rng.integers(fewest, max(fewest, min(sets, self.capture.lesions)) + 1))
        dealt = _dealt(sets, lesions)
        return Patient(
            f"training-{number:03}", Part.TRAINING, tuple(_lesion(n + 1, kind, share) for n, share in enumerate(dealt))
        )


def _lesion(number: int, kind: LesionType, positions: int) -> LabelledLesion:
    category = YASAKA_CATEGORY_OF[kind]
    hypervascular = kind in HYPERVASCULAR if category is YasakaCategory.C else None
    return LabelledLesion(number, category, positions, hypervascular, kind.value)


def _scaled(table: Mapping[YasakaCategory, Mapping[LesionType, int]], share: float) -> dict[LesionType, int]:
    """Counts by type that keep the table's proportions and its rounded sum; at least one of each."""
    exact = {kind: count * share for kinds in table.values() for kind, count in kinds.items()}
    scaled = {kind: max(1, int(count)) for kind, count in exact.items()}
    missing = round(sum(exact.values())) - sum(scaled.values())
    for kind in sorted(exact, key=lambda kind: scaled[kind] - exact[kind])[: max(0, missing)]:
        scaled[kind] += 1
    return scaled


def _dealt(total: int, hands: int) -> list[int]:
    """Deal a number out as evenly as it goes."""
    return [total // hands + (hand < total % hands) for hand in range(hands)]
