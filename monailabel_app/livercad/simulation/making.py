"""Phantoms made by several processes, kept in files, and follow-up examinations made of them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from livercad.progress import Progress

Item = TypeVar("Item")

FOLLOW_UP_SHARE = 0.4
"""Of a pool's patients who were examined again. Our choice, like the other numbers here: collections of real
examinations are redundant in this way, nobody has counted how much."""
MOST_FOLLOW_UPS = 3
SHIFT_PIXELS = 2
OFFSET_HU, NOISE_HU = 3.0, 8.0


def make_missing(
    make: Callable[[Path, Item], None],
    items: Sequence[Item],
    paths: Sequence[Path],
    workers: int,
    progress: Progress,
    what: str,
) -> None:
    """Make the files that are not there.

    Parameters
    ----------
    make : callable
        Writes the file of an item; can be pickled.
    items, paths : sequence
        Equally many.
    workers : int
        Processes.
    progress : Progress
        Told of every file; may raise Cancelled.
    what : str
        Shown with it.
    """
    from joblib import Parallel, delayed

    missing = [(path, item) for path, item in zip(paths, items, strict=True) if not path.exists()]
    progress(len(items) - len(missing), len(items), what)
    run = Parallel(n_jobs=workers, return_as="generator_unordered")
    with warnings.catch_warnings():
        # A worker whose memory has grown, as by large arrays, is replaced by a new one; the warning suspects a leak.
        warnings.filterwarnings("ignore", "A worker stopped while some jobs were given", UserWarning)
        for done, _ in enumerate(run(delayed(make)(path, item) for path, item in missing), 1):
            progress(len(items) - len(missing) + done, len(items), what)


def follow_ups(rng: np.random.Generator) -> int:
    """How often a patient was examined after the first time."""
    return int(rng.integers(1, MOST_FOLLOW_UPS + 1)) if rng.random() < FOLLOW_UP_SHARE else 0


def seen_again(
    images: npt.NDArray[np.number], masks: Collection[npt.NDArray[np.bool_]], rng: np.random.Generator
) -> tuple[npt.NDArray[np.float32], list[npt.NDArray[np.bool_]]]:
    """A patient's next examination, in which nothing has changed: moved a little, with other noise.

    Parameters
    ----------
    images : ndarray, shape (..., rows, columns)
        HU.
    masks : collection of ndarray of bool
        Of the same rows and columns.
    rng : Generator
        Draws it.

    Returns
    -------
    images : ndarray of float32
        In HU.
    masks : list of ndarray of bool
        Moved alike.
    """
    shift = tuple(rng.integers(-SHIFT_PIXELS, SHIFT_PIXELS + 1, 2).tolist())
    noise = rng.normal(rng.normal(0, OFFSET_HU), NOISE_HU, images.shape)
    moved = np.roll(images, shift, axis=(-2, -1)) + noise
    return moved.astype(np.float32), [np.roll(mask, shift, axis=(-2, -1)) for mask in masks]


def drawn_kinds(frequencies: dict[str, float], count: int, rng: np.random.Generator) -> list[str]:
    """Kinds of so many patients: each as often as its frequency says, rounded, in random order."""
    names, shares = list(frequencies), np.array(list(frequencies.values()))
    edges = np.round(np.cumsum(shares / shares.sum()) * count).astype(int)
    counts = np.diff(edges, prepend=0)
    return [names[n] for n in rng.permutation(np.repeat(np.arange(len(names)), counts))]
