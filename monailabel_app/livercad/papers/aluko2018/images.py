"""From a DeepLesion folder to what the networks learn from: images, boxes, and who is in training and test."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from pydantic import BaseModel, ConfigDict

from livercad.errors import InputError
from livercad.papers.aluko2018.settings import DataSettings
from livercad.papers.aluko2018.split import parts_of
from livercad.studies.deeplesion.folder import COMPLETE, DeepLesion, KeySlice, read_deeplesion
from livercad.studies.deeplesion.rows import LesionRow, Part, PixelBox


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
    """

    source: DeepLesion
    examples: tuple[Example, ...]
    is_complete: bool
    notes: tuple[str, ...]

    def numbers(self, part: Part) -> list[int]:
        """Which examples are in a part."""
        return [number for number, example in enumerate(self.examples) if example.part is part]

    def truth_hash(self, *, with_kinds: bool) -> str:
        """SHA-256 of what networks learn besides pixels: who is in which part, and boxes around what is marked.

        Parameters
        ----------
        with_kinds : bool
            Whether what the lesions are counts as well.
        """
        told = [
            (example.part.value, [(lesion.box, lesion.kind if with_kinds else "") for lesion in example.lesions])
            for example in self.examples
        ]
        return hashlib.sha256(repr(told).encode()).hexdigest()

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
        If the table is wrong, a box lies beside its image, or training or test has no image.
    """
    data = read_deeplesion(folder, settings.types, with_noisy=settings.with_noisy)
    complete = _complete(folder, settings)
    parts, told = parts_of(data, settings.split, seed)
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
    return ImageData(data, tuple(examples), bool(complete), tuple(notes))


def _marked(row: LesionRow, data: DeepLesion, key: KeySlice) -> Marked:
    columns, rows = row.size or _size_of(data, key)
    x0, y0, x1, y1 = row.box
    shares = np.clip([x0 / columns, y0 / rows, x1 / columns, y1 / rows], 0, 1).tolist()
    if shares[0] == shares[2] or shares[1] == shares[3]:
        found, expected = f"the box {row.box} beside an image of {columns} × {rows} pixels", "a box in the image"
        todo = "Mend the row of the table, or take it out."
        raise InputError(f"{data.folder}, {row.image}", found=found, expected=expected, todo=todo)
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
