"""What the liver network learns from: abdomens as it sees them, changed at random, and crops of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from livercad.learning.cases import LabelledCase
from livercad.networks.leuven_unet import LIVER_SHRINKAGE
from livercad.segmentation.liver import HALO, SPACING_MM, WINDOW
from livercad.segmentation.resampling import NetworkGrid
from livercad.segmentation.scaling import scale_ct
from livercad.segmentation.training.augmentation import LIVER, Augmentation, changed
from livercad.segmentation.training.views import View

CROP = (81, 81, 81)
"""Voxels of a crop; multiples of 27, the strides of the network together."""
LOST = LIVER_SHRINKAGE // 2
"""Voxels that the network's up-sampling costs at either end."""
EDGE = 6
"""Further voxels along the border of what comes out that nothing is learnt from: they lack context."""

Array = npt.NDArray[np.float32]


def liver_arrays(case: LabelledCase) -> dict[str, npt.NDArray[np.generic]]:
    """Bring a case to the network's grid, to be cached.

    Parameters
    ----------
    case : LabelledCase
        Its liver is outlined.

    Returns
    -------
    dict of str to ndarray, each of shape (1, i, j, k)
        ``hu`` int16 and ``liver`` uint8, of all of the image.

    Raises
    ------
    InputError
        If a file cannot be used.
    """
    image, label = case.read_image(), case.read_label()
    case.check_grid(image, label)
    grid = NetworkGrid.over(image, SPACING_MM)
    liver = grid.to_network((label.array > 0).astype(np.uint8))
    return {
        "hu": np.rint(grid.to_network(image.array)).astype(np.int16)[None],
        "liver": (liver > 0.5).astype(np.uint8)[None],
    }


def draw_liver(arrays: Mapping[str, Any], crops: int, rng: np.random.Generator, how: Augmentation = LIVER) -> View:
    """Draw a view of a case.

    Parameters
    ----------
    arrays : dict
        What `liver_arrays` gives.
    crops : int
        How many; every other one around a voxel of the liver's border, the others anywhere.
    rng : numpy.random.Generator
        Draws everything.
    how : Augmentation
        How far the case is changed.

    Returns
    -------
    View
        Normalisations look at all of the window, as in use. Of a volume longer than one, a window is drawn.
    """
    hu, liver = changed(arrays["hu"], (arrays["liver"],), how, rng)
    places = [_start(n, window, rng) for n, window in zip(hu.shape, WINDOW, strict=True)]
    whole, truth = (_window(array, places) for array in (scale_ct(hu), liver))
    known = _window(np.ones_like(hu), places)
    border = np.flatnonzero(_border(truth > 0.5))
    cuts = []
    for number in range(crops):
        size = np.array(whole.shape)
        if number % 2 == 0 and len(border):
            middle = np.array(np.unravel_index(int(border[rng.integers(len(border))]), whole.shape))
            middle = middle + rng.integers(-12, 13, 3)
        else:
            middle = rng.integers(0, size)
        cuts.append(np.clip(middle - np.asarray(CROP) // 2, 0, size - CROP))
    inner = slice(LOST, -LOST)
    away = np.zeros(np.subtract(CROP, 2 * LOST), bool)
    away[(slice(EDGE, -EDGE),) * 3] = True

    def cut(array: Array) -> Array:
        return np.stack([array[tuple(slice(a, a + n) for a, n in zip(p, CROP, strict=True))] for p in cuts])[:, None]

    return View(
        torch.from_numpy(whole)[None, None],
        None,
        torch.from_numpy(cut(whole)),
        torch.from_numpy((cut(truth)[..., inner, inner, inner] > 0.5).astype(np.float32)),
        torch.from_numpy((cut(known)[..., inner, inner, inner] > 0.5) & away),
    )


def _start(length: int, window: int, rng: np.random.Generator) -> int:
    """Where a window begins: centred on a shorter image (as `window_starts` does it), anywhere in a longer one."""
    return (length - window) // 2 if length <= window else int(rng.integers(0, length - window + 1))


def _window(array: Array, places: list[int]) -> Array:
    """Cut a window with its halo; 0 beyond the image, as in use."""
    starts = np.subtract(places, HALO)
    stops = np.add(places, WINDOW) + HALO
    before, after = np.maximum(0, -starts), np.maximum(0, stops - array.shape)
    inside = tuple(slice(max(0, a), b) for a, b in zip(starts, stops, strict=True))
    return np.pad(array[inside], list(zip(before, after, strict=True)))


def _border(liver: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    from scipy import ndimage

    return np.asarray(liver & ~ndimage.binary_erosion(liver))
