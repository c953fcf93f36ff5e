"""The ultrasound images of a case: looked up, told of, and as a picture for clients."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from livercad.errors import InputError
from livercad.server.errors import UnknownNameError
from livercad.studies.ultrasound.cases import ImageCase
from livercad.studies.ultrasound.image import ListedImage
from livercad.studies.ultrasound.reading import read_header

MOST_PIXELS = 1 << 25
"""Of one image that a client sends: five times what the finest scanners make (some 2600 × 2000)."""
MOST_PIXELS_OF_A_FILE = 1 << 29
"""Of all frames of a file that a client sends: some 600 of 1000 × 800."""
PNG = "image/png"


def flat_image(case: ImageCase, name: str) -> ListedImage:
    """Look an image of a case up.

    Parameters
    ----------
    case : ImageCase
        The case.
    name : str
        Of the image, as the case's list has it.

    Returns
    -------
    ListedImage
        The image.

    Raises
    ------
    UnknownNameError
        If the case has none of this name.
    """
    for image in case.images:
        if image.name == name:
            return image
    names = [image.name for image in case.images]
    raise UnknownNameError(
        f"image {name!r} of case {case.case!r}",
        found="no such image",
        expected=f"one of {', '.join(names[:8])}{', …' if len(names) > 8 else ''}",
        todo="Take one of them; GET /livercad/cases/CASE lists all of a case that the server has.",
    )


def describe(image: ListedImage) -> dict[str, Any]:
    """Tell what is known of an image.

    Parameters
    ----------
    image : ListedImage
        Its header is read.

    Returns
    -------
    dict
        `name`, `rows`, `columns`, `frame`, `spacing_mm` (from row to row, from column to column; null where the file
        does not tell), `class` of the image, and the `lesions` marked: `center` [column, row] and `diameter` in pixels,
        `class`.

    Raises
    ------
    InputError
        If the file cannot be read any more.
    """
    header = read_header(image.path)
    rows, columns = header.shape
    return {
        "name": image.name,
        "rows": rows,
        "columns": columns,
        "frame": image.frame,
        "spacing_mm": header.spacing_mm,
        "class": image.kind,
        "lesions": [
            {"center": list(each.circle.center), "diameter": each.circle.diameter, "class": each.kind}
            for each in image.lesions
        ],
    }


def check_size(image: ListedImage) -> None:
    """Refuse an image that was sent if its pixels would fill the memory, before they are read.

    Parameters
    ----------
    image : ListedImage
        Any of its file.

    Raises
    ------
    InputError
        If it, or all frames of its file, are larger than `MOST_PIXELS` and `MOST_PIXELS_OF_A_FILE`.
    """
    header = read_header(image.path)
    rows, columns = header.shape
    if rows * columns > MOST_PIXELS or rows * columns * header.frames > MOST_PIXELS_OF_A_FILE:
        raise InputError(
            image.path.name,
            found=f"{rows} × {columns} pixels (rows × columns) in {header.frames} frame(s)",
            expected=f"at most {MOST_PIXELS:,} pixels an image and {MOST_PIXELS_OF_A_FILE:,} a file",
            todo="Send fewer frames, or scale it down.",
        )


def png_of(grey: npt.NDArray[np.uint8]) -> bytes:
    """An image, shape (rows, columns), as a PNG of 8 bits of grey."""
    stream = BytesIO()
    Image.fromarray(grey, "L").save(stream, format="PNG")
    return stream.getvalue()
