"""What the lesion network learns from: livers as it sees them, changed at random, and crops around lesions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cc3d
import numpy as np
import numpy.typing as npt
import torch

from livercad.core.taxonomy import Label
from livercad.learning.cases import LabelledCase
from livercad.networks.leuven_unet import LESION_HALO
from livercad.segmentation.lesion_grid import BACKGROUND, LiverBlock, LiverView
from livercad.segmentation.lesions import SENSITIVE, STRICT, one_window
from livercad.segmentation.training.augmentation import LESIONS, Augmentation, changed
from livercad.segmentation.training.crop_network import Looked
from livercad.segmentation.training.views import View
from livercad.segmentation.windows import window_starts

MARGIN = (14, 14, 7)
"""Background around a framed liver: at least what `STRICT` looks at, and such that pooling takes the same voxels
together as in use, where a window has 44, 44 and 22 around its output."""
CROP = (96, 96, 32)
"""Voxels of a crop; multiples of 8, the strides of the network together."""
EDGE = (16, 16, 4)
"""Voxels along a crop's border that nothing is learnt from: they lack context."""

Array = npt.NDArray[np.float32]


def lesion_arrays(case: LabelledCase) -> dict[str, npt.NDArray[np.generic]]:
    """Bring a case to the network's grid, to be cached.

    Parameters
    ----------
    case : LabelledCase
        With lesions outlined, or known to have none.

    Returns
    -------
    dict of str to ndarray, each of shape (1, i, j, k)
        ``hu`` int16, ``liver`` and ``lesions`` uint8, around the liver.

    Raises
    ------
    InputError
        If a file cannot be used.
    """
    image, label = case.read_image(), case.read_label()
    case.check_grid(image, label)
    block = LiverBlock.of(image, label)
    first = block.first
    near = label.crop(first, first + block.near.shape)
    lesions = block.grid.to_network((near.array == Label.LESION).astype(np.uint8))
    return {
        "hu": np.rint(block.hu).astype(np.int16)[None],
        "liver": (block.liver > 0.5).astype(np.uint8)[None],
        "lesions": (lesions > 0.5).astype(np.uint8)[None],
    }


def framed(image: Array, statistics: tuple[int, int, int], fill: float = BACKGROUND) -> tuple[Array, Looked]:
    """Put the background around a liver that it has in use.

    Parameters
    ----------
    image : ndarray of float32, shape (i, j, k)
        As a `LiverView` has it, or a mask that belongs to one.
    statistics : tuple of int
        Voxels around the liver's window that normalisations look at: `SENSITIVE` or `STRICT`.
    fill : float
        What is around.

    Returns
    -------
    whole : ndarray of float32, shape (8 n, 8 m, 8 l)
        The window that the liver fills in use and `MARGIN` around it.
    looked : Looked
        What normalisations look at.
    """
    window = one_window(image.shape)
    before = [-window_starts(n, w, 0.0)[0] for n, w in zip(image.shape, window, strict=True)]
    width = [
        (margin + first, margin + size - first - n)
        for margin, first, size, n in zip(MARGIN, before, window, image.shape, strict=True)
    ]
    i, j, k = (slice(margin, margin + size) for margin, size in zip(MARGIN, window, strict=True))
    return np.pad(image, width, constant_values=fill), Looked((i, j, k), statistics, LESION_HALO)


def draw_lesions(arrays: Mapping[str, Any], crops: int, rng: np.random.Generator, how: Augmentation = LESIONS) -> View:
    """Draw a view of a case.

    Parameters
    ----------
    arrays : dict
        What `lesion_arrays` gives.
    crops : int
        How many; every other one around a lesion if there is any, the others anywhere in the liver.
    rng : numpy.random.Generator
        Draws everything.
    how : Augmentation
        How far the case is changed.

    Returns
    -------
    View
        In half of them normalisations look at what they look at in the strict pass.
    """
    hu, liver, lesions = changed(arrays["hu"], (arrays["liver"], arrays["lesions"]), how, rng)
    view = LiverView.of(hu, liver)
    statistics = STRICT if rng.random() < 0.5 else SENSITIVE
    whole, looked = framed(view.image, statistics)
    inside, _ = framed(view.inside.astype(np.float32), statistics, 0.0)
    truth, _ = framed(((lesions[view.box] > 0.5) & view.inside).astype(np.float32), statistics, 0.0)
    where = _places(truth, inside, crops, rng)
    counts = _cut(inside, where) > 0.5
    middle = np.zeros(CROP, bool)
    middle[tuple(slice(edge, -edge) for edge in EDGE)] = True
    return View(
        torch.from_numpy(whole)[None, None],
        looked,
        torch.from_numpy(_cut(whole, where, BACKGROUND)),
        torch.from_numpy(_cut(truth, where)),
        torch.from_numpy(counts & middle),
    )


def _places(truth: Array, inside: Array, crops: int, rng: np.random.Generator) -> list[npt.NDArray[np.int64]]:
    """First voxels of crops. Lesions are drawn by number, so that small ones come as often as large ones."""
    lesions, count = cc3d.connected_components(truth > 0.5, connectivity=26, return_N=True)
    places = []
    for number in range(crops):
        seen = lesions == rng.integers(1, count + 1) if count and number % 2 == 0 else inside > 0.5
        voxels = np.flatnonzero(seen)
        middle = np.array(np.unravel_index(int(voxels[rng.integers(len(voxels))]), truth.shape))
        reach = np.asarray(CROP) // 2 - np.asarray(EDGE)
        middle = middle + rng.integers(-(reach // 2), reach // 2 + 1)
        places.append(np.clip(middle - np.asarray(CROP) // 2, 0, np.maximum(0, np.subtract(truth.shape, CROP))))
    return places


def _cut(array: Array, places: list[npt.NDArray[np.int64]], fill: float = 0.0) -> Array:
    missing = [(0, max(0, side - n)) for side, n in zip(CROP, array.shape, strict=True)]
    wide = np.pad(array, missing, constant_values=fill)
    cuts = [wide[tuple(slice(a, a + side) for a, side in zip(place, CROP, strict=True))] for place in places]
    return np.stack(cuts)[:, None]
