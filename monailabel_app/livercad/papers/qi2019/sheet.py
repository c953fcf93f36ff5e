"""Pictures of the page: where the networks look (Figure 11), what their pathways add up (Figure 10), the crops (4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image as Picture
from torch import Tensor

from livercad.core.circle import PixelBox
from livercad.core.class_names import in_a_sentence, name_of
from livercad.networks.qi2019 import RegionEnhanced
from livercad.papers.qi2019.crops import CROPS, Grey, scaled, to_input, uniform_crops
from livercad.papers.qi2019.data import StudyImage
from livercad.papers.qi2019.methods import Question
from livercad.papers.sheets import CELL, Drawn, draw_box, row_of, stacked

PAIRS = 2
"""Examples of each outcome; Figure 11 has three."""
MAPS = (1, 200)
"""Feature maps that Figure 10 shows, counted from 1; of narrower networks those at the same share."""
ROWS = 4
"""Images of Figure 10."""
HEAT = 0.55
"""Of the overlay's colour, where a network looks the most."""
WHITE = (255, 255, 255)
OUTCOMES = (("true positive", 1, 1), ("true negative", 0, 0), ("false negative", 1, 0), ("false positive", 0, 1))
"""Rows of Figure 11: truth and answer."""


@dataclass(frozen=True)
class Pair:
    """Both networks of cross training, in prediction mode.

    Parameters
    ----------
    mt, sn : RegionEnhanced
        With their weights.
    side : int
        Of their images, in pixels.
    """

    mt: RegionEnhanced
    sn: RegionEnhanced
    side: int


@dataclass(frozen=True)
class Looked:
    """What both networks make of the middle square of an image.

    Parameters
    ----------
    square : ndarray of uint8, shape (side, side)
        What they see.
    maps : dict of Question to ndarray, shape (side, side)
        Where they look, in [0, 1].
    """

    square: Grey
    maps: dict[Question, npt.NDArray[np.float64]]


def look_at(pair: Pair, image: StudyImage) -> Looked:
    """Ask both networks with region enhancement where they look."""
    (square,) = uniform_crops(scaled(image.grey, pair.side), pair.side, 1)
    given = _given(pair, square)
    with torch.inference_mode():
        map_of_sn = pair.sn(given, pair.mt(given)[1])[1]
        map_of_mt = pair.mt(given, map_of_sn)[1]
    return Looked(square, {Question.MALIGNANT: _plane(map_of_mt), Question.SOLID: _plane(map_of_sn)})


def looked_sheet(
    pair: Pair,
    question: Question,
    images: Sequence[StudyImage],
    truth: Sequence[int],
    probabilities: Sequence[float],
) -> Drawn:
    """Figure 11: what a network sees, and where it looks, right and wrong.

    Parameters
    ----------
    pair : Pair
        The networks.
    question : Question
        Of which.
    images : sequence of StudyImage
        Of the test.
    truth : sequence of int
        1 for yes.
    probabilities : sequence of float
        Of yes, of the whole images.

    Returns
    -------
    Image
        A row an outcome that occurs, pairs of image and map; a white box marks the largest lesion.
    """

    def look(n: int) -> tuple[Grey, npt.NDArray[np.float64]]:
        looked = look_at(pair, images[n])
        return looked.square, looked.maps[question]

    return outcomes_sheet(images, truth, probabilities, look)


def outcomes_sheet(
    images: Sequence[StudyImage],
    truth: Sequence[int],
    probabilities: Sequence[float],
    look: Callable[[int], tuple[Grey, npt.NDArray[np.float64]]],
) -> Drawn:
    """Figure 11, of whatever looks.

    Parameters
    ----------
    images, truth, probabilities
        As `looked_sheet` takes them.
    look : callable
        Takes the number of an image, gives its middle square, shape (side, side), and where it is looked at, in [0, 1].

    Returns
    -------
    Image
        As of `looked_sheet`.
    """
    rows = []
    for title, yes, called in OUTCOMES:
        own = [n for n, p in enumerate(probabilities) if truth[n] == yes and (p >= 0.5) == bool(called)]
        cells: list[tuple[str, Drawn]] = []
        for n in apart(images, own)[:PAIRS]:
            square, where = look(n)
            told = f"{title}: {in_a_sentence(images[n].kind)}, p {probabilities[n]:.2f}"
            cells += [(told, _marked(square, images[n], len(square))), ("where it looks", _heat(square, where))]
        if cells:
            rows.append(row_of(cells, 2 * PAIRS))
    return stacked(rows)


