"""A patient in closed form: seen through any affine, every picture of it is known beforehand."""

from __future__ import annotations

from functools import cache

import numpy as np

from livercad.core.findings import Caution, Findings, FindingsWarning, ModelUsed, PhaseRead
from livercad.core.geometry import transform_points
from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.measure.lesions import measure_lesions
from livercad.measure.liver import measure_liver
from livercad.pipeline.analysis import Analysis

LESION = np.array([20.0, -10.0, 5.0])
"""Centre of the first lesion, RAS mm; also that of the liver, a ball."""
LESION_RADIUS, LIVER_RADIUS, MARKER_RADIUS = 12.5, 58.0, 6.5
"""No multiples of the voxel size, so that rounding never decides whether a voxel is inside."""
LESION_HU, LIVER_HU, MARKER_HU, BODY_HU = 0, 60, 400, -110


def volume_affine(
    axes: str = "LPS",
    spacing: tuple[float, float, float] = (3.0, 3.0, 3.0),
    shape: tuple[int, int, int] = (52, 52, 52),
    rotation: np.ndarray | None = None,
) -> np.ndarray:
    """Affine of a volume whose voxel axes run to the sides named and whose middle is the lesion's centre."""
    unit = {"R": (1, 0, 0), "L": (-1, 0, 0), "A": (0, 1, 0), "P": (0, -1, 0), "S": (0, 0, 1), "I": (0, 0, -1)}
    affine = np.eye(4)
    affine[:3, :3] = (np.eye(3) if rotation is None else rotation) @ np.array([unit[a] for a in axes]).T * spacing
    affine[:3, 3] = LESION - affine[:3, :3] @ ((np.array(shape) - 1) // 2)
    return affine


def turn(axis: int, degrees: float) -> np.ndarray:
    """Rotation about a RAS axis, right-handed."""
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    one, two = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.eye(3)
    matrix[[one, one, two, two], [one, two, one, two]] = cos, -sin, sin, cos
    return matrix


def scene(
    affine: np.ndarray,
    shape: tuple[int, int, int] = (52, 52, 52),
    markers: tuple[np.ndarray, ...] = (),
    lesions: tuple[tuple[np.ndarray, float], ...] = ((LESION, LESION_RADIUS),),
    case: str = "scene",
    warnings: tuple[FindingsWarning, ...] = (),
) -> Analysis:
    """Ball-shaped lesions (centre in RAS mm, radius in mm) and bright markers in a ball-shaped liver, measured."""
    points = transform_points(np.moveaxis(np.indices(shape), 0, -1), affine)

    def ball(center: np.ndarray, radius: float) -> np.ndarray:
        return ((points - center) ** 2).sum(axis=-1) < radius**2

    liver_mask = ball(LESION, LIVER_RADIUS)
    hu = np.where(liver_mask, LIVER_HU, BODY_HU).astype(np.int16)
    numbers = np.zeros(shape, np.uint16)
    for number, (center, radius) in enumerate(lesions, start=1):
        numbers[ball(center, radius)] = number
    hu[numbers > 0] = LESION_HU
    for marker in markers:
        hu[ball(marker, MARKER_RADIUS)] = MARKER_HU
    ct = Volume(hu, affine)
    liver, instances = ct.like(liver_mask.astype(np.uint8)), ct.like(numbers)
    scores = {number: 1.0 - 0.05 * number for number in range(1, len(lesions) + 1)}
    findings = Findings(
        case=case,
        phases=(
            PhaseRead(Phase.PORTAL, "name", f"studies/{case}_portal.nii.gz", ct.shape, ct.spacing, True),
            PhaseRead(Phase.ARTERIAL, "name", f"studies/{case}_arterial.nii.gz", ct.shape, ct.spacing, False),
        ),
        liver=measure_liver(ct, liver, instances),
        lesions=measure_lesions(ct, liver, instances, scores) if lesions else (),
        warnings=warnings,
        models=(ModelUsed("liver-leuven", "2020.10.11", "ab" * 32, "torch fp32"),),
        livercad_version="0.1.0",
        timings_s={"read": 0.5, "liver": 3.25, "lesions": 6.0, "measure": 0.25, "total": 10.5},
    )
    return Analysis(findings, ct, liver, instances)


@cache
def several(count: int, case: str = "several") -> Analysis:
    """As many small lesions, spread over the liver on a spiral."""
    angles = np.arange(count) * 2.4
    reach = 14 + 30 * np.arange(count) / max(count - 1, 1)
    centers = LESION + np.stack([reach * np.cos(angles), reach * np.sin(angles), 6.0 * (np.arange(count) % 5 - 2)], 1)
    radii = np.linspace(5.5, 4.0, count)
    warning = FindingsWarning(Caution.TINY_LESION, "Lesions smaller than 10 mm: 4, 5.")
    lesions = tuple(zip(centers, radii.tolist(), strict=True))
    return scene(volume_affine(), lesions=lesions, case=case, warnings=(warning,))
