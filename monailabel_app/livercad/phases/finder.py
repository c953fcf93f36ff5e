"""The organs of a CT volume, found by the small organ network."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch

from livercad.core.volume import Volume
from livercad.networks.organ_unet import STRIDE, OrganUNet, SureLabels
from livercad.phases.embedding import liver_features
from livercad.phases.features import KIDNEY, largest_pieces
from livercad.phases.organs import SPACING_MM, Organ, scale_hu
from livercad.segmentation.resampling import NetworkGrid
from livercad.segmentation.runtimes import load_runtime

LEAST_PROBABILITY = 0.6
"""Voxels of which the network is less sure are nobody's: fewer voxels, but the organ's own."""
ABOVE_LIVER_MM, BELOW_LIVER_MM = 40.0, 100.0
"""What is looked at around the liver: heart and kidneys. Pelvis and neck hold nothing that tells more."""
LONGEST_MM = 384.0
"""How much of a volume is looked at at once, along the body, where the liver is not known."""
PAD_HU = -1000.0
SIZES_KEPT = 8
"""Sizes of images that the network stays compiled for: the phases of a study often have the same."""


@dataclass(frozen=True)
class OrgansSeen:
    """The part of a volume that was looked at, at the network's spacing, axes to right, front and head.

    Parameters
    ----------
    image : ndarray of float32, shape (i, j, k)
        HU.
    labels : ndarray of uint8, shape (i, j, k)
        `Organ` of every voxel.
    liver : ndarray of bool, shape (i, j, k), or None
        The liver that was given.
    """

    image: npt.NDArray[np.float32]
    labels: npt.NDArray[np.uint8]
    liver: npt.NDArray[np.bool_] | None


class OrganFinder:
    """Finds organs.

    Parameters
    ----------
    tensors : mapping of str to Tensor
        The state of an `OrganUNet`.
    device : str
        ``auto``, ``cpu`` or ``cuda``.
    """

    def __init__(self, tensors: Mapping[str, torch.Tensor], device: str) -> None:
        network = self._network = OrganUNet(len(Organ))
        network.load_state_dict({name: tensor.float() for name, tensor in tensors.items()})
        with warnings.catch_warnings():
            # Instance normalisation checks the size of what it is given, which tracing cannot follow and need not.
            warnings.simplefilter("ignore", torch.jit.TracerWarning)
            self._run = load_runtime(SureLabels(network, LEAST_PROBABILITY, KIDNEY), (8 * STRIDE,) * 3, device)
        self.runtime = self._run.name
        self._ready = lru_cache(maxsize=SIZES_KEPT)(self._run.for_windows)

    def __call__(self, ct: Volume, liver: Volume | None = None) -> OrgansSeen:
        """Find the organs.

        Parameters
        ----------
        ct : Volume
            CT in HU, on any grid.
        liver : Volume, optional
            Mask on the grid of `ct`; without it the part of the volume that shows most of a liver is used.

        Returns
        -------
        OrgansSeen
            Image and organs at the network's spacing.
        """
        grid = NetworkGrid.over(ct, SPACING_MM)
        image = grid.to_network(ct.array)
        if liver is None or not liver.array.any():
            seen = [(part, self.label(part)) for part in _parts(image)]
            image, labels = max(seen, key=lambda each: int((each[1] == Organ.LIVER).sum()))
            near = surroundings_of(largest_pieces(labels == Organ.LIVER, 1))
            return OrgansSeen(image[near], labels[near], None)
        mask = grid.to_network(liver.array) > 0.5
        near = surroundings_of(mask)
        return OrgansSeen(image[near], self.label(image[near]), mask[near])

    def label(self, image: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
        """Label an image at the network's spacing.

        Parameters
        ----------
        image : ndarray of float32, shape (i, j, k)
            HU; axes to right, front and head.

        Returns
        -------
        ndarray of uint8, shape (i, j, k)
            `Organ` of every voxel.
        """
        padded = _padded(image, PAD_HU)
        inside = tuple(slice(0, n) for n in image.shape)
        return self._ready(padded.shape)(scale_hu(padded))[inside].round().astype(np.uint8)

    def liver_features(self, ct: Volume, liver: Volume) -> npt.NDArray[np.float32]:
        """Tell where the network places a liver among others.

        Parameters
        ----------
        ct : Volume
            CT in HU, on any grid.
        liver : Volume
            Mask on the same grid, not empty.

        Returns
        -------
        ndarray of float32, shape (channels,)
            See `livercad.phases.embedding`.
        """
        grid = NetworkGrid.over(ct, SPACING_MM)
        share = grid.to_network(liver.array)
        near = surroundings_of(share > 0)
        image = grid.to_network(ct.array)[near]
        return liver_features(self._network, _padded(image, PAD_HU), _padded(share[near], 0.0))


def surroundings_of(liver: npt.NDArray[np.bool_]) -> tuple[slice, slice, slice]:
    """The slices around a liver, as an index of the volume."""
    levels = np.flatnonzero(liver.any(axis=(0, 1)))
    if not levels.size:
        return np.s_[:, :, :]
    low = levels[0] - round(BELOW_LIVER_MM / SPACING_MM[2])
    return np.s_[:, :, max(0, int(low)) : int(levels[-1]) + round(ABOVE_LIVER_MM / SPACING_MM[2])]


def _padded(image: npt.NDArray[np.float32], value: float) -> npt.NDArray[np.float32]:
    """An image whose sides the network can halve as often as it does."""
    return np.pad(image, [(0, -n % STRIDE) for n in image.shape], constant_values=value)


def _parts(image: npt.NDArray[np.float32]) -> list[npt.NDArray[np.float32]]:
    """A long volume in parts that overlap by half, none longer than `LONGEST_MM`."""
    longest, count = round(LONGEST_MM / SPACING_MM[2]), image.shape[2]
    if count <= longest:
        return [image]
    starts = range(0, count - longest // 2, longest // 2)
    return [image[:, :, start : start + longest] for start in starts]
