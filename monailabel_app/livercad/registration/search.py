"""The search for the mapping: a first shift from the livers, then mutual information of the images around them.

Rigid, then a free-form deformation by cubic B-splines, from mutual information with Parzen windows and a penalty on
bending: D. Mattes et al., "PET-CT image registration in the chest using free-form deformations", IEEE Trans. Med.
Imaging 2003;22:120-128; D. Rueckert et al., "Nonrigid registration using free-form deformations", IEEE Trans. Med.
Imaging 1999;18:712-721.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional as F

from livercad.progress import Progress
from livercad.registration.mapping import Bend, Mapping, spline_weights
from livercad.registration.quality import BINS
from livercad.registration.surroundings import RAISED_HU, WINDOW_HU, Surroundings

CONTROL_MM = 50.0
"""Distance of the B-spline's control points."""
NO_FOLD = 0.4
"""A cubic B-spline in three dimensions folds nowhere if no control point moves further than its distance to the next
divided by 2.48 (Y. Choi, S. Lee, "Injectivity conditions of 2D and 3D uniform cubic B-spline functions", Graph. Models
2000;62:411-427)."""
STIFFNESS = 0.01
"""Nats that a mean squared second difference of the control points' displacements (mm²) costs."""
RIGID_STEPS, BEND_STEPS = 50, 60
FIRST_STEP_MM, LAST_STEP_MM = 1.0, 0.1
"""How far one step moves a parameter, at the beginning and at the end."""
TURN_RADIUS_MM = 100.0
"""A turn is told by how far it moves a point at this distance from the liver's centre: about the liver's size."""
STRIDE = 2
"""Of the surroundings' voxels every second along each axis is compared: some ten thousand."""

Tensor: TypeAlias = torch.Tensor


class Comparison:
    """How alike two images are, as a function of where the fixed image's points lie in the moving image.

    Parameters
    ----------
    fixed, moving : Surroundings
        The images; their livers are raised.
    """

    def __init__(self, fixed: Surroundings, moving: Surroundings) -> None:
        every = tuple(slice(0, n, STRIDE if n > 4 * STRIDE else 1) for n in fixed.image.shape)
        self.kept = np.zeros(fixed.image.shape, bool)
        self.kept[every] = fixed.near[every]
        self.index = np.argwhere(self.kept)
        self.points = _tensor(self.index @ fixed.image.affine[:3, :3].T + fixed.image.affine[:3, 3])
        self._fixed = _bins(_tensor(fixed.raised.array[self.kept])).round().long()
        self._moving = torch.from_numpy(moving.raised.array)[None, None]
        self._to_index = _tensor(np.linalg.inv(moving.image.affine))
        self._last = torch.tensor(moving.image.shape, dtype=torch.float32) - 1

    def __call__(self, points: Tensor) -> Tensor:
        """Mutual information in nats.

        Parameters
        ----------
        points : Tensor, shape (n, 3)
            Where `self.points` lie in the moving image, RAS mm.

        Returns
        -------
        Tensor
            One number. Points outside the moving image do not count.
        """
        index = points @ self._to_index[:3, :3].T + self._to_index[:3, 3]
        inside = ((index >= 0) & (index <= self._last)).all(dim=1)
        place = (2 * index[inside] / self._last.clamp(min=1) - 1).flip(-1)[None, None, None]
        values = F.grid_sample(self._moving, place, align_corners=True, padding_mode="border").flatten()
        return _mutual_information(self._fixed[inside], _bins(values))


def find_rigid(fixed: Surroundings, moving: Surroundings, start: Mapping, progress: Progress) -> Mapping:
    """Turn and shift the fixed image's points so that the images agree.

    Parameters
    ----------
    fixed, moving : Surroundings
        The images.
    start : Mapping
        A shift to begin with.
    progress : Progress
        Told of every step.

    Returns
    -------
    Mapping
        Without a bend.
    """
    alike = Comparison(fixed, moving)
    center = _tensor(fixed.liver_points.mean(axis=0))
    begin = _tensor(start.rigid[:3, 3])
    turn, shift = torch.zeros(3, requires_grad=True), torch.zeros(3, requires_grad=True)

    def matrix() -> Tensor:
        x, y, z = turn / TURN_RADIUS_MM
        o = torch.zeros(())
        return torch.linalg.matrix_exp(torch.stack([o, -z, y, z, o, -x, -y, x, o]).reshape(3, 3))

    def loss() -> Tensor:
        return -alike((alike.points - center) @ matrix().T + center + begin + shift)

    _descend(loss, [turn, shift], RIGID_STEPS, progress, "rigid registration")
    rigid = np.eye(4)
    with torch.no_grad():
        rigid[:3, :3] = matrix().numpy()
        rigid[:3, 3] = (center + begin + shift).numpy() - rigid[:3, :3] @ center.numpy()
    return Mapping(rigid)