def pathways_sheet(pair: Pair, images: Sequence[StudyImage]) -> Drawn:
    """Figure 10: feature maps of Mt-Net's two pathways before they add up.

    Parameters
    ----------
    pair : Pair
        The networks.
    images : sequence of StudyImage
        Of the test, with lesions.

    Returns
    -------
    Image
        Columns as the paper: image, Sn-Net's map, then of either feature map that of the image and of the map.
    """
    assert pair.mt.map is not None  # networks of cross training have both
    rows = []
    for image in _of_every_kind(images)[:ROWS]:
        looked = look_at(pair, image)
        given = _given(pair, looked.square)
        shown = torch.from_numpy(looked.maps[Question.SOLID]).to(given)[None, None]
        with torch.inference_mode():
            of_image, of_map = pair.mt.image(given)[0], pair.mt.map(shown.expand(-1, 3, -1, -1))[0]
        cells = [
            (name_of(image.kind), _marked(looked.square, image, pair.side)),
            ("Sn-Net’s map", _grey(looked.maps[Question.SOLID] * 255)),
        ]
        for wanted in MAPS:
            # The published network has 1088 maps here.
            n = (wanted - 1) * len(of_image) // 1088
            cells += [
                (f"image, feature map {n + 1} of {len(of_image)}", _feature(of_image[n])),
                (f"Sn-Net’s map, feature map {n + 1}", _feature(of_map[n])),
            ]
        rows.append(row_of(cells))
    return stacked(rows)


def crops_sheet(image: StudyImage, side: int) -> Drawn:
    """Figure 4: one image stretched to a square, and the squares cut out of it.

    Parameters
    ----------
    image : StudyImage
        Not square.
    side : int
        Of the squares, in pixels.

    Returns
    -------
    Image
        In a row.
    """
    whole = Picture.fromarray(image.grey).resize((CELL, CELL), Picture.Resampling.BICUBIC).convert("RGB")
    squares = uniform_crops(scaled(image.grey, side), side, CROPS)
    return row_of([("stretched", whole), *((f"square {n}", _grey(each)) for n, each in enumerate(squares, 1))])


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


def _of_every_kind(images: Sequence[StudyImage]) -> list[StudyImage]:
    return [images[n] for n in apart(images, range(len(images)))]


def _given(pair: Pair, square: Grey) -> Tensor:
    return to_input([square]).to(next(pair.mt.parameters()).device)


def _plane(looked: Tensor) -> npt.NDArray[np.float64]:
    return looked[0, 0].float().cpu().numpy().astype(np.float64)


def _feature(values: Tensor) -> Drawn:
    """Normalised to its own range and enlarged, as the paper does."""
    plane = values.float().cpu().numpy()
    low, high = float(plane.min()), float(plane.max())
    return _grey((plane - low) / max(high - low, 1e-9) * 255)


def _grey(values: npt.NDArray[np.generic]) -> Drawn:
    picture = Picture.fromarray(np.asarray(values, np.float64).round().astype(np.uint8))
    return picture.resize((CELL, CELL), Picture.Resampling.BICUBIC).convert("RGB")


def _heat(square: Grey, looked: npt.NDArray[np.float64]) -> Drawn:
    """The map in colours over the image, the stronger, the more it is looked at."""
    from matplotlib import colormaps

    colours = colormaps["inferno"](looked)[..., :3] * 255
    share = HEAT * looked[..., None]
    mixed = (1 - share) * square[..., None] + share * colours
    return Picture.fromarray(mixed.round().astype(np.uint8)).resize((CELL, CELL), Picture.Resampling.BICUBIC)


def _marked(square: Grey, image: StudyImage, side: int) -> Drawn:
    picture = _grey(square)
    if image.box is not None:
        draw_box(picture, _placed(image.box, image.grey.shape, side), WHITE)
    return picture


def _placed(box: PixelBox, shape: tuple[int, ...], side: int) -> tuple[float, float, float, float]:
    """A box of the image in the picture of its middle square, which a lesion at its edge may leave."""
    scale = side / min(shape)
    first = [max(0.0, (length * scale - side) / 2) for length in shape]
    x0, y0, x1, y1 = ((value + 0.5) * scale for value in box)
    corners = (x0 - first[1], y0 - first[0], x1 - first[1], y1 - first[0])
    left, top, right, bottom = (min(max(0.0, value * CELL / side), CELL - 1.0) for value in corners)
    return left, top, right, bottom
