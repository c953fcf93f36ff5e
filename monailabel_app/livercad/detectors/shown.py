"""What the detectors that draw boxes see of a scene."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

from livercad.core.phases import REFERENCE_ORDER, Phase
from livercad.detectors.scene import Array, Block, Scene

UNIT_HU = 100.0
"""Contrast that comes to 1 in the networks' input."""
ENLARGED = 2
"""Slices are shown to Faster R-CNN at half the scene's spacing."""

Shown = Mapping[Phase, Array]
"""A scene's block that is searched as both networks see it: contrast in `UNIT_HU`, 0 where it is not searched."""


def searched_block(scene: Scene) -> Block:
    """The block of a scene that holds all that is searched; the whole scene where nothing is."""
    found: list[Block] = ndimage.find_objects((scene.searched | ~scene.searched.any()).astype(np.uint8))
    return found[0]


def shown_of(scene: Scene, block: Block) -> dict[Phase, Array]:
    """A block of a scene as both networks see it."""
    searched = scene.searched[block]
    return {
        phase: np.where(searched, contrast[block] / np.float32(UNIT_HU), np.float32(0))
        for phase, contrast in scene.contrast.items()
    }


def reference_of(phases: Collection[Phase]) -> Phase:
    """The phase that is read first."""
    return next(phase for phase in REFERENCE_ORDER if phase in phases)


def channels_of(shown: Shown) -> Tensor:
    """A scene as RetinaNet takes it, shape (phases, i, j, k); phases that are missing are 0."""
    zero = np.zeros(next(iter(shown.values())).shape, np.float32)
    return torch.from_numpy(np.stack([shown.get(phase, zero) for phase in Phase]))


def slices_of(image: Array) -> list[Tensor]:
    """Slices as Faster R-CNN takes them: each between its neighbours, shape (3, rows, columns), in about [0, 1]."""
    padded = 0.5 + np.pad(image, ((0, 0), (0, 0), (1, 1)), mode="edge") / 2
    large = np.repeat(np.repeat(padded.transpose(2, 1, 0), ENLARGED, axis=1), ENLARGED, axis=2)
    return [torch.from_numpy(large[k : k + 3]) for k in range(image.shape[2])]
