"""The slices' pixels as the networks take them, kept as arrays with the hash of what they hold."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from livercad.code import code_hash
from livercad.papers.aluko2018.images import ImageData
from livercad.progress import Progress, silent
from livercad.studies.atomic import replacing, write_text
from livercad.studies.deeplesion.folder import DeepLesion
from livercad.studies.deeplesion.slices import read_stack, windowed

CODE = (__name__, "livercad.studies.deeplesion.slices")
"""What arrays depend on, but for the images: of another version's code they are made again."""
HASH = ".sha256"
"""Ending of the file beside an array."""


@dataclass(frozen=True)
class Pixels:
    """All images in one size.

    Parameters
    ----------
    path : Path
        Of a ``.npy`` file, uint8, shape (examples, 3, size, size).
    sha256 : str
        Of the pixels: trainings depend on it, and not on how or when the array was made.
    """

    path: Path
    sha256: str

    def array(self) -> npt.NDArray[np.uint8]:
        """The pixels, read as they are asked for."""
        array: npt.NDArray[np.uint8] = np.load(self.path, mmap_mode="r")
        return array


def pixels_of(
    data: ImageData, window: tuple[float, float], size: int, cache: Path, progress: Progress = silent
) -> Pixels:
    """Write all images in one size as one array.

    Parameters
    ----------
    data : ImageData
        Whose.
    window : tuple of float
        HU of black and white.
    size : int
        Rows and columns wanted.
    cache : Path
        Folder; what is there is not made again, an array of other images (or files of other dates) or code is removed.
    progress : Progress
        Called after every image.

    Returns
    -------
    Pixels
        In the order of `ImageData.examples`.

    Raises
    ------
    InputError
        If a slice cannot be read.
    """
    made_from = hashlib.sha256(f"{code_hash(*CODE)} {_stamps(data.source)} {window}".encode()).hexdigest()
    path = cache / f"images-{size}-{made_from[:16]}.npy"
    if path.is_file() and path.with_suffix(HASH).is_file():
        return Pixels(path, path.with_suffix(HASH).read_text(encoding="utf-8"))
    for old in cache.glob(f"images-{size}-*"):
        old.unlink()
    content = hashlib.sha256()
    with replacing(path) as temporary:
        array = np.lib.format.open_memmap(
            temporary, mode="w+", dtype=np.uint8, shape=(len(data.examples), 3, size, size)
        )
        for number, key in enumerate(data.source.slices):
            progress(number, len(data.examples), f"images of {size} pixels")
            array[number] = scaled(windowed(read_stack(data.source, key).hu, window), size)
            content.update(array[number].tobytes())
        array.flush()
        del array
    write_text(path.with_suffix(HASH), content.hexdigest())
    return Pixels(path, content.hexdigest())


def _stamps(source: DeepLesion) -> list[tuple[str, list[tuple[int, int] | None]]]:
    """Sizes and dates of the slices' files: told without reading them, and good enough for a cache."""
    found = []
    for key in source.slices:
        paths = [source.path_of(key.series, key.index + step) for step in (-1, 0, 1)]
        stats = [path.stat() if path else None for path in paths]
        found.append((key.image, [(stat.st_size, stat.st_mtime_ns) if stat else None for stat in stats]))
    return found


def scaled(images: npt.NDArray[np.float32], size: int) -> npt.NDArray[np.uint8]:
    """Scale images and round their values.

    Parameters
    ----------
    images : ndarray, shape (n, rows, columns)
        In [0, 255].
    size : int
        Rows and columns wanted; boxes told in shares of the sides stay where they are.

    Returns
    -------
    ndarray of uint8, shape (n, size, size)
        Bilinear, with the neighbourhood averaged where it shrinks.
    """
    rounded = np.round(images).astype(np.uint8)
    if rounded.shape[1:] == (size, size):
        return rounded
    return np.stack(
        [np.asarray(Image.fromarray(image).resize((size, size), Image.Resampling.BILINEAR)) for image in rounded]
    )
