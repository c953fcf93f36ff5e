"""The published networks used plainly, for `benchmark.py` to stand beside: float32 torch, SciPy, no overlap, no tricks.

Pre-processing, windows and thresholds are those of pyliverlesionseg 0.3 (cnn_liver_lesion_seg_CT_MR_functions.py).
Everything is on the input's closest RAS order of axes.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import cc3d
import numpy as np
import torch
from scipy import ndimage

from livercad.segmentation.scaling import scale_ct

Array = np.ndarray[Any, Any]
NEIGHBOURS = ndimage.generate_binary_structure(3, 2)
EDGES: dict[str, Any] = {"grid_mode": True, "mode": "nearest"}
"""Both grids begin at the same voxel edge; SciPy by default lets voxel centres coincide, which moves everything."""


class Float32:
    """A network in float32 torch, whatever the machine has."""

    name = "torch cpu fp32"

    def __init__(self, network: torch.nn.Module) -> None:
        self._network = network.eval()

    def for_windows(self, shape: tuple[int, int, int]) -> Any:
        """Return the network itself."""
        return self.predict

    def predict(self, window: Array) -> Array:
        """Predict one window, shape (i, j, k)."""
        with torch.inference_mode():
            return np.asarray(self._network(torch.from_numpy(window)[None, None])[0, 0].numpy())


def zoom(array: Array, spacing: Array, target: Array) -> Array:
    """Resample linearly, (I, J, K) at `spacing` to `target` in mm."""
    return np.asarray(ndimage.zoom(array.astype(np.float32), np.asarray(spacing) / target, order=1, **EDGES))


def fit(array: Array, shape: tuple[int, ...]) -> Array:
    """Resample linearly to a shape."""
    return np.asarray(ndimage.zoom(array.astype(np.float32), np.divide(shape, array.shape), order=1, **EDGES))


def cut(image: Array, start: Array, size: Array, background: float) -> Array:
    """A window that may reach beyond the image."""
    index = [np.arange(s, s + n) for s, n in zip(start, size, strict=True)]
    inside = [(i >= 0) & (i < n) for i, n in zip(index, image.shape, strict=True)]
    window = np.full(size, background, dtype=np.float32)
    window[np.ix_(*inside)] = image[np.ix_(*(i[k] for i, k in zip(index, inside, strict=True)))]
    return window


def liver(ct: Array, spacing: Array, run: Any) -> Array:
    """The liver as published: 1.5 mm, median of 3, 3 mm, one centred window, largest piece.

    Parameters
    ----------
    ct : ndarray, shape (I, J, K)
        HU, axes to right, front, head.
    spacing : ndarray, shape (3,)
        In mm.
    run : Float32
        The whole-liver network.

    Returns
    -------
    ndarray of bool, shape (I, J, K)
        The mask.
    """
    fine = ndimage.median_filter(zoom(ct, spacing, np.full(3, 1.5)), size=3)
    image = scale_ct(zoom(fine, np.full(3, 1.5), np.full(3, 3.0)))
    window_in, window_out = np.array((189, 162, 162)), np.array((163, 136, 136))
    start = np.array(image.shape) // 2 - window_in // 2
    output = run.predict(cut(image, start, window_in, 0.0))
    probability = cut(output, -(np.array(image.shape) // 2 - window_out // 2), np.array(image.shape), 0.0)
    pieces = cc3d.largest_k(np.asfortranarray(ndimage.binary_erosion(probability > 0.5, NEIGHBOURS)), k=1) > 0
    return fit(ndimage.binary_dilation(pieces, NEIGHBOURS), ct.shape) > 0.5


def lesions(ct: Array, spacing: Array, liver_mask: Array, predict: Any) -> tuple[Array, tuple[slice, ...], int]:
    """Lesions as published: windows side by side over the masked liver's box.

    Parameters
    ----------
    ct : ndarray, shape (I, J, K)
        HU, axes to right, front, head.
    spacing : ndarray, shape (3,)
        In mm.
    liver_mask : ndarray of bool, shape (I, J, K)
        The liver.
    predict : callable
        180 × 172 × 86 voxels to 92 × 84 × 42.

    Returns
    -------
    mask : ndarray of bool, shape (i, j, k)
        Lesions inside the liver's box at 1 × 1 × 3 mm.
    box : tuple of slice
        Where that box lies in the grid of 1 × 1 × 3 mm.
    windows : int
        How many were predicted.
    """
    target = np.array((1.0, 1.0, 3.0))
    inside = zoom(liver_mask, spacing, target) > 0.5
    around = ndimage.binary_dilation(inside, NEIGHBOURS, iterations=2)
    box = ndimage.find_objects(around)[0]
    image = np.where(around, scale_ct(zoom(ct, spacing, target)), np.float32(-0.5))[box]
    window_in, window_out = np.array((180, 172, 86)), np.array((92, 84, 42))
    probability = np.zeros(np.ceil(np.array(image.shape) / window_out).astype(int) * window_out, dtype=np.float32)
    starts = list(product(*(range(0, n, w) for n, w in zip(image.shape, window_out, strict=True))))
    for start in starts:
        place = tuple(slice(s, s + w) for s, w in zip(start, window_out, strict=True))
        probability[place] = predict(cut(image, np.array(start) - (window_in - window_out) // 2, window_in, -0.5))
    return (probability[tuple(slice(n) for n in image.shape)] > 0.5) & inside[box], box, len(starts)
