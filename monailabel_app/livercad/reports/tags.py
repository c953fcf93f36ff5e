"""Where the names of lesions stand in a picture: beside their box, inside the picture, never over each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from livercad.reports.contours import Contour

LETTER = 0.055
"""Height of a picture's letters, as a share of its height."""
TAG_LETTER = 0.85 * LETTER
LETTER_WIDTH = 0.56
"""Of a bold letter on average, as a share of its height."""
PADDING = 0.3
"""Around a text, as a share of a letter's height."""

Rectangle = tuple[float, float, float, float]


@dataclass(frozen=True)
class Tag:
    """A name in a picture.

    Parameters
    ----------
    number : int
        The lesion.
    text : str
        What to write.
    row, column, width, height : float
        Its upper left corner and its size in pixels.
    style : str
        As in `Contour`.
    """

    number: int
    text: str
    row: float
    column: float
    width: float
    height: float
    style: str


def place_tags(contours: Sequence[Contour], texts: Mapping[int, str], rows: int, columns: int) -> tuple[Tag, ...]:
    """Place the names of lesions, the first ones first.

    Parameters
    ----------
    contours : sequence of Contour
        Lesions with lines, the most important first.
    texts : mapping of int to str
        By lesion number; a lesion without text gets no tag.
    rows, columns : int
        Size of the picture.

    Returns
    -------
    tuple of Tag
        The whole text above, below, right or left of the lesion's box, or inside it, where it covers no other tag, no
        other lesion and, if that can be, none of the picture's own letters; else the number alone at its right.
    """
    letter = rows * TAG_LETTER
    letter = rows * TAG_LETTER
    marks = _marks(rows, columns)
    taken: list[Rectangle] = []
    tags = []
    boxes = {contour.number: contour.box for contour in contours}
    for contour in contours:
        text = texts.get(contour.number)
        if text is None:
            continue
        others = [*taken, *(box for number, box in boxes.items() if number != contour.number)]
        size = len(text) * letter * LETTER_WIDTH + PADDING * letter, letter * (1 + PADDING)
        # A number alone has no box to belong to: it stands at the outline itself.
        around = _spots(contour.box, *size, columns) if text != str(contour.number) else ()
        spots = [spot for spot in around if _fits(spot, rows, columns, others)]
        spots.sort(key=lambda spot: not _fits(spot, rows, columns, marks))
        if spots:
            spot = spots[0]
        else:
            text, spot = str(contour.number), _beside(contour, letter, columns)
        taken.append(spot)
        tags.append(Tag(contour.number, text, spot[0], spot[1], spot[3] - spot[1], spot[2] - spot[0], contour.style))
    return tuple(tags)


def _marks(rows: int, columns: int) -> list[Rectangle]:
    """Where the letters of the sides and the scale bar stand."""
    letter = 1.4 * LETTER * rows
    top, left = (rows - letter) / 2, (columns - letter) / 2
    sides = [(top, 0.0, top + letter, letter), (top, columns - letter, top + letter, float(columns))]
    ends = [(0.0, left, letter, left + letter), (rows - letter, left, float(rows), left + letter)]
    bar = (rows - 1.6 * letter, 0.0, float(rows), 0.3 * columns)
    return [*sides, *ends, bar]


def _spots(box: Rectangle, width: float, height: float, columns: int) -> Iterator[Rectangle]:
    top, left, bottom, right = box
    gap = 0.25 * height
    starts = [min(max(start, 0.0), columns - 1 - width) for start in (left - gap, right + gap - width)]
    middle = (top + bottom - height) / 2
    for start in starts:
        yield top - gap - height, start, top - gap, start + width
    for start in starts:
        yield bottom + gap, start, bottom + gap + height, start + width
    yield middle, right + 2 * gap, middle + height, right + 2 * gap + width
    yield middle, left - 2 * gap - width, middle + height, left - 2 * gap
    if width < right - left:  # a lesion as large as the picture leaves room inside only
        yield top + gap, left + gap, top + gap + height, left + gap + width


def _beside(contour: Contour, letter: float, columns: int) -> Rectangle:
    row, column = contour.anchor
    left = min(column + 0.25 * letter, columns - 2 * letter)
    return row - 0.5 * letter, left, row + 0.5 * letter, left + len(str(contour.number)) * letter * LETTER_WIDTH


def _fits(spot: Rectangle, rows: int, columns: int, taken: Sequence[Rectangle]) -> bool:
    top, left, bottom, right = spot
    if top < 0 or left < 0 or bottom > rows - 1 or right > columns - 1:
        return False
    return all(bottom <= t[0] or t[2] <= top or right <= t[1] or t[3] <= left for t in taken)
