"""Phantom patients in the numbers of the paper."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from livercad.code import code_hash
from livercad.papers.shah2021.classes import CLASSES, ShahClass
from livercad.papers.shah2021.settings import PHASES
from livercad.papers.shah2021.sources import Patient, PatientImages
from livercad.phantom.lesions import KINDS, draw_diameter
from livercad.phantom.studies import make_ct_study

SHAPE, SPACING_MM = (180, 180, 44), (2.1, 2.1, 5.0)
"""A field of 378 mm and 220 mm of height: every organ that a liver might be taken for."""
SIZES_MM = (8.0, 75.0)
"""Diameters: below, hardly an image of 5 mm steps shows the lesion; above, it covers 40 % of many a liver's section."""
LARGEST_MM = 13.0
"""A patient's largest lesion is not smaller, so that some image shows it."""
PARTS = (
    "anatomy",
    "body",
    "breath_holds",
    "breathing",
    "contrast",
    "digestive",
    "fields",
    "fillings",
    "lesions",
    "liver",
    "organs",
    "rendering",
    "space",
    "studies",
    "tissues",
    "torso",
    "truth",
    "tubes",
)
CODE = ("livercad.core.taxonomy", *(f"livercad.phantom.{part}" for part in PARTS), __name__)
"""What phantoms of a whole abdomen depend on: of another version's code they are made again. Other phantoms are not
among it, so that their changes leave these."""


@dataclass(frozen=True)
class PhantomSource:
    """Patients with lesions of one class each, equally many of every class.

    Parameters
    ----------
    count : int
        How many patients; the paper has 200.
    seed : int
        Another seed, other patients.
    shape : tuple of int
        Voxels of a volume along R, A, S.
    spacing : tuple of float
        Their size in mm.
    """

    count: int
    seed: int = 0
    shape: tuple[int, int, int] = SHAPE
    spacing: tuple[float, float, float] = SPACING_MM
    title: ClassVar[str] = "digital phantoms"
    is_phantom: ClassVar[bool] = True
    left_out: ClassVar[tuple[str, ...]] = ()

    @cached_property
    def patients(self) -> tuple[Patient, ...]:
        """By turns of each class; the numbers of lesions are those that were asked for."""
        return tuple(
            Patient(f"phantom-{n:03}", dict.fromkeys(range(1, len(self._sizes(n)) + 1), _kind(n)))
            for n in range(self.count)
        )

    def key(self, patient: Patient) -> str:
        """Everything comes from the seed and the phantoms' code."""
        return f"phantom {code_hash(*CODE)}, {self.seed} {self.shape} {self.spacing} {patient.name}"

    def load(self, patient: Patient) -> PatientImages:
        """Make the patient."""
        number = int(patient.name.rsplit("-", 1)[1])
        study = make_ct_study(
            (self.seed, 2021, number),
            phases=PHASES,
            shape=self.shape,
            spacing=self.spacing,
            lesions=[(_kind(number).lesion_type, size) for size in self._sizes(number)],
            breathing_mm=0.0,
        )
        return PatientImages(study.images, study.liver, study.instances)

    def _sizes(self, number: int) -> list[float]:
        """Diameters (mm) of a patient's lesions, the largest first."""
        rng, kind = np.random.default_rng((self.seed, 2021, number, 1)), _kind(number).lesion_type
        count = int(rng.integers(1, KINDS[kind].most + 1))
        drawn = sorted((float(np.clip(draw_diameter(kind, rng), *SIZES_MM)) for _ in range(count)), reverse=True)
        return [max(drawn[0], LARGEST_MM), *drawn[1:]]


def _kind(number: int) -> ShahClass:
    return CLASSES[number % len(CLASSES)]
