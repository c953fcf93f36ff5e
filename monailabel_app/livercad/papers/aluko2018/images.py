"""From a DeepLesion folder to what the networks learn from: images, boxes, and who is in training and test."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from pydantic import BaseModel, ConfigDict

from livercad.errors import InputError
from livercad.papers.aluko2018.published import PaperNumbers
from livercad.papers.aluko2018.settings import DataSettings, SplitBy
from livercad.progress import Progress, silent
from livercad.studies.atomic import replacing
from livercad.studies.deeplesion.folder import COMPLETE, DeepLesion, KeySlice, read_deeplesion
from livercad.studies.deeplesion.rows import LesionRow, Part, PixelBox
from livercad.studies.deeplesion.slices import read_stack, windowed

IMAGES_OF = {
    Part.TRAINING: PaperNumbers().training_images,
    Part.VALIDATION: PaperNumbers().validation_images,
    Part.TEST: PaperNumbers().test_images,
}
"""Section 3: the shares that patients are drawn in."""


class Marked(BaseModel):
    """A lesion of an image."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    box: PixelBox
    """Shares of the image's sides, in [0, 1]."""
    kind: str
    diameter_mm: float | None


class Example(BaseModel):
    """One image: a key slice with its neighbours."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    image: str
    patient: int
    part: Part
    lesions: tuple[Marked, ...]
    """Those that are annotated, the largest first: it is the one box of the one-box networks."""
    unmarked: tuple[Marked, ...] = ()
    """Those that the slice shows besides; known of phantoms only."""
    repeated: tuple[int, ...] = ()
    """Neighbours that are missing, −1 or 1."""

    @property
    def everything(self) -> tuple[Marked, ...]:
        """All lesions that are known."""
        return self.lesions + self.unmarked


@dataclass(frozen=True)
class ImageData:
    """The images of a reproduction.

    Parameters
    ----------
    source : DeepLesion
        Where they are from.
    examples : tuple of Example
        In the table's order.
    is_complete : bool
        Whether all lesions of every slice are known.
    notes : tuple of str
        What is not used or had to be replaced, and how the split came about.
    key : str
        What the images depend on.
    """

    source: DeepLesion
    examples: tuple[Example, ...]
    is_complete: bool
    notes: tuple[str, ...]
    key: str

    def numbers(self, part: Part) -> list[int]:
        """Which examples are in a part."""
        return [number for number, example in enumerate(self.examples) if example.part is part]

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of lesions that both training and test have, sorted."""
        sides = [
            {lesion.kind for n in self.numbers(part) for lesion in self.examples[n].lesions if lesion.kind}
            for part in (Part.TRAINING, Part.TEST)
        ]
        return tuple(sorted(sides[0] & sides[1]))


def load_images(folder: Path, settings: DataSettings, seed: int) -> ImageData:
    """Read the tables of a folder and look which slices are there.

    Parameters
    ----------
    folder : Path
        As `read_deeplesion` takes it; a table ``DL_all.csv`` tells all lesions.
    settings : DataSettings
        Types, noisy annotations, split.
    seed : int
        Of a split by patient.

    Returns
    -------
    ImageData
        With images in training and test.

    Raises
    ------
    InputError
        If the table is wrong, or training or test has no image.
    """
    data = read_deeplesion(folder, settings.types, with_noisy=settings.with_noisy)
    complete = _complete(folder, settings)
    parts, told = _parts(data, settings.split, seed)
    examples, notes = [], [*data.left_out, told]
    missing = 0
    for key in data.slices:
        repeated = tuple(step for step in (-1, 1) if data.path_of(key.series, key.index + step) is None)
        missing += len(repeated)
        marked = tuple(_marked(row, data, key) for row in key.lesions)
        rest = [_marked(row, data, key) for row in complete.get(key.image, ())]
        unmarked = tuple(lesion for lesion in rest if lesion.box not in [each.box for each in marked])
        examples.append(
            Example(
                image=key.image,
                patient=key.patient,
                part=parts[key.patient],
                lesions=marked,
                unmarked=unmarked,
                repeated=repeated,
            )
        )
    if missing:
        notes.append(f"{missing} of {2 * len(examples)} neighbour slices are missing: the key slice stands for them")
    for part in (Part.TRAINING, Part.TEST):
        if not any(example.part is part for example in examples):
            raise InputError(
                folder,
                found=f"no image for {part.title} ({told})",
                expected="images for training and for test",
                todo="Name more of the data set, or set data.split to patients.",
            )
    digest = hashlib.sha256(json.dumps([e.model_dump(mode="json") for e in examples]).encode())
    digest.update(settings.model_dump_json().encode())
    for key in data.slices:
        paths = [data.path_of(key.series, key.index + step) for step in (-1, 0, 1)]
        stamps = [f"{path.stat().st_size} {path.stat().st_mtime_ns}" for path in paths if path]
        digest.update(" ".join(stamps).encode())
    return ImageData(data, tuple(examples), bool(complete), tuple(notes), digest.hexdigest())


