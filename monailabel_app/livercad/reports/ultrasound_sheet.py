"""A contact sheet of ultrasound images, with the circles of their lesions and the regions that networks see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from livercad.core.circle import PixelBox
from livercad.core.roi import DEFAULT_RATIO
from livercad.studies.ultrasound.image import ListedImage, UltrasoundImage

CELL = 260
GAP = 6
TEXT = 32
CIRCLE, SQUARE, BOX = (255, 214, 10), (0, 190, 255), (60, 220, 90)
INK = (31, 41, 51)


@dataclass(frozen=True)
class _Scaled:
    """An image fitted into a cell, and how its pixels go there."""

    picture: Image.Image
    left: float
    top: float
    scale: float

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Of a place on the image; 0 at the middle of the first pixel."""
        return self.left + (x + 0.5) * self.scale, self.top + (y + 0.5) * self.scale


def ultrasound_sheet(
    images: Sequence[tuple[ListedImage, UltrasoundImage]],
    columns: int = 6,
    *,
    ratio: float = DEFAULT_RATIO,
    marks: Sequence[str] = (),
) -> Image.Image:
    """Lay images beside and below each other.

    Parameters
    ----------
    images : sequence of (ListedImage, UltrasoundImage)
        What is marked on each, and its pixels; in reading order.
    columns : int
        Images in a row.
    ratio : float
        D/L of the squares that are drawn, at least 64 pixels (Yamakawa 2020, section 2.3).
    marks : sequence of str
        What else is said of each image, such as its set of copies; empty for nothing.

    Returns
    -------
    Image
        RGB: circles yellow, D/L squares blue, boxes green.
    """
    columns = max(1, min(columns, len(images)))
    rows = -(-len(images) // columns)
    sheet = Image.new("RGB", (columns * (CELL + GAP) - GAP, max(1, rows * (CELL + TEXT + GAP) - GAP)), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    for number, (listed, image) in enumerate(images):
        left, top = number % columns * (CELL + GAP), number // columns * (CELL + TEXT + GAP)
        mark = marks[number] if marks else ""
        sizes = ", ".join(f"{lesion.circle.diameter:.0f} px" for lesion in listed.lesions)
        draw.text((left + 2, top + 1), _fitting(listed.name, font), INK, font)
        draw.text((left + 2, top + 16), _fitting("  ".join(filter(None, (listed.kind, sizes, mark))), font), INK, font)
        sheet.paste(_cell(listed, image.array, ratio), (left, top + TEXT))
    return sheet


def _fitting(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    """The end of a text that is too long for a cell: names begin alike."""
    while len(text) > 1 and font.getlength(text) > CELL - 4:
        text = "…" + text[2:]
    return text


def _cell(listed: ListedImage, array: npt.NDArray[np.uint8], ratio: float) -> Image.Image:
    rows, columns = array.shape
    scale = CELL / max(rows, columns)
    size = max(1, round(columns * scale)), max(1, round(rows * scale))
    left, top = (CELL - size[0]) // 2, (CELL - size[1]) // 2
    cell = Image.new("RGB", (CELL, CELL), (32, 32, 32))
    cell.paste(Image.fromarray(array).resize(size, Image.Resampling.BILINEAR).convert("RGB"), (left, top))
    fitted = _Scaled(cell, left, top, scale)
    draw = ImageDraw.Draw(cell)
    for lesion in listed.lesions:
        if lesion.box:
            draw.rectangle(_ends(fitted, lesion.box), outline=BOX)
        draw.rectangle(_ends(fitted, lesion.circle.square(ratio)), outline=SQUARE)
        draw.ellipse(_ends(fitted, lesion.circle.box), outline=CIRCLE)
    return cell


def _ends(fitted: _Scaled, box: PixelBox) -> tuple[float, float, float, float]:
    return (*fitted.place(box[0], box[1]), *fitted.place(box[2], box[3]))
