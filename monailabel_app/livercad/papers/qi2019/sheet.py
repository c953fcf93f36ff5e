"""Pictures of the page: where the networks look (Figure 11), what their pathways add up (Figure 10), the crops (4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image as Picture
from torch import Tensor

from livercad.core.class_names import name_of
from livercad.networks.qi2019 import RegionEnhanced
from livercad.papers.qi2019.crops import Grey, scaled, to_input, uniform_crops
from livercad.papers.qi2019.data import StudyImage
from livercad.papers.qi2019.methods import Question
from livercad.papers.qi2019.outcomes import apart, grey_cell, marked, outcomes_sheet
from livercad.papers.sheets import CELL, Drawn, row_of, stacked

MAPS = (1, 200)
"""Feature maps that Figure 10 shows, counted from 1; of narrower networks those at the same share."""
ROWS = 4
"""Images of Figure 10."""


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
            (name_of(image.kind), marked(looked.square, image)),
            ("Sn-Net’s map", grey_cell(looked.maps[Question.SOLID] * 255)),
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


def crops_sheet(image: StudyImage, side: int, count: int) -> Drawn:
    """Figure 4: one image stretched to a square, and the squares cut out of it.

    Parameters
    ----------
    image : StudyImage
        Not square.
    side : int
        Of the squares, in pixels.
    count : int
        Of squares.

    Returns
    -------
    Image
        In a row.
    """
    whole = Picture.fromarray(image.grey).resize((CELL, CELL), Picture.Resampling.BICUBIC).convert("RGB")
    squares = uniform_crops(scaled(image.grey, side), side, count)
    return row_of([("stretched", whole), *((f"square {n}", grey_cell(each)) for n, each in enumerate(squares, 1))])


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
    return grey_cell((plane - low) / max(high - low, 1e-9) * 255)