def pixels_of(
    data: ImageData, window: tuple[float, float], size: int, cache: Path, progress: Progress = silent
) -> Path:
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
        Folder; what is there is not made again.
    progress : Progress
        Called after every image.

    Returns
    -------
    Path
        Of a ``.npy`` file, uint8, shape (examples, 3, size, size).

    Raises
    ------
    InputError
        If a slice cannot be read.
    """
    path = cache / f"images-{size}-{data.key[:16]}.npy"
    if path.is_file():
        return path
    with replacing(path) as temporary:
        array = np.lib.format.open_memmap(
            temporary, mode="w+", dtype=np.uint8, shape=(len(data.examples), 3, size, size)
        )
        for number, key in enumerate(data.source.slices):
            progress(number, len(data.examples), f"images of {size} pixels")
            array[number] = scaled(windowed(read_stack(data.source, key).hu, window), size)
        array.flush()
        del array
    return path


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


def _marked(row: LesionRow, data: DeepLesion, key: KeySlice) -> Marked:
    columns, rows = row.size or _size_of(data, key)
    x0, y0, x1, y1 = row.box
    shares = np.clip([x0 / columns, y0 / rows, x1 / columns, y1 / rows], 0, 1).tolist()
    diameter = max(row.diameters_px) * row.spacing_mm[0] if row.diameters_px and row.spacing_mm else None
    kind = row.kind or row.type.title
    return Marked(box=(shares[0], shares[1], shares[2], shares[3]), kind=kind, diameter_mm=diameter)


def _size_of(data: DeepLesion, key: KeySlice) -> tuple[int, int]:
    path = data.path_of(key.series, key.index)
    if path is None:
        return 512, 512
    with Image.open(path) as image:
        return image.size


def _complete(folder: Path, settings: DataSettings) -> dict[str, list[LesionRow]]:
    if not (folder / COMPLETE).is_file():
        return {}
    rows: dict[str, list[LesionRow]] = {}
    for row in read_deeplesion(folder, settings.types, with_noisy=True, table=COMPLETE).rows:
        rows.setdefault(row.image, []).append(row)
    return rows


def _parts(data: DeepLesion, split: SplitBy, seed: int) -> tuple[dict[int, Part], str]:
    own = {row.patient: row.part for row in data.rows}
    known = {part for part in own.values() if part}
    enough = {Part.TRAINING, Part.TEST} <= known and None not in own.values()
    if split is SplitBy.OWN or (split is SplitBy.AUTO and enough):
        told = {patient: part for patient, part in own.items() if part}
        if len(told) < len(own):
            raise InputError(
                data.folder,
                found=f"{len(own) - len(told)} patients without Train_Val_Test",
                expected="the data set's own split",
                todo="Set data.split to patients.",
            )
        return told, "split: the data set's own, by patient"
    images: dict[int, int] = {}
    for key in data.slices:
        images[key.patient] = images.get(key.patient, 0) + 1
    patients = np.random.default_rng((seed, 2018)).permutation(sorted(images)).tolist()
    parts = _dealt(patients, images)
    because = "" if split is SplitBy.PATIENTS else ", because the table's own has none for training, or not for all"
    return parts, f"split: patients drawn in the paper's shares of images (84/7.5/8.5 %){because}"


def _dealt(patients: Sequence[int], images: dict[int, int]) -> dict[int, Part]:
    """Fill test, then validation, up to their shares, but leave a patient for training; the rest is training."""
    total, wanted = sum(images.values()), sum(IMAGES_OF.values())
    parts: dict[int, Part] = {}
    left = list(patients)
    for part in (Part.TEST, Part.VALIDATION):
        count = 0
        while len(left) > 1 and count < total * IMAGES_OF[part] / wanted - 0.5:
            parts[left[0]] = part
            count += images[left.pop(0)]
    if Part.TEST not in parts.values() and len(left) > 1:
        parts[left.pop(0)] = Part.TEST
    return parts | dict.fromkeys(left, Part.TRAINING)
