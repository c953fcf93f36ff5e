"""How unsure the lesion network is of a liver: what it says of the same liver in slightly other images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cc3d
import numpy as np
import numpy.typing as npt
from scipy import ndimage

from livercad.progress import Progress, part, silent
from livercad.segmentation.lesion_grid import BACKGROUND, LiverView

Array = npt.NDArray[np.float32]
Look = Callable[[Array, Progress], Array]
"""From a `LiverView.image` to lesion probabilities of its shape."""

SUSPECT = 0.1
"""Probability from which a place is looked at as a lesion that may be one: less than half a bit of doubt below."""


@dataclass(frozen=True)
class Change:
    """Another image that the scanner might have made of the same liver.

    Parameters
    ----------
    offset_hu : float, default 0
        Added to all HU: scanners differ by some HU, and so does the enhancement of patients.
    contrast : float, default 1
        What differences from the liver's mean are multiplied by.
    noise_hu : float, default 0
        Standard deviation of noise on the network's grid.
    shift : tuple of int, default (0, 0)
        Voxels by which the image moves along right and front, against the network's strides.
    """

    offset_hu: float = 0.0
    contrast: float = 1.0
    noise_hu: float = 0.0
    shift: tuple[int, int] = (0, 0)

    def applied(self, hu: Array, liver: Array, seed: int = 0) -> Array:
        """Change HU; the shift is not among it.

        Parameters
        ----------
        hu, liver : ndarray of float32, shape (i, j, k)
            As a `LiverBlock` has them.
        seed : int, default 0
            Of the noise.

        Returns
        -------
        ndarray of float32
            HU.
        """
        middle = hu[liver > 0.5].mean()
        changed = middle + self.contrast * (hu - middle) + np.float32(self.offset_hu)
        if self.noise_hu:
            noise = np.random.default_rng(seed).standard_normal(hu.shape, dtype=np.float32)
            changed += np.float32(self.noise_hu) * noise
        return np.asarray(changed, dtype=np.float32)


CHANGES = (
    Change(),
    Change(offset_hu=8, contrast=0.92, shift=(3, 0)),
    Change(offset_hu=-8, contrast=1.08, shift=(0, 3)),
    Change(noise_hu=10, shift=(5, 5)),
)
"""Few, for each costs as much as finding the lesions once. 8 HU and 8% are what one scanner, bolus and patient differ
from the next by; 10 HU is the noise of a good abdominal CT at 1 × 1 × 3 mm. Strides are 8 voxels. Our choice."""


def mean_probability(
    look: Look, hu: Array, liver: Array, progress: Progress = silent
) -> tuple[Array, tuple[slice, slice, slice]]:
    """Look at a liver in several images.

    Parameters
    ----------
    look : callable
        The network.
    hu, liver : ndarray of float32, shape (i, j, k)
        As a `LiverBlock` has them.
    progress : Progress
        Told of every image.

    Returns
    -------
    probability : ndarray of float32
        Mean lesion probability of the liver's box.
    box : tuple of slice
        Where that lies in `hu`.
    """
    views = [LiverView.of(change.applied(hu, liver), liver) for change in CHANGES]
    probabilities = []
    for number, (change, view) in enumerate(zip(CHANGES, views, strict=True)):
        report = part(progress, number / len(CHANGES), (number + 1) / len(CHANGES))
        i, j = change.shift
        shifted = np.pad(view.image, ((i, 0), (j, 0), (0, 0)), constant_values=BACKGROUND)
        probabilities.append(look(shifted, report)[i:, j:])
    return np.mean(probabilities, axis=0, dtype=np.float32), views[0].box


def entropy_bits(probability: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Entropy of lesion or not, in bits: 0 where the probability is 0 or 1, 1 where it is 0.5."""
    p = np.clip(np.asarray(probability, dtype=np.float64), 0, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        bits = -(p * np.log2(p) + (1 - p) * np.log2(1 - p))
    return np.nan_to_num(bits, nan=0.0)


def uncertainty_of(probability: npt.ArrayLike, liver: npt.NDArray[np.bool_], smallest: float) -> float:
    """Sum a liver's doubts up in one number.

    A liver has some million voxels and a doubtful lesion a hundred: a mean over the liver would tell the size of sure
    lesions' rims rather than whether a small one is doubtful. So each place that may be a lesion, whatever its size, is
    judged by the mean over its own voxels, where the rim of a large sure lesion counts little; the most doubtful place
    speaks for the case. The mean over the liver is added: it decides between cases whose worst places are alike, or
    that have none.

    Parameters
    ----------
    probability : array_like, shape (i, j, k)
        Mean lesion probability.
    liver : ndarray of bool, shape (i, j, k)
        The liver; nothing outside counts.
    smallest : float
        Voxels; smaller places than this are noise, as in the findings.

    Returns
    -------
    float
        In bits, in [0, 2].
    """
    bits = entropy_bits(probability)
    suspect = (np.asarray(probability) >= SUSPECT) & liver
    places, count = cc3d.connected_components(suspect, connectivity=26, return_N=True)
    numbers = np.arange(1, count + 1)
    means = np.asarray(ndimage.mean(bits, places, numbers)) if count else np.zeros(0)
    sizes = np.bincount(places.ravel(), minlength=count + 1)[1:]
    worst = float(means[sizes >= smallest].max(initial=0.0))
    return worst + (float(bits[liver].mean()) if liver.any() else 0.0)
