"""The regions of interest as arrays, made once and kept, with the hash of what they hold (sections 2.3 and 2.4)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from livercad.code import code_hash
from livercad.core.circle import Circle
from livercad.core.planar_roi import planar_square
from livercad.papers.workers import run_all, tick
from livercad.papers.yamakawa2020.dataset import Dataset
from livercad.papers.yamakawa2020.settings import CropSet, CropSettings
from livercad.progress import Progress, silent
from livercad.studies.atomic import replacing, write_text
from livercad.studies.ultrasound.image import ListedImage
from livercad.studies.ultrasound.reading import read_image

Grey = npt.NDArray[np.uint8]

CODE = ("livercad.core.circle", "livercad.core.planar_roi", "livercad.core.roi", __name__)
"""What arrays depend on, but for the images and settings: of another version's code they are made again."""
HASH = ".sha256"
"""Ending of the file beside an array."""


@dataclass(frozen=True)
class Crops:
    """All images of a study, cut in one way.

    Parameters
    ----------
    path : Path
        Of a ``.npy`` file, uint8, shape (images, angles, pixels, pixels); the first angle is 0.
    sha256 : str
        Of the grey values: trainings depend on it, and not on how or when the array was made.
    """

    path: Path
    sha256: str


def turned_crops(image: Grey, circle: Circle, crop: CropSet, settings: CropSettings) -> Grey:
    """Cut the region around a tumour, from the image as it is and turned about the tumour.

    Parameters
    ----------
    image : ndarray of uint8, shape (rows, columns)
        Whole: the corners of a turned region show the image.
    circle : Circle
        Touches the tumour.
    crop : CropSet
        Ratio and place.
    settings : CropSettings
        Sizes and angles.

    Returns
    -------
    ndarray of uint8, shape (1 + angles, pixels, pixels)
        Black beyond the image.
    """
    squares = [
        planar_square(
            image, circle, settings.pixels, ratio=crop.ratio, smallest=settings.smallest, angle=angle,
            shift=(0.0, crop.down),
        )
        for angle in (0.0, *settings.angles)
    ]  # fmt: skip
    return np.round(np.stack(squares)).astype(np.uint8)


def make_all_crops(
    dataset: Dataset,
    crops: Sequence[CropSet],
    settings: CropSettings,
    cache: Path,
    workers: int,
    progress: Progress = silent,
) -> dict[CropSet, Crops]:
    """Cut all images in all ways.

    Parameters
    ----------
    dataset : Dataset
        The images.
    crops : sequence of CropSet
        The ways.
    settings : CropSettings
        Sizes and angles.
    cache : Path
        Folder; what is there is not made again, arrays of other images, settings or code are removed.
    workers : int
        Processes.
    progress : Progress
        Told of every image.

    Returns
    -------
    dict of CropSet to Crops
        In their order.

    Raises
    ------
    InputError
        If an image can no longer be read.
    """
    paths = {crop: _path_of(dataset, crop, settings, cache) for crop in crops}
    wanted = {path for path in paths.values()} | {path.with_suffix(HASH) for path in paths.values()}
    for old in cache.glob("crops-*"):
        if old not in wanted:
            old.unlink()
    todo = [crop for crop, path in paths.items() if not (path.is_file() and path.with_suffix(HASH).is_file())]
    run_all(
        partial(_make, dataset.images, settings, paths),
        todo,  # the smallest ratio takes longest and is the first
        workers,
        len(todo) * len(dataset.images),
        progress,
        "cutting regions of interest",
        ticks=True,
    )
    return {crop: Crops(path, path.with_suffix(HASH).read_text(encoding="utf-8")) for crop, path in paths.items()}


def _path_of(dataset: Dataset, crop: CropSet, settings: CropSettings, cache: Path) -> Path:
    cut = settings.model_dump(exclude={"ratios"})
    made_from = f"{code_hash(*CODE)} {dataset.sha256} {dataset.circles} {crop} {cut}"
    return cache / f"crops-{crop.name}-{hashlib.sha256(made_from.encode()).hexdigest()[:16]}.npy"


def _make(images: Sequence[ListedImage], settings: CropSettings, paths: dict[CropSet, Path], crop: CropSet) -> None:
    content = hashlib.sha256()
    shape = (len(images), 1 + len(settings.angles), settings.pixels, settings.pixels)
    with replacing(paths[crop]) as temporary:
        array = np.lib.format.open_memmap(temporary, mode="w+", dtype=np.uint8, shape=shape)
        for number, image in enumerate(images):
            array[number] = turned_crops(read_image(image).array, image.lesions[0].circle, crop, settings)
            content.update(array[number].tobytes())
            tick(1)
        array.flush()
        del array
    write_text(paths[crop].with_suffix(HASH), content.hexdigest())
