"""What the small network is shown while it learns: regions around lesions and whole images, varied."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from livercad.core.circle import Circle
from livercad.core.planar_roi import planar_square
from livercad.studies.ultrasound.collection import Collection
from livercad.studies.ultrasound.image import ListedImage
from livercad.ultrasound.pooling import Pooling
from livercad.ultrasound.training.examples import Examples
from livercad.ultrasound.views import View

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class GreyRecipe:
    """Settings of the training. All our choice.

    Parameters
    ----------
    steps : int
        Batches.
    regions, wholes : int
        Regions around lesions, and whole images, in a batch.
    region_pixels, whole_pixels : int
        Along their sides.
    learning_rate, weight_decay : float
        Of AdamW; the rate falls to zero along a cosine.
    smoothing : float
        Of labels: phantoms are never as sure as theirs.
    ratios : tuple of float
        D/L is drawn between these.
    shift, angle : float
        How far a square's middle lies off the lesion's or image's at most, in sides, and how far it is turned, degrees.
    margins : tuple of float
        The square of a whole image is drawn between so many times its longer side: sectors do not all fill it.
    contrast, brightness : float
        Greys are multiplied by up to so much more or less, and up to so much is added or taken.
    seed : int
        Of weights and all that is drawn.
    checkpoint_every : int
        Steps.
    """

    steps: int = 400
    regions: int = 24
    wholes: int = 12
    region_pixels: int = 64
    whole_pixels: int = 160
    learning_rate: float = 3e-3
    weight_decay: float = 0.02
    smoothing: float = 0.05
    ratios: tuple[float, float] = (0.35, 1.1)
    shift: float = 0.08
    angle: float = 10.0
    margins: tuple[float, float] = (0.95, 1.6)
    contrast: float = 0.25
    brightness: float = 25.0
    seed: int = 0
    checkpoint_every: int = 40


class Seen(NamedTuple):
    """A whole image; each is square."""

    image: npt.NDArray[np.uint8]
    sector: Array | None
    lesions: npt.NDArray[np.uint8]


def _fine(view: View, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The view's square at twice its resolution: cut again and again faster than the image, and hardly less sharp."""
    return np.round(View(view.ratio, 2 * view.pixels).cut(image, None)).astype(np.uint8)


def _lesions(view: View, image: npt.NDArray[np.uint8], listed: ListedImage) -> npt.NDArray[np.uint8]:
    """1 inside the circles of an image, else 0."""
    rows, columns = np.indices(image.shape)
    inside = np.zeros(image.shape, np.bool_)
    for circle in (lesion.circle for lesion in listed.lesions):
        inside |= np.hypot(columns - circle.center[0], rows - circle.center[1]) <= circle.diameter / 2
    return _fine(view, inside.astype(np.uint8) * np.uint8(255)) // np.uint8(128)


def seen_of(collection: Collection, pixels: int) -> list[Seen]:
    """All images of a collection as squares, `pixels` along the sector's side and twice as many along the others'."""
    whole = View(None, pixels, Pooling.STRONGEST)
    return [
        Seen(_fine(whole, image.array), whole.sector(image.array, None), _lesions(whole, image.array, listed))
        for image, listed in zip(collection.images, collection.listed, strict=True)
    ]


def draw_regions(
    collection: Collection, examples: Examples, recipe: GreyRecipe, rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Regions around lesions, and labels."""
    chosen, squares = _evenly(examples, recipe.regions, rng), []
    for place in chosen.tolist():
        ratio = float(np.exp(rng.uniform(*np.log(recipe.ratios))))
        cut = _cutter(recipe.region_pixels, ratio, recipe, rng)
        squares.append(cut(collection.images[int(examples.rows[place])].array, examples.circles[place]))
    return _varied(squares, recipe, rng), torch.from_numpy(examples.labels[chosen])


def draw_wholes(
    seen: Sequence[Seen], examples: Examples, recipe: GreyRecipe, rng: np.random.Generator
) -> tuple[tuple[Tensor, Tensor, Tensor], Tensor]:
    """Whole images, how much of each pixel lies in the sector and in lesions; and labels."""
    chosen = _evenly(examples, recipe.wholes, rng)
    cuts: list[list[Array]] = [[], [], []]
    for row in examples.rows[chosen].tolist():
        ratio = float(np.exp(-rng.uniform(*np.log(recipe.margins))))
        cut = _cutter(recipe.whole_pixels, ratio, recipe, rng)
        for own, each in zip(cuts, seen[row], strict=True):
            assert each is not None  # a whole image has a sector
            own.append(cut(each, None))
    sectors, lesions = (torch.from_numpy(np.stack(each)) for each in cuts[1:])
    return (_varied(cuts[0], recipe, rng), sectors, lesions), torch.from_numpy(examples.labels[chosen])


def _cutter(
    pixels: int, ratio: float, recipe: GreyRecipe, rng: np.random.Generator
) -> Callable[[npt.NDArray[Any], Circle | None], Array]:
    """Draw where a square lies, how it is turned, if it is mirrored; what comes back cuts it (no circle: of all)."""
    angle = float(rng.uniform(-recipe.angle, recipe.angle))
    shift = (float(rng.uniform(-recipe.shift, recipe.shift)), float(rng.uniform(-recipe.shift, recipe.shift)))
    is_mirrored = rng.random() < 0.5

    def cut(image: npt.NDArray[Any], circle: Circle | None) -> Array:
        around = circle or View(None, pixels).circle_on(image, None)
        square = planar_square(image, around, pixels, ratio=ratio, angle=angle, shift=shift)
        return square[:, ::-1].copy() if is_mirrored else square

    return cut


def _evenly(examples: Examples, count: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Draw examples, each class as often."""
    kinds = rng.integers(len(examples.classes), size=count)
    return np.array([rng.choice(np.flatnonzero(examples.labels == kind)) for kind in kinds])


def _varied(squares: Sequence[Array], recipe: GreyRecipe, rng: np.random.Generator) -> Tensor:
    """Brighter or darker; black stays black, as it is outside the sector."""
    varied = []
    for seen in squares:
        gain = float(np.exp(rng.uniform(-1, 1) * np.log(1 + recipe.contrast)))
        added = rng.uniform(-recipe.brightness, recipe.brightness)
        varied.append(np.where(seen > 0, np.clip(seen * gain + added, 0, 255), 0))
    return torch.from_numpy(np.stack(varied)[:, None].astype(np.float32))
