"""What each method sees of an image: stretched to a square, scaled, its shape kept, or a patch around the lesion."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from skimage.transform import resize

from livercad.core.circle import PixelBox
from livercad.papers.qi2019.crops import Grey, scaled
from livercad.papers.qi2019.data import StudyImage
from livercad.papers.qi2019.methods import Method
from livercad.papers.qi2019.settings import Settings
from livercad.papers.workers import tick
from livercad.studies.atomic import replacing

Array = npt.NDArray[Any]


class Patch(NamedTuple):
    """What Cheng's method sees (section 5.2.4).

    Parameters
    ----------
    grey : ndarray of uint8, shape (side, side)
        The patch, stretched to a square.
    numbers : tuple of float
        Factors by which its height and its width were scaled, and its height by its width.
    """

    grey: Grey
    numbers: tuple[float, float, float]


def stretched(image: Grey, side: int) -> Grey:
    """Stretch an image to a square, whatever its shape: what the basic networks see.

    Parameters
    ----------
    image : ndarray of uint8, shape (rows, columns)
        Grey.
    side : int
        In pixels.

    Returns
    -------
    ndarray of uint8, shape (side, side)
        Anti-aliased where it shrinks.
    """
    values = resize(image, (side, side), order=1, anti_aliasing=side < min(image.shape), preserve_range=True)
    return np.asarray(np.clip(np.round(values), 0, 255), np.uint8)


def patch_of(image: Grey, box: PixelBox | None, share: float, side: int) -> Patch:
    """Cut a patch around the lesion and stretch it to a square.

    Parameters
    ----------
    image : ndarray of uint8, shape (rows, columns)
        Grey.
    box : PixelBox or None
        Of the lesion; without one the patch is the image's middle.
    share : float
        Of the image's height and width.
    side : int
        Of the square, in pixels.

    Returns
    -------
    Patch
        It lies inside the image, the lesion as near to its middle as that allows.
    """
    shape = [max(1, round(share * length)) for length in image.shape]
    first_column, first_row, last_column, last_row = box or (-0.5, -0.5, image.shape[1] - 0.5, image.shape[0] - 0.5)
    middle = ((first_row + last_row + 1) / 2, (first_column + last_column + 1) / 2)
    starts = [
        min(max(0, round(at - length / 2)), whole - length)
        for at, length, whole in zip(middle, shape, image.shape, strict=True)
    ]
    cut = image[starts[0] : starts[0] + shape[0], starts[1] : starts[1] + shape[1]]
    return Patch(stretched(cut, side), (side / shape[0], side / shape[1], shape[0] / shape[1]))


def write_arrays(path: Path, images: Sequence[StudyImage], settings: Settings) -> None:
    """Make the arrays of all methods and write them into an .npz file; ticks an image each.

    Parameters
    ----------
    path : Path
        ``stretched`` (images, side, side), ``scaled_N`` (rows, columns) of image N, ``han`` (images, side, side),
        ``patches`` (images, side, side) and ``numbers`` (images, 3).
    images : sequence of StudyImage
        All.
    settings : Settings
        Sizes.
    """
    side, cheng = settings.networks.side, settings.cheng
    arrays: dict[str, list[Array]] = {"stretched": [], "han": [], "patches": [], "numbers": []}
    alone: dict[str, Array] = {}
    for number, image in enumerate(images):
        alone[f"scaled_{number}"] = scaled(image.grey, side)
        arrays["stretched"].append(stretched(image.grey, side))
        arrays["han"].append(stretched(image.grey, settings.han.side))
        patch = patch_of(image.grey, image.box, cheng.patch, cheng.side)
        arrays["patches"].append(patch.grey)
        arrays["numbers"].append(np.array(patch.numbers, np.float32))
        tick(1)
    with replacing(path) as temporary, temporary.open("wb") as stream:
        np.savez(stream, **{name: np.stack(each) for name, each in arrays.items()}, **alone)


NAMES: Mapping[Method, tuple[str, ...]] = {
    Method.BASIC: ("stretched",),
    Method.MIP: ("scaled",),
    Method.REM: ("scaled",),
    Method.HAN: ("han",),
    Method.CHENG: ("patches", "numbers"),
}
"""Arrays that a method sees; ``scaled`` stands for those of all images."""


def read_arrays(path: Path, method: Method) -> dict[str, list[Array]]:
    """Read what a method sees.

    Parameters
    ----------
    path : Path
        From `write_arrays`.
    method : Method
        One that is trained.

    Returns
    -------
    dict of str to list of ndarray
        By the names of `NAMES`, an entry an image.
    """
    with np.load(path) as kept:
        count = len(kept["stretched"])
        return {
            name: [kept[f"scaled_{number}"] for number in range(count)] if name == "scaled" else list(kept[name])
            for name in NAMES[method]
        }


def hash_of(arrays: Mapping[str, Sequence[Array]]) -> str:
    """SHA-256 of all arrays with their shapes."""
    digest = hashlib.sha256()
    for name, entries in arrays.items():
        digest.update(name.encode())
        for entry in entries:
            digest.update(str(entry.shape).encode() + entry.tobytes())
    return digest.hexdigest()
