"""Pictures (PNG, JPEG, BMP) of ultrasound, by Pillow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from livercad.errors import InputError
from livercad.studies.ultrasound.grey import grey_of_colours, stretched
from livercad.studies.ultrasound.sizes import refuse_long

_DEEP = ("I", "F", "I;16", "I;16B", "I;16L")
_TURNS_SIDES = (5, 6, 7, 8)
"""Orientations of EXIF that swap rows and columns."""
_ORIENTATION = 0x0112


def picture_size(path: Path) -> tuple[int, int]:
    """Tell the size of a picture from its header.

    Parameters
    ----------
    path : Path
        PNG, JPEG or BMP.

    Returns
    -------
    tuple of int
        Rows, columns, turned as EXIF says.

    Raises
    ------
    InputError
        If it is no picture, or too long (`livercad.studies.ultrasound.sizes`).
    """
    with _opened(path) as picture:
        width, height = picture.size
        turned = picture.getexif().get(_ORIENTATION) in _TURNS_SIDES
        return (width, height) if turned else (height, width)


def read_picture(path: Path) -> tuple[npt.NDArray[np.uint8], float]:
    """Read a picture as grey.

    It is turned as EXIF says; what is transparent is laid over black; palettes and colours become grey by their
    brightness; greys of more than 8 bits are stretched from 0 to the highest value that is there.

    Parameters
    ----------
    path : Path
        PNG, JPEG or BMP.

    Returns
    -------
    array : ndarray of uint8, shape (rows, columns)
        Grey.
    coloured : float
        Share of coloured pixels, in [0, 1].

    Raises
    ------
    InputError
        If it is no picture, too long, or cut off.
    """
    with _opened(path) as picture:
        upright = ImageOps.exif_transpose(picture)
        if upright.mode in _DEEP:
            values = np.asarray(upright)
            return stretched(values, 0, max(float(values.max()), 255.0)), 0.0
        if upright.mode in ("1", "L") and "transparency" not in upright.info:
            return np.array(upright.convert("L")), 0.0
        if upright.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in upright.info:
            front = upright.convert("RGBA")
            upright = Image.alpha_composite(Image.new("RGBA", front.size, (0, 0, 0, 255)), front)
        return grey_of_colours(np.asarray(upright.convert("RGB")))


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    try:
        with Image.open(path) as picture:
            refuse_long(path, picture.size[::-1])
            yield picture
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        raise InputError(
            path,
            found=f"a picture that cannot be read ({error})",
            expected="a whole PNG, JPEG or BMP file",
            todo="Copy or export it again.",
        ) from error
