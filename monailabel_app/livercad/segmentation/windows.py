"""Windows over a volume that is larger than one, blended where they overlap."""

from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt

from livercad.progress import Progress, silent
from livercad.segmentation.runtimes import Runtime, Size

Array = npt.NDArray[np.float32]


def window_starts(length: int, window: int, overlap: float) -> list[int]:
    """Spread windows evenly along one axis, so that the first begins and the last ends with it.

    Parameters
    ----------
    length, window : int
        Voxels of the axis and of a window's output.
    overlap : float
        Least share of a window that it has in common with the next, in [0, 1).

    Returns
    -------
    list of int
        First voxel of each window. One window longer than the axis is centred on it, and so starts below 0.
    """
    if length <= window:
        return [(length - window) // 2]
    count = int(np.ceil((length - window) / (window * (1 - overlap)))) + 1
    return [int(start) for start in np.linspace(0, length - window, count).round()]


def predict_in_windows(
    image: Array,
    window: Size,
    halo: Size,
    run: Runtime,
    *,
    background: float,
    overlap: float,
    progress: Progress = silent,
    what: str = "predicting",
) -> Array:
    """Predict window after window.

    Parameters
    ----------
    image : ndarray of float32, shape (i, j, k)
        Scaled image on the network's grid.
    window : tuple of int
        Voxels (i, j, k) of a window's output.
    halo : tuple of int
        Voxels (i, j, k) that the network needs around it, on either side.
    run : Runtime
        The network, which takes `window` + 2 `halo` voxels and gives `window`.
    background : float
        What the network sees beyond the image's edge.
    overlap : float
        Least share of a window that it has in common with the next, in [0, 1).
    progress : Progress
        Told after every window.
    what : str
        What to call the work.

    Returns
    -------
    ndarray of float32, shape (i, j, k)
        The prediction for every voxel of `image`.
    """
    starts = [window_starts(n, w, overlap) for n, w in zip(image.shape, window, strict=True)]
    places = list(product(*starts))
    total = np.zeros(image.shape, dtype=np.float32)
    weight = np.zeros(image.shape, dtype=np.float32)
    ramp = _blending_weights(window)
    i, j, k = (w + 2 * h for w, h in zip(window, halo, strict=True))
    predict = run.for_windows((i, j, k))
    for done, place in enumerate(places):
        progress(done, len(places), what)
        output = predict(_cut(image, place, (i, j, k), halo, background))
        inside, own = _common(image.shape, place, window)
        total[inside] += output[own] * ramp[own]
        weight[inside] += ramp[own]
    progress(len(places), len(places), what)
    return total / weight


def _cut(image: Array, place: tuple[int, ...], size: Size, halo: Size, background: float) -> Array:
    block = np.full(size, background, dtype=np.float32)
    start = tuple(p - h for p, h in zip(place, halo, strict=True))
    inside, own = _common(image.shape, start, size)
    block[own] = image[inside]
    return block


def _common(
    shape: tuple[int, ...], start: tuple[int, ...], size: tuple[int, ...]
) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Slices of what a block has in common with an image: in the image, and in the block."""
    first = [max(s, 0) for s in start]
    last = [min(s + n, length) for s, n, length in zip(start, size, shape, strict=True)]
    inside = tuple(slice(a, b) for a, b in zip(first, last, strict=True))
    own = tuple(slice(a - s, b - s) for a, b, s in zip(first, last, start, strict=True))
    return inside, own


def _blending_weights(window: Size) -> Array:
    ramps = [np.minimum(np.arange(n) + 1, n - np.arange(n)) / n for n in window]
    return np.einsum("i,j,k->ijk", *ramps).astype(np.float32)
