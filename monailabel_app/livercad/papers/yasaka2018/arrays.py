"""Image sets as the network takes them: the 52-fold training set, and the test set."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from livercad.code import code_hash
from livercad.core.taxonomy import YasakaCategory
from livercad.papers.yasaka2018.augmentation import turned, variants_of
from livercad.papers.yasaka2018.capture import network_images, opened
from livercad.papers.yasaka2018.image_sets import ImageSet, hash_of
from livercad.papers.yasaka2018.settings import AugmentationSettings, CaptureSettings
from livercad.progress import Progress, silent
from livercad.studies.atomic import replacing

CATEGORIES = tuple(YasakaCategory)
"""In the order of the network's outputs."""
CODE = ("livercad.papers.yasaka2018.augmentation", "livercad.papers.yasaka2018.capture", __name__)
"""What arrays depend on, but for their image sets: of another version's code they are made again."""


def categories_of(sets: Sequence[ImageSet]) -> np.ndarray:
    """The diagnoses.

    Parameters
    ----------
    sets : sequence of ImageSet
        Image sets.

    Returns
    -------
    ndarray of int64, shape (sets,)
        Indices into `CATEGORIES`.
    """
    return np.array([CATEGORIES.index(each.category) for each in sets], dtype=np.int64)


def images_of(sets: Sequence[ImageSet], folder: Path, settings: CaptureSettings) -> np.ndarray:
    """Load image sets as they are, for a test.

    Parameters
    ----------
    sets : sequence of ImageSet
        Image sets.
    folder : Path
        Where their files are.
    settings : CaptureSettings
        Sizes.

    Returns
    -------
    ndarray of uint8, shape (sets, phases, pixels, pixels)
        Grey values.
    """
    return np.stack([network_images(_open(each, folder), settings) for each in sets])


@dataclass(frozen=True, eq=False)
class TrainingArrays:
    """The augmented training set: every copy has a number.

    Parameters
    ----------
    variants : ndarray of uint8, shape (sets, variants, phases, pixels, pixels)
        Copies but for their rotation; may be mapped from a file.
    categories : ndarray of int64, shape (sets,)
        Of the originals.
    quarter_turns : tuple of int
        Rotations of each variant.
    """

    variants: np.ndarray
    categories: np.ndarray
    quarter_turns: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.variants) * self.variants.shape[1] * len(self.quarter_turns)

    def batch(self, numbers: np.ndarray, channels: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        """Take some of the copies.

        Parameters
        ----------
        numbers : ndarray of int, shape (batch,)
            From 0.
        channels : sequence of int
            Phases wanted.

        Returns
        -------
        images : ndarray of uint8, shape (batch, channels, pixels, pixels)
            Grey values.
        categories : ndarray of int64, shape (batch,)
            Indices into `CATEGORIES`.
        """
        rest, turn = np.divmod(numbers, len(self.quarter_turns))
        original, variant = np.divmod(rest, self.variants.shape[1])
        images = self.variants[original[:, None], variant[:, None], np.asarray(channels)[None, :]]
        return turned(images, np.asarray(self.quarter_turns)[turn]), self.categories[original]


def training_arrays(
    sets: Sequence[ImageSet],
    folder: Path,
    cache: Path,
    capture: CaptureSettings,
    augmentation: AugmentationSettings,
    seed: int,
    progress: Progress = silent,
) -> Path:
    """Augment the training image sets into one file.

    Parameters
    ----------
    sets : sequence of ImageSet
        Of the training part.
    folder : Path
        Where their files are.
    cache : Path
        Where the array is kept; one of other image sets or settings there is removed.
    capture, augmentation : CaptureSettings, AugmentationSettings
        How.
    seed : int
        Of the noise.
    progress : Progress
        Counts image sets.

    Returns
    -------
    Path
        An array file of uint8, shape (sets, variants, phases, pixels, pixels).
    """
    made_from = (code_hash(*CODE), hash_of(sets), capture.model_dump_json(), augmentation.model_dump_json(), seed)
    digest = hashlib.sha256(" ".join(map(str, made_from)).encode()).hexdigest()
    path = cache / f"training_{digest[:16]}.npy"
    if path.is_file():
        return path
    for old in cache.glob("training_*.npy"):
        old.unlink()
    rng = np.random.default_rng((seed, 52))
    shape = (len(sets), augmentation.variants, 3, capture.pixels, capture.pixels)
    with replacing(path) as temporary:
        array = np.lib.format.open_memmap(temporary, mode="w+", dtype=np.uint8, shape=shape)
        for n, each in enumerate(sets):
            array[n] = variants_of(_open(each, folder), augmentation, capture, rng)
            progress(n + 1, len(sets), "augmenting")
        array.flush()
        del array
    return path


def _open(each: ImageSet, folder: Path) -> list:
    return opened([path.read_bytes() for path in each.paths(folder)])
