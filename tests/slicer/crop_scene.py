"""A case of three phases with two lesions in the scene: fixtures of the tests of crops."""

from __future__ import annotations

import numpy as np
import pytest

from livercad.core.annotation import Origin
from livercad.core.geometry import Box, Frame, transform_points
from livercad.core.lesion import Classification, Lesion, PhaseMeasurement
from livercad.core.phases import Phase
from livercad.core.taxonomy import LesionClass
from livercad.core.volume import Volume
from LiverCADLib.cases import CaseImage
from LiverCADLib.scene.crops import LesionCrops
from LiverCADLib.scene.lesionRecords import LesionRecord
from LiverCADLib.scene.lesions import LesionList
from LiverCADLib.scene.masks import ball
from LiverCADLib.scene.measures import measure
from LiverCADLib.scene.segmentation import CaseSegmentation

SHAPE = (72, 64, 26)
HU = {Phase.UNENHANCED: (45, 60), Phase.ARTERIAL: (150, 75), Phase.PORTAL: (90, 120)}
"""Lesion and liver."""
SPOTS = {1: ((30.0, 30.0, 12.0), 32.0), 2: ((52.0, 20.0, 16.0), 9.0)}
"""Voxel and diameter in mm of the lesions; the second one is smaller than the smallest square."""
SERVER = "http://127.0.0.1:8000"


def affine() -> np.ndarray:
    """An oblique grid of 1.5 × 1.5 × 4 mm."""
    turn, _ = np.linalg.qr(np.array([[-1.0, 0.1, 0.05], [0.1, 1.0, 0.1], [0.0, -0.1, 1.0]]))
    turn *= np.sign(np.diag(turn)) * [-1, 1, 1]
    grid = np.eye(4)
    grid[:3, :3] = turn * [1.5, -1.5, 4.0]
    grid[:3, 3] = 20.0, -30.0, 100.0
    return grid


def center_of(number: int) -> tuple[float, float, float]:
    x, y, z = transform_points(SPOTS[number][0], affine()).tolist()
    return x, y, z


def volume_of(phase: Phase) -> Volume:
    """Noisy liver with both lesions."""
    rng = np.random.default_rng(list(Phase).index(phase))
    lesion, liver = HU[phase]
    voxels = rng.normal(liver, 12, SHAPE)
    for number in SPOTS:
        mask = mask_of(number)
        voxels[mask.block][mask.array] += lesion - liver
    return Volume(voxels.astype(np.int16), affine())


def mask_of(number: int):
    return ball(center_of(number), SPOTS[number][1], SHAPE, affine())


def found(number: int, label: LesionClass | None = LesionClass.HCC) -> Lesion:
    """What the server says of a lesion."""
    measured = measure(mask_of(number), affine())
    center, diameter = measured.center, measured.longest.length_mm
    points = [
        PhaseMeasurement(p, lesion, 12.0, liver, lesion - liver, lesion, lesion) for p, (lesion, liver) in HU.items()
    ]
    shares = {str(kind): 0.8 if kind is label else 0.04 for kind in LesionClass}
    classification = Classification(label, shares, 0.88, False, "", tuple(HU)) if label else None
    box = Box(tuple(c - diameter / 2 for c in center), tuple(c + diameter / 2 for c in center), Frame.RAS)
    lines = measured.longest, measured.perpendicular, diameter, measured.perpendicular.length_mm
    numbers = 90.0, 10.0, 0.01, 5.0
    return Lesion(number, 0.9, 1.0, box, center, *lines, *numbers, tuple(HU), tuple(points), (), classification)


@pytest.fixture
def lesions():
    return LesionList()


@pytest.fixture
def crops(case_scene, phases, lesions):
    """The case, with its phases registered and the first lesion selected."""
    images = [CaseImage(phase.value, phase, "name", isReference=phase is Phase.PORTAL) for phase in HU]
    case_scene.open("case-1", SERVER, images, {phase.value: volume_of(phase) for phase in HU})
    for phase in (Phase.UNENHANCED, Phase.ARTERIAL):
        phases.addRegistered(phase.value, volume_of(phase))
    crops = LesionCrops(case_scene, phases, lesions)
    segmentation = CaseSegmentation.create(case_scene.reference, "case-1 liver and lesions")
    lesions.open(segmentation)
    records = {}
    for number in SPOTS:
        what = found(number, LesionClass.HCC if number == 1 else None)
        voxels = mask_of(number).fingerprint
        records[number] = LesionRecord(number, Origin.MODEL, what.center, what.diameter_mm, found=what, foundIn=voxels)
    lesions.update(records, {number: mask_of(number) for number in SPOTS}, isEdit=False)
    lesions.select(1)
    yield crops
    lesions.close()
    segmentation.close()
