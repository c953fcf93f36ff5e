"""How cases are changed at random: as other patients, scanners and doses would change them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from monai.transforms import (
    Compose,
    RandAdjustContrastd,
    RandAffined,
    RandFlipd,
    RandGaussianNoised,
    RandGaussianSmoothd,
    RandScaleIntensityd,
    RandShiftIntensityd,
    RandSimulateLowResolutiond,
)

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Augmentation:
    """How far cases are changed. All our choice.

    Parameters
    ----------
    flips : tuple of int
        Axes along which a case may be mirrored: all of them inside the liver, none where the body is seen.
    turn : float
        Largest turn in the axial plane, in radians.
    scale : float
        Largest relative change of size, along each axis by itself.
    gain, shift_hu : float
        Largest relative change of HU, and largest shift: tube voltages, scanners, contrast medium.
    gamma : tuple of float
        Range of the exponent that bends the scale of HU.
    noise_hu : float
        SD of added noise.
    smooth : float
        Largest SD of a blur, in voxels: kernels, thick slices.
    zoom : float
        Smallest resolution, over the network's.
    share : float
        How often each of these happens.
    """

    flips: tuple[int, ...] = ()
    turn: float = 0.2
    scale: float = 0.15
    gain: float = 0.1
    shift_hu: float = 15.0
    gamma: tuple[float, float] = (0.8, 1.25)
    noise_hu: float = 12.0
    smooth: float = 0.8
    zoom: float = 0.6
    share: float = 0.3


LESIONS = Augmentation(flips=(0, 1, 2))
LIVER = Augmentation(turn=0.15, scale=0.2, shift_hu=25.0)
LIMITS_HU = (-300.0, 400.0)
"""Beyond what the networks see; contrast is bent between these."""


def changed(hu: Any, masks: tuple[Any, ...], how: Augmentation, rng: np.random.Generator) -> tuple[Array, ...]:
    """Change a case at random.

    Parameters
    ----------
    hu : Tensor or ndarray, shape (1, i, j, k)
        CT in HU on a network's grid.
    masks : tuple of Tensor or ndarray, each of that shape
        0 or 1; they move with the image.
    how : Augmentation
        How far.
    rng : numpy.random.Generator
        Draws everything.

    Returns
    -------
    tuple of ndarray of float32, each of shape (i, j, k)
        HU, then the masks.
    """
    names = ["hu", *(f"mask {number}" for number in range(len(masks)))]
    arrays = [torch.as_tensor(array).float() for array in (hu, *masks)]
    arrays[0] = arrays[0].clamp(*LIMITS_HU)
    smooth = (0.2, how.smooth)
    steps = Compose(
        [
            *(RandFlipd(names, prob=0.5, spatial_axis=axis) for axis in how.flips),
            RandAffined(
                names,
                prob=1.0,
                rotate_range=(0.0, 0.0, how.turn),
                scale_range=(how.scale,) * 3,
                mode=["bilinear"] + ["nearest"] * len(masks),
                padding_mode="border",
                cache_grid=False,
            ),
            RandScaleIntensityd("hu", factors=how.gain, prob=how.share),
            RandShiftIntensityd("hu", offsets=how.shift_hu, prob=how.share),
            RandAdjustContrastd("hu", gamma=how.gamma, prob=how.share),
            RandGaussianSmoothd("hu", smooth, smooth, smooth, prob=how.share / 2),
            RandSimulateLowResolutiond("hu", zoom_range=(how.zoom, 1.0), prob=how.share / 2),
            RandGaussianNoised("hu", std=how.noise_hu, prob=how.share),
        ]
    )
    steps.set_random_state(seed=int(rng.integers(2**31)))
    result = steps(dict(zip(names, arrays, strict=True)))
    return tuple(np.asarray(torch.as_tensor(result[name])[0].numpy(), dtype=np.float32) for name in names)
