"""Figure 11: images and where they are looked at, right and wrong answers apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image as Picture

from livercad.core.circle import PixelBox
from livercad.core.class_names import in_a_sentence
from livercad.papers.qi2019.criteria import THRESHOLD
from livercad.papers.qi2019.crops import Grey
from livercad.papers.qi2019.data import StudyImage
from livercad.papers.sheets import CELL, Drawn, draw_box, row_of, stacked

PAIRS = 2
"""Examples of each outcome; Figure 11 has three."""
HEAT = 0.55
"""Of the overlay's colour, where a network looks the most."""
WHITE = (255, 255, 255)
OUTCOMES = (("true positive", 1, 1), ("true negative", 0, 0), ("false negative", 1, 0), ("false positive", 0, 1))
"""Rows of Figure 11: truth and answer."""


def outcomes_sheet(
    images: Sequence[StudyImage],
    truth: Sequence[int],
    probabilities: Sequence[float],
    look: Callable[[int], tuple[Grey, npt.NDArray[np.float64]]],
) -> Drawn:
    """Figure 11, of whatever looks.

    Parameters
    ----------
    images : sequence of StudyImage
        Of the test.
    truth : sequence of int
        1 for yes.
    probabilities : sequence of float
        Of yes, of the whole images.
    look : callable
        Takes the number of an image, gives its middle square, shape (side, side), and where it is looked at, in [0, 1].

    Returns
    -------
    Image
        A row an outcome that occurs, pairs of image and map; a white box marks the largest lesion.
    """
    rows = []
    for title, yes, called in OUTCOMES:
        own = [n for n, p in enumerate(probabilities) if truth[n] == yes and (p >= THRESHOLD) == bool(called)]
        cells: list[tuple[str, Drawn]] = []
        for n in apart(images, own)[:PAIRS]:
            square, where = look(n)
            told = f"{title}: {in_a_sentence(images[n].kind)}, p {probabilities[n]:.2f}"
            cells += [(told, marked(square, images[n])), ("where it looks", _heat(square, where))]
        if cells:
            rows.append(row_of(cells, 2 * PAIRS))
    return stacked(rows)


def apart(images: Sequence[StudyImage], chosen: Sequence[int]) -> list[int]:
    """The first chosen image of each patient, of every class by turns."""
    first: dict[int, int] = {}
    for n in chosen:
        first.setdefault(images[n].group, n)
    turn: Counter[str] = Counter()
    places = []
    for n in first.values():
        places.append((turn[images[n].kind], n))
        turn[images[n].kind] += 1
    return [n for _, n in sorted(places)]


def grey_cell(values: npt.NDArray[np.generic]) -> Drawn:
    """Grey values as a cell of a sheet, RGB."""
    picture = Picture.fromarray(np.asarray(values, np.float64).round().astype(np.uint8))
    return picture.resize((CELL, CELL), Picture.Resampling.BICUBIC).convert("RGB")


def _heat(square: Grey, looked: npt.NDArray[np.float64]) -> Drawn:
    """The map in colours over the image, the stronger, the more it is looked at."""
    from matplotlib import colormaps

    colours = colormaps["inferno"](looked)[..., :3] * 255
    share = HEAT * looked[..., None]
    mixed = (1 - share) * square[..., None] + share * colours
    return Picture.fromarray(mixed.round().astype(np.uint8)).resize((CELL, CELL), Picture.Resampling.BICUBIC)


def marked(square: Grey, image: StudyImage) -> Drawn:
    """A square in the middle of an image, enlarged, with a box around its largest lesion."""
    picture = grey_cell(square)
    if image.box is not None:
        draw_box(picture, _placed(image.box, image.grey.shape, len(square)), WHITE)
    return picture


def _placed(box: PixelBox, shape: tuple[int, ...], side: int) -> tuple[float, float, float, float]:
    """A box of the image in the picture of its middle square, which a lesion at its edge may leave."""
    scale = side / min(shape)
    first = [max(0.0, (length * scale - side) / 2) for length in shape]
    x0, y0, x1, y1 = ((value + 0.5) * scale for value in box)
    corners = (x0 - first[1], y0 - first[0], x1 - first[1], y1 - first[0])
    left, top, right, bottom = (min(max(0.0, value * CELL / side), CELL - 1.0) for value in corners)
    return left, top, right, bottom
