"""Pictures: slices with the boxes that are there and those that networks draw (the paper's Figures 1, 4, 5, 7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from livercad.papers.aluko2018.images import Example, ImageData
from livercad.papers.sheets import draw_box
from livercad.studies.deeplesion.folder import DeepLesion
from livercad.studies.deeplesion.rows import PixelBox
from livercad.studies.deeplesion.slices import read_stack, windowed

CELL = 232
GAP = 6
TEXT = 18
COLUMNS = 4
TRUE, UNMARKED, FOUND = (60, 220, 90), (240, 200, 40), (255, 70, 60)
"""Annotated lesion, lesion that is not annotated, prediction: they differ in line too."""
INK = (31, 41, 51)
SCORE = 11
"""Pixels of a prediction's score."""


@dataclass(frozen=True)
class Drawn:
    """A picture of a sheet.

    Parameters
    ----------
    grey : ndarray of uint8, shape (rows, columns)
        The slice.
    title : str
        Stands above.
    true, unmarked : tuple of PixelBox
        In shares of the sides.
    found : tuple of (PixelBox, str)
        Likewise, with what stands at the box.
    """

    grey: npt.NDArray[np.uint8]
    title: str
    true: tuple[PixelBox, ...] = ()
    unmarked: tuple[PixelBox, ...] = ()
    found: tuple[tuple[PixelBox, str], ...] = ()


def key_slice(data: ImageData, number: int, window: tuple[float, float]) -> npt.NDArray[np.uint8]:
    """An example's key slice as it is displayed, uint8, shape (rows, columns)."""
    hu = read_stack(data.source, data.source.slices[number]).hu[1]
    return np.round(windowed(hu, window)).astype(np.uint8)


def draw_example(example: Example, grey: npt.NDArray[np.uint8], title: str = "") -> Drawn:
    """Lay an example's boxes over its slice, without predictions."""
    return Drawn(
        grey,
        title or example.image,
        tuple(lesion.box for lesion in example.lesions),
        tuple(lesion.box for lesion in example.unmarked),
    )


def contact_sheet(pictures: Sequence[Drawn], columns: int = COLUMNS, cell: int = CELL) -> Image.Image:
    """Lay pictures beside and below each other.

    Parameters
    ----------
    pictures : sequence of Drawn
        In reading order.
    columns : int
        Pictures in a row.
    cell : int
        Pixels along a picture's sides.

    Returns
    -------
    Image
        RGB.
    """
    columns = max(1, min(columns, len(pictures)))
    rows = -(-len(pictures) // columns)
    width, height = columns * (cell + GAP) - GAP, rows * (cell + TEXT + GAP) - GAP
    sheet = Image.new("RGB", (width, max(height, 1)), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    for number, picture in enumerate(pictures):
        left, top = number % columns * (cell + GAP), number // columns * (cell + TEXT + GAP)
        draw.text((left + 2, top + 2), picture.title, INK, font)
        sheet.paste(_picture(picture, cell), (left, top + TEXT))
    return sheet


def deeplesion_sheet(data: DeepLesion, window: tuple[float, float] | None, columns: int = 8) -> Image.Image:
    """All annotated slices of a folder with their boxes.

    Parameters
    ----------
    data : DeepLesion
        The folder.
    window : tuple of float, optional
        HU of black and white; each scan's own if not given.
    columns : int
        Slices in a row.

    Returns
    -------
    Image
        RGB.
    """
    pictures = []
    for key in data.slices:
        stack = read_stack(data, key)
        row = key.lesions[0]
        grey = np.round(windowed(stack.hu[1], window or row.window or (-175.0, 275.0))).astype(np.uint8)
        height, width = grey.shape
        boxes = tuple(
            (x0 / width, y0 / height, x1 / width, y1 / height) for x0, y0, x1, y1 in (each.box for each in key.lesions)
        )
        size = f"  {max(row.diameters_px) * row.spacing_mm[0]:.0f} mm" if row.diameters_px and row.spacing_mm else ""
        pictures.append(Drawn(grey, f"{key.image}{size}", boxes))
    return contact_sheet(pictures, columns)


def _picture(picture: Drawn, cell: int) -> Image.Image:
    image = Image.fromarray(picture.grey).convert("RGB").resize((cell, cell), Image.Resampling.BILINEAR)
    draw = ImageDraw.Draw(image)
    for box, text in picture.found:
        draw_box(image, _scaled(box, cell), FOUND, text, SCORE)
    # Over the predictions, of which there may be many.
    for box in picture.unmarked:
        _dashed(draw, _scaled(box, cell), UNMARKED)
    for box in picture.true:
        draw.rectangle(_scaled(box, cell), outline=TRUE)
    return image


def _scaled(box: PixelBox, cell: int) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = (min(max(value, 0.0), 1.0) * (cell - 1) for value in box)
    return x0, y0, max(x0, x1), max(y0, y1)


def _dashed(draw: ImageDraw.ImageDraw, box: tuple[float, float, float, float], color: tuple[int, int, int]) -> None:
    x0, y0, x1, y1 = box
    for start, stop in (((x0, y0), (x1, y0)), ((x0, y1), (x1, y1)), ((x0, y0), (x0, y1)), ((x1, y0), (x1, y1))):
        length = max(abs(stop[0] - start[0]), abs(stop[1] - start[1]))
        for n in range(0, int(length), 6):
            ends = [
                tuple(a + (b - a) * min(m, length) / max(length, 1) for a, b in zip(start, stop, strict=True))
                for m in (n, n + 3)
            ]
            draw.line((*ends[0], *ends[1]), fill=color)
