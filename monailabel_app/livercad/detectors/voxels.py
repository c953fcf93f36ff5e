"""How likely every voxel of a liver is a lesion's: a small dense network over a bank of filters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cc3d
import numpy as np
import numpy.typing as npt
from scipy import ndimage

from livercad.detectors.filters import look_around
from livercad.detectors.scene import STEP_MM, Array, Mask, Scene

LEVELS = (0.3, 0.6, 0.9)
"""Probabilities at which candidates are cut out: what flows together at one is apart at a higher one."""
SMALLEST_ML = 0.05
"""Smaller candidates are left out: a ball of 4.6 mm, as everywhere in LiverCAD."""
SAME = 0.8
"""A candidate of a lower level that shares this much (Dice) with one of a higher level is not another."""


@dataclass(frozen=True)
class VoxelNetwork:
    """Dense layers with ReLU between them.

    Parameters
    ----------
    weights : tuple of ndarray, each of shape (in, out)
        One a layer; the last has one output.
    biases : tuple of ndarray, each of shape (out,)
        Likewise.
    """

    weights: tuple[Array, ...]
    biases: tuple[Array, ...]

    def probability(self, scene: Scene) -> Array:
        """Tell how likely every voxel is a lesion's.

        Parameters
        ----------
        scene : Scene
            Of a study.

        Returns
        -------
        ndarray of float32, shape (i, j, k)
            In [0, 1]; 0 outside what is searched.
        """
        values = look_around(scene)
        for layer, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            values = values @ weight + bias
            if layer < len(self.weights) - 1:
                np.maximum(values, 0, out=values)
        whole = np.zeros(scene.searched.shape, np.float32)
        whole[scene.searched] = 1 / (1 + np.exp(-np.clip(values[:, 0], -30, 30)))
        return whole

    def to_tensors(self) -> dict[str, npt.NDArray[np.generic]]:
        """Arrays by name, for a safetensors file."""
        layers = enumerate(zip(self.weights, self.biases, strict=True))
        return {
            f"voxels.{n}.{name}": array
            for n, pair in layers
            for name, array in zip(("weight", "bias"), pair, strict=True)
        }

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, npt.NDArray[Any]]) -> VoxelNetwork:
        """Read what `to_tensors` gave; other names are ignored."""
        count = sum(name.startswith("voxels.") for name in tensors) // 2
        weights, biases = (
            tuple(np.asarray(tensors[f"voxels.{n}.{name}"], np.float32) for n in range(count))
            for name in ("weight", "bias")
        )
        return cls(weights, biases)


def cut_out(probability: Array) -> list[Mask]:
    """Cut candidates out of a probability, at several levels.

    Parameters
    ----------
    probability : ndarray of float32, shape (i, j, k)
        Of a scene's voxels.

    Returns
    -------
    list of ndarray of bool
        Those of the highest level first; they may lie in each other.
    """
    least = SMALLEST_ML * 1000 / STEP_MM**3
    found: list[Mask] = []
    above: npt.NDArray[Any] = np.zeros(probability.shape, np.uint32)
    above_sizes = np.zeros(1)
    for level in sorted(LEVELS, reverse=True):
        pieces = cc3d.connected_components(np.asfortranarray(probability >= level), connectivity=6)
        sizes = np.bincount(pieces.ravel()).astype(np.float64)
        within = np.zeros(len(sizes))
        np.maximum.at(within, pieces[above > 0], above_sizes[above[above > 0]])
        blocks = ndimage.find_objects(pieces)
        for number in np.flatnonzero((sizes >= least) & (2 * within < SAME * (within + sizes))):
            if number:
                piece = np.zeros(probability.shape, bool)
                piece[blocks[number - 1]] = pieces[blocks[number - 1]] == number
                found.append(piece)
        above, above_sizes = pieces, sizes
    return found
