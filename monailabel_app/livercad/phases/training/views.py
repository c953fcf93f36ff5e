"""What a scanner may see of a patient: another shape and place of the body, a part of it, its tissues."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from livercad.phantom.tissues import Tissue
from livercad.phases.organs import SPACING_MM
from livercad.phases.training.anatomies import TissueMap

Size = tuple[int, int, int]

SIZES: tuple[tuple[Size, float], ...] = (
    ((96, 72, 32), 0.30),
    ((88, 64, 48), 0.30),
    ((80, 64, 16), 0.10),
    ((96, 72, 64), 0.10),
    ((48, 48, 48), 0.12),
    ((40, 40, 24), 0.08),
)
"""Voxels of a view and how often it is drawn: whole bodies in few or many slices, and blocks cut out of them."""
SCALE = (0.80, 1.25)
"""From small to tall and wide patients, beyond what the phantom itself draws."""
STRETCH = (0.88, 1.12)
ROTATION_SD_DEG = (6.0, 6.0, 8.0)
"""About R, A, S: patients lie askew, gantries tilt, axes of oblique volumes are taken as they are."""
WARP_CONTROL_MM = 64.0
WARP_SD_MM = 9.0
MISSING = ((Tissue.SPLEEN,), (Tissue.KIDNEY_CORTEX, Tissue.KIDNEY_MEDULLA, Tissue.KIDNEY_PELVIS))
"""Organs that may have been taken out."""
MISSING_PROBABILITY = 0.06


def draw_size(rng: np.random.Generator) -> Size:
    """Draw how much of a patient is seen, in voxels along R, A, S."""
    sizes, weights = zip(*SIZES, strict=True)
    return sizes[int(rng.choice(len(sizes), p=np.divide(weights, np.sum(weights))))]


def draw_view(tissues: TissueMap, size: Size, rng: np.random.Generator) -> TissueMap:
    """Look at a patient.

    Parameters
    ----------
    tissues : ndarray of uint8, shape (R, A, S)
        `Tissue` of every voxel.
    size : tuple of int
        Voxels of the view.
    rng : numpy.random.Generator
        Draws place, rotation, size, deformation and what was taken out.

    Returns
    -------
    ndarray of uint8, shape `size`
        `Tissue`; air beyond the map.
    """
    matrix = _rotation(rng) / (rng.uniform(*SCALE) * rng.uniform(*STRETCH, 3))
    middle = _middle(tissues, size, rng)
    grids = np.meshgrid(*[np.arange(n, dtype=np.float32) - np.float32((n - 1) / 2) for n in size], indexing="ij")
    points = np.stack(grids, axis=-1) @ matrix.T.astype(np.float32) + middle.astype(np.float32)
    points += _warp(size, rng)
    normal = 2 * points / (np.array(tissues.shape, np.float32) - 1) - 1
    # grid_sample names the last axis of the image first.
    where = torch.from_numpy(np.ascontiguousarray(normal[None, ..., ::-1]))
    image = torch.from_numpy(tissues)[None, None].float()
    seen = functional.grid_sample(image, where, mode="nearest", align_corners=True)[0, 0].numpy().astype(np.uint8)
    for organ in MISSING:
        if rng.random() < MISSING_PROBABILITY:
            seen[np.isin(seen, organ)] = Tissue.VISCERAL_FAT
    return np.asarray(seen)


def _rotation(rng: np.random.Generator) -> npt.NDArray[np.float64]:
    rotation = np.eye(3)
    for axis, angle in enumerate(np.deg2rad(rng.normal(0, ROTATION_SD_DEG))):
        first, second = (n for n in range(3) if n != axis)
        turn = np.eye(3)
        turn[first, first] = turn[second, second] = np.cos(angle)
        turn[first, second], turn[second, first] = -np.sin(angle), np.sin(angle)
        rotation = turn @ rotation
    return rotation


def _middle(tissues: TissueMap, size: Size, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Where the view's middle lies: in or near the liver; in the plane, a wide view shows the whole body."""
    liver = np.argwhere(tissues == Tissue.LIVER)
    point = liver[rng.integers(len(liver))] + rng.normal(0, (5, 5, 10))
    whole = np.array(tissues.shape) / 2 + rng.normal(0, 3, 3)
    wide = np.clip((np.array(size) - 40) / 40, 0, 1) * (1, 1, 0)
    return np.asarray(wide * whole + (1 - wide) * point)


def _warp(size: Size, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """A smooth displacement in voxels, shape (*size, 3)."""
    step = np.array(SPACING_MM)
    knots = [int(np.ceil(n * s / WARP_CONTROL_MM)) + 3 for n, s in zip(size, step, strict=True)]
    sd = rng.uniform(0, WARP_SD_MM) / step
    field = torch.from_numpy((rng.standard_normal((3, *knots)) * sd[:, None, None, None]).astype(np.float32))
    smooth = functional.interpolate(field[None], size=size, mode="trilinear", align_corners=True)[0]
    return smooth.permute(1, 2, 3, 0).numpy()
