"""A liver with balls in it, whose HU are known, on grids of every kind."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from livercad.core.geometry import transform_points
from livercad.core.volume import Volume

LIVER_HU, FAT_HU = 110, -100


def grid(shape: tuple[int, int, int], spacing: tuple[float, float, float], degrees: float = 0.0) -> Volume:
    """An empty volume, turned about the long axis and then about the front, its middle at RAS zero."""
    a = np.radians(degrees)
    about_s = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    about_r = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    affine = np.eye(4)
    affine[:3, :3] = about_r @ about_s @ np.diag(spacing)
    affine[:3, 3] = -affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    return Volume(np.zeros(shape, np.int16), affine)


def distance(volume: Volume, center: tuple[float, float, float]) -> npt.NDArray[np.float64]:
    """Of every voxel to a point, in mm."""
    points = transform_points(np.stack(np.indices(volume.shape), axis=-1), volume.affine)
    return np.linalg.norm(points - np.array(center), axis=-1)


def ball(volume: Volume, center: tuple[float, float, float], radius: float) -> npt.NDArray[np.bool_]:
    return distance(volume, center) <= radius


GRIDS = {
    "isotropic": grid((56, 56, 56), (1.5, 1.5, 1.5)),
    "thick slices": grid((80, 80, 18), (1.0, 1.0, 5.0)),
    "oblique": grid((72, 64, 40), (1.13, 1.31, 2.17), degrees=25),
}
