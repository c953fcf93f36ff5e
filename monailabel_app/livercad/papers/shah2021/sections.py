"""What the second network finds in images: boxes with class and probability (Fig 7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from pydantic import BaseModel, ConfigDict
from scipy.special import softmax
from skimage.measure import label, regionprops
from torch import nn

from livercad.papers.shah2021.classes import CLASSES, ShahClass
from livercad.papers.shah2021.crops import Square, segmented
from livercad.papers.shah2021.liver import to_network
from livercad.papers.shah2021.settings import LesionSettings

Mask = npt.NDArray[np.bool_]


class Section(BaseModel):
    """A lesion found in one image."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: tuple[int, int]
    """First row, and the one after the last: the box in the image's pixels."""
    columns: tuple[int, int]
    score: float
    """Mean probability, over the area, that there is a lesion."""
    probabilities: tuple[float, ...]
    """Of the classes, in the order of `CLASSES`; they add up to 1."""

    @property
    def kind(self) -> ShahClass:
        """The likeliest class."""
        return CLASSES[int(np.argmax(self.probabilities))]

    @property
    def probability(self) -> float:
        """Of that class: what stands above the box."""
        return max(self.probabilities)


@dataclass(frozen=True)
class Found:
    """All that is found in one image.

    Parameters
    ----------
    sections : tuple of Section
        The surest first.
    mask : ndarray of bool, shape (pixels, pixels)
        Their areas together.
    probabilities : tuple of float or None
        Of the classes, over all areas together; None where nothing is found.
    """

    sections: tuple[Section, ...]
    mask: Mask
    probabilities: tuple[float, ...] | None


def find_sections(
    network: nn.Module,
    grey: npt.NDArray[np.uint8],
    livers: Sequence[Mask],
    settings: LesionSettings,
    pixel_mm: float,
    batch: int = 16,
) -> list[Found]:
    """Find lesions in images.

    Parameters
    ----------
    network : Module
        Trained.
    grey : ndarray of uint8, shape (images, pixels, pixels)
        Preprocessed images in their own size.
    livers : sequence of ndarray of bool, shape (pixels, pixels)
        The liver in each.
    settings : LesionSettings
        Size, threshold and smallest area.
    pixel_mm : float
        Side of the images' pixels.
    batch : int
        Images at once.

    Returns
    -------
    list of Found
        One an image.
    """
    network.eval()
    device = next(network.parameters()).device
    found: list[Found] = []
    for first in range(0, len(grey), batch):
        cuts = [segmented(*pair, settings) for pair in zip(grey[first : first + batch], livers[first:], strict=False)]
        with torch.inference_mode():
            answers = network(to_network(np.stack([cut for cut, _ in cuts]), device))
        found += [
            _found(location, classes, square, grey.shape[1], settings, pixel_mm)
            for location, classes, (_, square) in zip(*answers, cuts, strict=True)
        ]
    return found


def _found(
    location: torch.Tensor,
    classes: torch.Tensor,
    square: Square | None,
    pixels: int,
    settings: LesionSettings,
    pixel_mm: float,
) -> Found:
    nothing = np.zeros((pixels, pixels), bool)
    if square is None:
        return Found((), nothing, None)
    lesion = softmax(_upscaled(location, square.side), axis=0)[1]
    logits = _upscaled(classes, square.side)
    areas = label(lesion >= settings.threshold, connectivity=2)
    sections, kept = [], np.zeros(areas.shape, bool)
    for region in regionprops(areas):
        if region.area * pixel_mm**2 < settings.smallest_mm2:
            continue
        own = areas == region.label
        top, left, bottom, right = region.bbox
        sections.append(
            Section(
                rows=(square.top + top, square.top + bottom),
                columns=(square.left + left, square.left + right),
                score=round(float(lesion[own].mean()), 5),
                probabilities=_class_probabilities(logits, own),
            )
        )
        kept |= own
    sections.sort(key=lambda section: -section.score)
    together = _class_probabilities(logits, kept) if sections else None
    return Found(tuple(sections), square.put_back(kept, pixels), together)


def _upscaled(logits: torch.Tensor, side: int) -> npt.NDArray[np.float32]:
    """To the pixels of the square, shape (channels, side, side)."""
    scaled = F.interpolate(logits[None].float(), (side, side), mode="bilinear", align_corners=False)
    return scaled[0].cpu().numpy()


def _class_probabilities(logits: npt.NDArray[np.float32], area: Mask) -> tuple[float, ...]:
    return tuple(round(float(p), 5) for p in softmax(logits[:, area].mean(axis=1)))
