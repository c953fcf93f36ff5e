"""Small phantom cases for servers that really train: a piece of liver around a lesion, all else cut away."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from livercad.core.annotation import AnnotatedLesion, Annotation, CaseState, Origin, Verdict
from livercad.core.geometry import Point
from livercad.core.phases import Phase
from livercad.core.taxonomy import CLASS_OF, Label, LesionType
from livercad.core.volume import Volume
from livercad.phantom.excerpts import PhantomPatient
from livercad.studies.nifti import write_volume

SEED = 2026
KIND = LesionType.FNH
"""Brighter than liver in the arterial phase, which the published network has not learnt to find."""
DIAMETERS_MM = (18.0, 26.0)
AIR_HU = -1000
SIDE = 64
"""Voxels along R and A, so cut that the lesion lies anywhere and not in the middle."""
RIM = 4
"""Of air, in voxels: a CT without any would be taken for another modality."""


@dataclass(frozen=True)
class Piece:
    """A case and its truth: `label` as label maps have it, both on one grid."""

    case: str
    ct: Volume
    label: Volume
    kind: LesionType
    center: Point
    diameter_mm: float

    def annotation(self, who: str) -> Annotation:
        """What somebody submits who knows the truth."""
        lesion = AnnotatedLesion(
            1, Origin.ANNOTATOR, Verdict.ACCEPTED, self.center, self.diameter_mm, True, self.kind, CLASS_OF[self.kind]
        )
        return Annotation(self.case, who, CaseState.COMPLETE, (lesion,))


def piece_of(number: int) -> Piece:
    """Make a case of a patient of its own."""
    rng = np.random.default_rng((SEED, number))
    excerpt = PhantomPatient(SEED, number).excerpt(0, KIND, rng.uniform(*DIAMETERS_MM), phases=(Phase.ARTERIAL,))
    image = excerpt.images[Phase.ARTERIAL]
    # The image has every second of the masks' slices, of which there is an odd number, from the first or second one on.
    first = int(2 * image.shape[2] < excerpt.liver.shape[2])
    liver, lesion = (each.array[:, :, first::2] > 0 for each in (excerpt.liver, excerpt.lesion))
    label = np.where(lesion, Label.LESION, np.where(liver, Label.LIVER, 0)).astype(np.uint8)
    hu = np.where(label > 0, image.array, AIR_HU).astype(np.int16)
    first = np.array([*rng.integers(0, np.array(hu.shape[:2]) - SIDE + 1), 0])
    last = [*(first[:2] + SIDE), hu.shape[2]]
    ct, labels = (image.like(array).crop(first, last) for array in (hu, label))
    for array, outside in ((ct.array, AIR_HU), (labels.array, Label.BACKGROUND)):
        array[:RIM], array[-RIM:], array[:, :RIM], array[:, -RIM:] = (outside,) * 4
    return Piece(f"piece-{number:02d}", ct, labels, KIND, excerpt.center, excerpt.diameter_mm)


def write_pieces(studies: Path, count: int) -> dict[str, Piece]:
    """Write cases as folders with one arterial image each."""
    pieces = [piece_of(number) for number in range(count)]
    for piece in pieces:
        (studies / piece.case).mkdir(parents=True)
        write_volume(piece.ct, studies / piece.case / "arterial.nii.gz")
    return {piece.case: piece for piece in pieces}
