"""Pictures of papers' pages laid beside and below each other, and boxes drawn in them."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

CELL, GAP = 300, 8
"""Pixels along a picture's sides, and between pictures."""
TITLE, LINE = 18, 22
"""Pixels of a title, and of a line of it: pages show sheets at little more than half their size."""
SOFT, BEHIND = (91, 102, 114), (0, 0, 0)
TEXT = 13
"""Pixels."""

Drawn = Image.Image
Color = tuple[int, int, int]


def row_of(cells: Sequence[tuple[str, Drawn]], places: int = 0) -> Drawn:
    """Pictures beside each other.

    Parameters
    ----------
    cells : sequence of (str, Image)
        Title and picture, `CELL` pixels along its sides.
    places : int, optional
        There is room for so many at least.

    Returns
    -------
    Image
        RGB; titles that are longer than a picture is wide have several lines.
    """
    font = ImageFont.load_default(TITLE)
    titles = [_lines(title, font) for title, _ in cells]
    top = LINE * max(map(len, titles)) + GAP
    sheet = Image.new("RGB", (max(len(cells), places) * (CELL + GAP) - GAP, top + CELL), "white")
    draw = ImageDraw.Draw(sheet)
    for n, (lines, (_, cell)) in enumerate(zip(titles, cells, strict=True)):
        for line, text in enumerate(lines):
            draw.text((n * (CELL + GAP), line * LINE), text, SOFT, font)
        sheet.paste(cell, (n * (CELL + GAP), top))
    return sheet


def _lines(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> list[str]:
    """A text in lines no wider than a picture."""
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= CELL:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def stacked(rows: Sequence[Drawn]) -> Drawn:
    """Rows below each other."""
    sheet = Image.new("RGB", (max(row.width for row in rows), sum(row.height + GAP for row in rows)), "white")
    top = 0
    for row in rows:
        sheet.paste(row, (0, top))
        top += row.height + GAP
    return sheet


def draw_box(
    picture: Drawn, corners: tuple[float, float, float, float], color: Color, text: str = "", size: int = TEXT
) -> None:
    """Draw a box, with a text above it.

    Parameters
    ----------
    picture : Image
        Drawn on.
    corners : tuple of float
        Left, top, right and bottom in its pixels.
    color : tuple of int
        Of box and text.
    text : str, optional
        Inside the picture in any case; none where empty.
    size : int
        Of the text, in pixels.
    """
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(size)
    draw.rectangle(corners, outline=color, width=2)
    if not text:
        return
    width = draw.textlength(text, font)
    left, top = max(0.0, min(corners[0], picture.width - width - 2)), max(0.0, corners[1] - size - 3)
    draw.rectangle((left - 1, top, left + width + 2, top + size + 2), fill=BEHIND)
    draw.text((left, top), text, color, font)
