"""Square images without deforming what they show ("Multi-input prediction", Figure 4)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from skimage.transform import resize
from torch import Tensor

CROPS = 5
"""Of an image in validation and test; its prediction is the mean of theirs."""

Grey = npt.NDArray[np.uint8]


def scaled(image: Grey, side: int) -> Grey:
    """Scale an image so that its shortest side has a length, its shape kept.

    Parameters
    ----------
    image : ndarray of uint8, shape (rows, columns)
        Grey.
    side : int
        Pixels of the shortest side; 299 in the paper.

    Returns
    -------
    ndarray of uint8, shape (rows, columns)
        One of them is `side`.
    """
    factor = side / min(image.shape)
    shape = [side if length == min(image.shape) else max(side, round(length * factor)) for length in image.shape]
    values = resize(image, shape, order=1, anti_aliasing=factor < 1, preserve_range=True)
    return np.asarray(np.clip(np.round(values), 0, 255), np.uint8)


def uniform_crops(image: Grey, side: int, count: int = CROPS) -> list[Grey]:
    """Cut uniformly spaced squares out of an image, the first at its one end, the last at its other.

    Parameters
    ----------
    image : ndarray of uint8, shape (rows, columns)
        From `scaled`.
    side : int
        Of the squares.
    count : int, default 5
        Of squares; of a single one, the middle.

    Returns
    -------
    list of ndarray of uint8, shape (side, side)
        Along the longer side. Of a square image, all the same.
    """
    rest = max(image.shape) - side
    starts = np.linspace(0, rest, count) if count > 1 else np.array([rest / 2])
    return [_cut(image, side, int(start)) for start in np.round(starts)]


def random_crop(image: Grey, side: int, rng: np.random.Generator) -> Grey:
    """Cut one square anywhere out of an image, for training.

    Parameters
    ----------
    image : ndarray of uint8, shape (rows, columns)
        From `scaled`.
    side : int
        Of the square.
    rng : numpy.random.Generator
        Draws where.

    Returns
    -------
    ndarray of uint8, shape (side, side)
        A view.
    """
    return _cut(image, side, int(rng.integers(max(image.shape) - side + 1)))


def to_input(crops: list[Grey]) -> Tensor:
    """Crops as the networks take them: grey in three channels, from -1 to 1, as the published Inception networks do.

    Parameters
    ----------
    crops : list of ndarray of uint8, shape (side, side)
        At least one.

    Returns
    -------
    Tensor, shape (n, 3, side, side)
        Float32.
    """
    grey = torch.from_numpy(np.stack(crops)).to(torch.float32) / 127.5 - 1
    return grey[:, None].expand(-1, 3, -1, -1)


def _cut(image: Grey, side: int, start: int) -> Grey:
    return image[start : start + side, :side] if image.shape[0] > image.shape[1] else image[:side, start : start + side]
