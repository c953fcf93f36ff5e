"""A small liver with lesions, in several phases."""

from __future__ import annotations

import numpy as np
from nibabel.orientations import apply_orientation, axcodes2ornt, inv_ornt_aff, io_orientation, ornt_transform

from livercad.core.phases import Phase
from livercad.core.volume import Volume

SIDE = 48
LEVELS = {Phase.UNENHANCED: 55, Phase.ARTERIAL: 70, Phase.PORTAL: 110}
DARK_HU, BRIGHT_HU = -60, 80
DARK, BRIGHT = ((-14.0, 0.0, 0.0), 8.0), ((14.0, 6.0, -4.0), 6.0)
"""Centre (RAS mm from the liver's middle) and radius of two lesions: dark in all phases, bright in the arterial one."""


def ball(center: tuple[float, float, float], radius: float, affine: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Voxels whose centre lies in a ball, RAS mm."""
    grid = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1)
    points = grid @ affine[:3, :3].T + affine[:3, 3]
    return np.linalg.norm(points - center, axis=-1) <= radius


def make_liver(
    spacing: tuple[float, float, float] = (2.0, 2.0, 2.0), orientation: str = "RAS", seed: int = 0
) -> tuple[dict[Phase, Volume], Volume, Volume]:
    """Images by phase, the liver, and the instances of its two lesions."""
    shape = tuple(round(2 * SIDE / step) for step in spacing)
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = [-SIDE + step / 2 for step in spacing]
    rng = np.random.default_rng(seed)
    liver = ball((0, 0, 0), 36, affine, shape)
    instances = np.zeros(shape, np.uint16)
    for number, (center, radius) in enumerate((DARK, BRIGHT), start=1):
        instances[ball(center, radius, affine, shape)] = number
    images = {}
    for phase, level in LEVELS.items():
        hu = np.where(liver, level, -100) + rng.normal(0, 6, shape)
        hu[instances == 1] += DARK_HU
        hu[instances == 2] += BRIGHT_HU if phase is Phase.ARTERIAL else 0
        images[phase] = _turned(Volume(hu.astype(np.int16), affine), orientation)
    return (
        images,
        _turned(Volume(liver.astype(np.uint8), affine), orientation),
        _turned(Volume(instances, affine), orientation),
    )


def _turned(volume: Volume, orientation: str) -> Volume:
    turn = ornt_transform(io_orientation(volume.affine), axcodes2ornt(orientation))
    array = np.ascontiguousarray(apply_orientation(volume.array, turn))
    return Volume(array, volume.affine @ inv_ornt_aff(turn, volume.shape))
