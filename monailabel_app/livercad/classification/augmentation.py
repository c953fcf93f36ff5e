"""What makes one stored example many: turned, moved, zoomed, brighter, noisier, with fewer phases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from livercad.classification.examples import MARGIN
from livercad.classification.scaling import HIGHEST_HU, LOWEST_HU
from livercad.core.crops import PIXELS, PLANES


@dataclass(frozen=True)
class Augmentation:
    """How far examples are changed. All our choice.

    Parameters
    ----------
    zoom : float
        SD of the logarithm of the zoom: measured diameters differ from true ones.
    shift : float
        SD of the shift over the side of the square: so do measured centres.
    own_shift : float
        Likewise, of each phase by itself.
    offset_hu, gain : float
        SD of a common offset in HU, and of the logarithm of each phase's gain: scanners, tube voltages, doses.
    noise_hu : float
        Largest SD of added noise.
    full_share : float
        How often all phases stay; else each stays with probability one half, at least one.
    """

    zoom: float = 0.16
    shift: float = 0.04
    own_shift: float = 0.015
    offset_hu: float = 5.0
    gain: float = 0.05
    noise_hu: float = 14.0
    full_share: float = 0.35


def network_view(squares: Tensor) -> Tensor:
    """Cut the network's crop out of stored squares, unchanged.

    Parameters
    ----------
    squares : Tensor, shape (batch, phases, planes, rows, columns)
        HU, as `LesionExamples` stores them.

    Returns
    -------
    Tensor, shape (batch, phases, PLANES, PIXELS, PIXELS)
        HU.
    """
    theta = torch.zeros(len(squares), squares.shape[1], 2, 3)
    theta[..., 0, 0] = theta[..., 1, 1] = 1 / MARGIN
    return _sample(squares, theta)


def augmented(squares: Tensor, how: Augmentation, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Change a batch of examples at random.

    Parameters
    ----------
    squares : Tensor, shape (batch, phases, planes, rows, columns)
        HU, as `LesionExamples` stores them.
    how : Augmentation
        How far.
    rng : torch.Generator
        Draws everything.

    Returns
    -------
    crops : Tensor, shape (batch, phases, PLANES, PIXELS, PIXELS)
        HU.
    present : Tensor of bool, shape (batch, phases)
        Which phases are left.
    """
    batch, phases = squares.shape[:2]

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=rng)

    angle = torch.rand(batch, 1, generator=rng) * 2 * torch.pi
    mirrored = torch.where(torch.rand(batch, 1, generator=rng) < 0.5, -1.0, 1.0)
    zoom = torch.exp(how.zoom * normal(batch, 1).clamp(-2, 2)) / MARGIN
    shift = 2 * (how.shift * normal(batch, 1, 2) + how.own_shift * normal(batch, phases, 2)) / MARGIN
    theta = torch.zeros(batch, phases, 2, 3)
    theta[..., 0, 0], theta[..., 0, 1] = zoom * angle.cos() * mirrored, -zoom * angle.sin()
    theta[..., 1, 0], theta[..., 1, 1] = zoom * angle.sin() * mirrored, zoom * angle.cos()
    theta[..., 2] = shift
    crops = _sample(squares, theta)
    gain = torch.exp(how.gain * normal(batch, phases, 1, 1, 1))
    crops = crops * gain + how.offset_hu * normal(batch, 1, 1, 1, 1)
    noise = how.noise_hu * torch.rand(batch, 1, 1, 1, 1, generator=rng)
    crops = crops + noise * normal(*crops.shape)
    return crops, _some_phases(batch, phases, how.full_share, rng)


def _some_phases(batch: int, phases: int, full_share: float, rng: torch.Generator) -> Tensor:
    present = torch.rand(batch, phases, generator=rng) < 0.5
    one = functional.one_hot(torch.randint(phases, (batch,), generator=rng), phases).bool()
    full = torch.rand(batch, 1, generator=rng) < full_share
    return present | one | full


def _sample(squares: Tensor, theta: Tensor) -> Tensor:
    """Sample every phase's middle planes through its own 2 × 3 map, shape (batch, phases, 2, 3)."""
    batch, phases, planes = squares.shape[:3]
    first = (planes - PLANES) // 2
    middle = squares[:, :, first : first + PLANES].float().clamp(LOWEST_HU - 60, HIGHEST_HU + 60).flatten(0, 1)
    grid = functional.affine_grid(theta.flatten(0, 1), [batch * phases, PLANES, PIXELS, PIXELS], align_corners=False)
    crops = functional.grid_sample(middle, grid, padding_mode="border", align_corners=False)
    return crops.unflatten(0, (batch, phases))


def seeded(seed: int) -> torch.Generator:
    """A generator for `augmented`."""
    return torch.Generator().manual_seed(int(np.random.default_rng(seed).integers(2**62)))
