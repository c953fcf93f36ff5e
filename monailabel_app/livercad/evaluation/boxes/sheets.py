"""Contact sheets: what was missed, and what was found where nothing is."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from livercad.errors import InputError
from livercad.evaluation.boxes.hits import Mark, Marked, MarkedBox, MarkedLesion
from livercad.evaluation.boxes.model import Corners, ImageBoxes
from livercad.evaluation.boxes.pictures import Pictures, Square

CELL = 200
"""Pixels along the side of a picture."""
GAP, CAPTION, TOP = 8, 36, 30
COLUMNS = 6
MOST_SHOWN = 24
TRUE_COLOR, FOUND_COLOR = (72, 199, 142), (255, 170, 60)
"""Told apart without colour as well: true boxes are whole, detected ones are four corners."""
INK, SOFT, PAPER = (31, 41, 51), (91, 102, 114), (255, 255, 255)

Rectangle = tuple[float, float, float, float]


@dataclass(frozen=True)
class Shown:
    """One picture of a sheet.

    Parameters
    ----------
    image : int
        Index of its image.
    about : tuple of float
        The box that it is about.
    caption : tuple of str
        One or two lines.
    """

    image: int
    about: Corners
    caption: tuple[str, ...]


@dataclass(frozen=True)
class Sheet:
    """A contact sheet.

    Parameters
    ----------
    picture : Image or None
        RGB; None where every image failed.
    shown, of : int
        How many are on it, of how many there are.
    failed : tuple of str
        Why others could not be shown.
    """

    picture: Image.Image | None
    shown: int
    of: int
    failed: tuple[str, ...]


def missed(marked: Marked, images: Sequence[ImageBoxes], threshold: float | None) -> tuple[Shown, ...]:
    """The lesions that are missed at a threshold, the largest first.

    Parameters
    ----------
    marked : Marked
        What was hit.
    images : sequence of ImageBoxes
        The images marked.
    threshold : float or None
        Boxes of lower scores are not taken; None where no box is.

    Returns
    -------
    tuple of Shown
        All of them.
    """
    lost = [one for one in marked.lesions if threshold is None or one.box is None or one.box.score < threshold]
    lost.sort(key=lambda one: -_size(one.lesion.corners, one.lesion.diameter_mm))
    return tuple(Shown(one.image, one.lesion.corners, _of_lesion(one, images[one.image])) for one in lost)


def false_positives(marked: Marked, images: Sequence[ImageBoxes]) -> tuple[Shown, ...]:
    """The boxes that hit nothing, the surest first; see `missed`."""
    wrong = sorted((one for one in marked.boxes if one.mark is Mark.FALSE_POSITIVE), key=lambda one: -one.box.score)
    return tuple(Shown(one.image, one.box.corners, _of_box(one, images[one.image])) for one in wrong)


def contact_sheet(
    shown: Sequence[Shown],
    images: Sequence[ImageBoxes],
    pictures: Pictures,
    threshold: float | None = None,
    most: int = MOST_SHOWN,
) -> Sheet | None:
    """Draw the surroundings of boxes, with all boxes that are there.

    Parameters
    ----------
    shown : sequence of Shown
        What to draw, the most telling first.
    images : sequence of ImageBoxes
        The images of it.
    pictures : Pictures
        Where they come from.
    threshold : float, optional
        Detected boxes of lower scores are left out, but for the one that a picture is about.
    most : int
        How many are drawn.

    Returns
    -------
    Sheet or None
        None where there is nothing to draw, or no image of it.
    """
    candidates = [(place, one) for place, one in enumerate(shown) if pictures.has(images[one.image])][:most]
    cells: dict[int, Image.Image] = {}
    failed: dict[str, None] = {}
    # Scan by scan, as one is held in memory.
    for place, one in sorted(candidates, key=lambda item: (item[1].image, item[0])):
        try:
            square = pictures.square(images[one.image], one.about, CELL)
        except InputError as error:
            failed.setdefault(str(error))
            continue
        cells[place] = _cell(square, one, images[one.image], threshold)
    picture = _laid_out([cells[place] for place in sorted(cells)]) if cells else None
    return Sheet(picture, len(cells), len(shown), tuple(failed)) if candidates else None


def _laid_out(cells: Sequence[Image.Image]) -> Image.Image:
    columns = min(COLUMNS, len(cells))
    rows = -(-len(cells) // columns)
    width, height = max(columns, 2) * (CELL + GAP) + GAP, TOP + rows * (CELL + CAPTION + GAP)
    sheet = Image.new("RGB", (width, height), PAPER)
    _legend(ImageDraw.Draw(sheet))
    for n, cell in enumerate(cells):
        sheet.paste(cell, (GAP + n % columns * (CELL + GAP), TOP + n // columns * (CELL + CAPTION + GAP)))
    return sheet


def png_of(sheet: Sheet) -> bytes | None:
    """A sheet as PNG; None where it has no picture."""
    if sheet.picture is None:
        return None
    stream = io.BytesIO()
    sheet.picture.save(stream, "PNG")
    return stream.getvalue()


def _cell(square: Square, one: Shown, image: ImageBoxes, threshold: float | None) -> Image.Image:
    cell = Image.new("RGB", (CELL, CELL + CAPTION), PAPER)
    picture = Image.fromarray(square.grey).convert("RGB")
    draw = ImageDraw.Draw(picture)
    for lesion in image.true:
        if rectangle := square.rectangle_of(lesion.corners):
            draw.rectangle(rectangle, outline=TRUE_COLOR, width=1)
    for box in image.detected:
        taken = box.corners == one.about or threshold is None or box.score >= threshold
        rectangle = square.rectangle_of(box.corners) if taken else None
        if rectangle:
            _corners(draw, rectangle)
    cell.paste(picture, (0, 0))
    words, font = ImageDraw.Draw(cell), ImageFont.load_default(12)
    for line, text in enumerate(one.caption):
        words.text((1, CELL + 2 + 16 * line), _fitting(text, font), SOFT if line else INK, font)
    return cell


def _corners(draw: ImageDraw.ImageDraw, rectangle: Rectangle) -> None:
    left, top, right, bottom = rectangle
    reach = max(3.0, 0.25 * min(right - left, bottom - top))
    for x, inwards in ((left, reach), (right, -reach)):
        for y, downwards in ((top, reach), (bottom, -reach)):
            draw.line([(x + inwards, y), (x, y), (x, y + downwards)], fill=FOUND_COLOR, width=2)


def _legend(draw: ImageDraw.ImageDraw) -> None:
    font = ImageFont.load_default(13)
    draw.rectangle((GAP, 8, GAP + 14, 22), fill=INK)
    draw.rectangle((GAP + 2, 10, GAP + 12, 20), outline=TRUE_COLOR, width=1)
    draw.text((GAP + 22, 7), "true lesion", SOFT, font)
    draw.rectangle((GAP + 122, 8, GAP + 136, 22), fill=INK)
    _corners(draw, (GAP + 124, 10, GAP + 134, 20))
    draw.text((GAP + 144, 7), "detected box", SOFT, font)


def _of_lesion(one: MarkedLesion, image: ImageBoxes) -> tuple[str, ...]:
    size = f"{one.lesion.diameter_mm:.0f} mm" if one.lesion.diameter_mm is not None else ""
    score = f"hit from score {one.box.score:.2g}" if one.box else "never hit" + _shared(one.iou)
    return image.name, ", ".join(part for part in (size, score) if part)


def _of_box(one: MarkedBox, image: ImageBoxes) -> tuple[str, ...]:
    return image.name, f"score {one.box.score:.2g}" + _shared(one.iou)


def _shared(iou: float) -> str:
    return f", IoU {iou:.2f}" if iou >= 0.005 else ""


def _size(corners: Corners, diameter_mm: float | None) -> float:
    if diameter_mm is not None:
        return diameter_mm
    half = len(corners) // 2
    return max(corners[half] - corners[0], corners[half + 1] - corners[1])


def _fitting(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    """The end of a text that is too long: names begin alike."""
    if font.getlength(text) <= CELL:
        return text
    while text and font.getlength("…" + text) > CELL:
        text = text[1:]
    return "…" + text