def find_bend(fixed: Surroundings, moving: Surroundings, rigid: Mapping, progress: Progress) -> Mapping:
    """Bend the fixed image's points before the rigid motion, so that the images agree better.

    Parameters
    ----------
    fixed, moving : Surroundings
        The images.
    rigid : Mapping
        From `find_rigid`.
    progress : Progress
        Told of every step.

    Returns
    -------
    Mapping
        Free of folds.
    """
    alike = Comparison(fixed, moving)
    step = CONTROL_MM / np.array(fixed.image.spacing)
    counts = (np.ceil((np.array(fixed.image.shape) - 1) / step) + 3).astype(int)
    i, j, k = (
        _tensor(spline_weights(np.arange(n) / s + 1, count))
        for n, s, count in zip(fixed.image.shape, step, counts, strict=True)
    )
    which = tuple(torch.from_numpy(alike.index.T))
    turn, shift = _tensor(rigid.rigid[:3, :3]), _tensor(rigid.rigid[:3, 3])
    free = torch.zeros(3, *counts.tolist(), requires_grad=True)
    limit = NO_FOLD * CONTROL_MM

    def coefficients() -> Tensor:
        return limit * torch.tanh(free / limit)

    def loss() -> Tensor:
        moved = coefficients()
        bend = torch.einsum("kc,xabc->xabk", k, moved)
        bend = torch.einsum("jb,xabk->xajk", j, bend)
        bend = torch.einsum("ia,xajk->xijk", i, bend)[:, which[0], which[1], which[2]]
        stiff = sum((torch.diff(moved, n=2, dim=axis) ** 2).mean() for axis in (1, 2, 3))
        return STIFFNESS * stiff - alike((alike.points + bend.T) @ turn.T + shift)

    _descend(loss, [free], BEND_STEPS, progress, "B-spline registration")
    affine = fixed.image.affine @ np.diag([*step, 1.0])
    affine[:3, 3] -= affine[:3, :3].sum(axis=1)  # one control point before the first voxel
    with torch.no_grad():
        return Mapping(rigid.rigid, Bend(coefficients().numpy().astype(np.float64), affine))


def _descend(loss: Callable[[], Tensor], free: list[Tensor], steps: int, progress: Progress, what: str) -> None:
    """Adam with steps that grow smaller: with the same input always the same result."""
    adam = torch.optim.Adam(free, lr=FIRST_STEP_MM)
    shrink = torch.optim.lr_scheduler.ExponentialLR(adam, (LAST_STEP_MM / FIRST_STEP_MM) ** (1 / steps))
    for number in range(steps):
        progress(number, steps, what)
        adam.zero_grad()
        loss().backward()
        adam.step()
        shrink.step()


def _bins(values: Tensor) -> Tensor:
    """HU to positions among histogram bins; a cubic Parzen window reaches two bins beyond either end."""
    low, high = WINDOW_HU[0], WINDOW_HU[1] + RAISED_HU
    return (values.clamp(low, high) - low) / (high - low) * (BINS - 4) + 1


def _mutual_information(first: Tensor, second: Tensor) -> Tensor:
    """Mutual information (nats) of bins and of positions among bins, the latter spread by cubic Parzen windows."""
    if not len(first):
        return second.sum()  # 0, with a gradient
    below = second.detach().floor()
    t = second - below
    window = torch.stack([(1 - t) ** 3, 4 - 3 * t**2 * (2 - t), 1 + 3 * t * (1 + t * (1 - t)), t**3], dim=1) / 6
    cell = (first * BINS + below.long())[:, None] + torch.arange(-1, 3)
    joint = torch.zeros(BINS * BINS).index_add(0, cell.flatten(), window.flatten()) / len(first)
    joint = joint.view(BINS, BINS)
    alone = joint.sum(dim=1, keepdim=True) * joint.sum(dim=0, keepdim=True)
    return torch.special.xlogy(joint, (joint + 1e-9) / (alone + 1e-9)).sum()


def _tensor(array: npt.NDArray[np.generic]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))
