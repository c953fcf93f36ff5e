"""A source of simple patients: a liver of one grey with round lesions whose grey tells their class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.papers.shah2021.classes import CLASSES, ShahClass
from livercad.papers.shah2021.sources import Patient, PatientImages

HU = {ShahClass.CYS: 5.0, ShahClass.ANG: 180.0, ShahClass.HCC: 140.0, ShahClass.MET: 60.0}
LIVER_HU, BODY_HU, AIR_HU = 100.0, 30.0, -1000.0
AFFINE = np.array([[-4.0, 0, 0, 78], [0, -4.0, 0, 78], [0, 0, 5.0, -30], [0, 0, 0, 1]])
"""LPS, as scanners have it; RAS (0, 0, 0) is voxel (19.5, 19.5, 6)."""
SHAPE = (40, 40, 13)


def simple_ct(kind: ShahClass, seed: int = 0, lesions: int = 1) -> PatientImages:
    """A body of 140 mm, a liver of 100 mm in it to the right, a lesion or two of 22 mm."""
    rng = np.random.default_rng(seed)
    voxels = np.stack(np.meshgrid(*map(np.arange, SHAPE), indexing="ij"), axis=-1)
    ras = voxels @ AFFINE[:3, :3].T + AFFINE[:3, 3]
    liver = np.linalg.norm((ras - (12, 0, 0)) / (46, 50, 24), axis=-1) < 1
    numbers = np.zeros(SHAPE, np.uint8)
    for n in range(lesions):
        middle = (16, (-1) ** n * 22 + rng.uniform(-6, 6), rng.uniform(-4, 4))
        numbers[np.linalg.norm(ras - middle, axis=-1) < 11] = n + 1
    images = {}
    for phase in (Phase.ARTERIAL, Phase.PORTAL):
        hu = np.where(np.linalg.norm(ras[..., :2] / (72, 66), axis=-1) < 1, BODY_HU, AIR_HU)
        hu = np.where(liver, LIVER_HU, hu)
        hu = np.where(numbers > 0, HU[kind], hu) + rng.normal(0, 8, SHAPE) * (hu > AIR_HU)
        images[phase] = Volume(np.rint(hu).astype(np.int16), AFFINE)
    return PatientImages(images, Volume((liver | (numbers > 0)).astype(np.uint8), AFFINE), Volume(numbers, AFFINE))


@dataclass(frozen=True)
class SimpleSource:
    """So many patients of every class, the classes by turns."""

    each: int = 2
    lesions: int = 1
    title = "simple patients"
    is_phantom = True
    left_out = ()

    @property
    def patients(self) -> tuple[Patient, ...]:
        kinds = [kind for _ in range(self.each) for kind in CLASSES]
        return tuple(
            Patient(f"p{n:02}", dict.fromkeys(range(1, self.lesions + 1), kind)) for n, kind in enumerate(kinds)
        )

    def key(self, patient: Patient) -> str:
        return f"simple {patient.name} {self.lesions}"

    def load(self, patient: Patient) -> PatientImages:
        return simple_ct(patient.kind, int(patient.name[1:]), self.lesions)
