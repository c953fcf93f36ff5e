"""A source of simple lesions: bright or dark balls whose grey value in each phase tells the category."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from livercad.core.phases import Phase
from livercad.core.taxonomy import YasakaCategory
from livercad.core.volume import Volume
from livercad.papers.yasaka2018.sources import LabelledLesion, LesionImages, Part, Patient

LIVER_HU = {Phase.UNENHANCED: 55.0, Phase.ARTERIAL: 70.0, Phase.DELAYED: 95.0}
LESION_HU = {
    "A": {Phase.UNENHANCED: 45.0, Phase.ARTERIAL: 120.0, Phase.DELAYED: 75.0},
    "B": {Phase.UNENHANCED: 45.0, Phase.ARTERIAL: 55.0, Phase.DELAYED: 70.0},
    "C": {Phase.UNENHANCED: 50.0, Phase.ARTERIAL: 120.0, Phase.DELAYED: 95.0},
    "D": {Phase.UNENHANCED: 40.0, Phase.ARTERIAL: 160.0, Phase.DELAYED: 150.0},
    "E": {Phase.UNENHANCED: 5.0, Phase.ARTERIAL: 5.0, Phase.DELAYED: 5.0},
}
AFFINE = np.array([[-1.0, 0, 0, 30], [0, -1.0, 0, 30], [0, 0, 4.0, -16], [0, 0, 0, 1]])
"""LPS, as scanners have it; RAS (0, 0, 0) is voxel (30, 30, 4)."""


def ball(radius_mm: float, affine: np.ndarray = AFFINE, shape: tuple[int, int, int] = (61, 61, 9)) -> np.ndarray:
    """A ball around RAS 0."""
    voxels = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1)
    return np.linalg.norm(voxels @ affine[:3, :3].T + affine[:3, 3], axis=-1) <= radius_mm


def lesion_images(category: str, radius_mm: float = 10.0, seed: int = 0) -> LesionImages:
    """One lesion in three phases."""
    rng, inside = np.random.default_rng(seed), ball(radius_mm)
    images = {}
    for phase in LIVER_HU:
        hu = np.where(inside, LESION_HU[category][phase], LIVER_HU[phase]) + rng.normal(0, 6, inside.shape)
        hu[:3] = -1000  # air, without which it would be no CT
        images[phase] = Volume(hu.astype(np.int16), AFFINE)
    return LesionImages(images, Volume(inside.astype(np.uint8), AFFINE))


@dataclass(frozen=True)
class BallSource:
    """So many training and test patients of every category."""

    training: int = 2
    test: int = 1
    positions: int = 2
    scanners: bool = False
    title = "balls"
    is_phantom = True
    left_out = ()

    @property
    def patients(self) -> tuple[Patient, ...]:
        return tuple(
            Patient(
                f"{part}-{category}{n}",
                part,
                (LabelledLesion(1, category, self.positions if part is Part.TRAINING else 1, _hyper(category, n)),),
                f"scanner {n % 2}" if self.scanners else "",
            )
            for part, count in ((Part.TRAINING, self.training), (Part.TEST, self.test))
            for category in YasakaCategory
            for n in range(count)
        )

    def key(self, patient: Patient) -> str:
        return f"balls {patient.name}"

    def load(self, patient: Patient) -> list[LesionImages]:
        number = int(patient.name[-1])
        return [lesion_images(patient.lesions[0].category, 8 + 2 * number, number)]


def _hyper(category: YasakaCategory, n: int) -> bool | None:
    return n % 2 == 0 if category is YasakaCategory.C else None
