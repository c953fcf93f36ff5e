"""What a row marks on its image: a circle, a box, or masks."""

from __future__ import annotations

import math
from pathlib import Path

from livercad.core.circle import Circle, circle_of_box
from livercad.errors import InputError
from livercad.studies.ultrasound.image import MarkedLesion
from livercad.studies.ultrasound.masks import lesions_of_masks
from livercad.studies.ultrasound.rows import Row

SEVERAL = "_mask*"
"""In patterns of files beside an image; tables of one's own name one file."""


def marks_of_row(folder: Path, row: Row, shape: tuple[int, int]) -> tuple[tuple[MarkedLesion, ...], tuple[Path, ...]]:
    """Tell what a row marks.

    Parameters
    ----------
    folder : Path
        That the row's paths start at.
    row : Row
        Of a table, or of an image that no table names.
    shape : tuple of int
        Rows, columns of the image.

    Returns
    -------
    lesions : tuple of MarkedLesion
        One where there is a circle or a box, else as many as masks show, the largest first.
    masks : tuple of Path
        The row's files of masks that are there.

    Raises
    ------
    InputError
        If a lesion is larger than the image, or told by a mask that is missing, cannot be read or is of another size.
    """
    masks = _masks_of(folder, row)
    circle = row.circle or _circle_of_box(row)
    if circle is None:
        return lesions_of_masks(masks, row.mask_values, shape, row.kind), masks
    longest = math.hypot(*shape)
    if circle.diameter > longest:
        raise InputError(
            _where(row),
            found=f"a lesion of {circle.diameter:g} pixels",
            expected=f"at most the image's diagonal of {longest:.0f}",
            todo="Mend the table: a decimal point may be missing.",
        )
    return (MarkedLesion(circle, row.kind, row.box),), masks


def _circle_of_box(row: Row) -> Circle | None:
    try:
        return circle_of_box(row.box) if row.box else None
    except ValueError as error:  # a number that is not finite
        raise InputError(_where(row), found=str(error), expected="a box in pixels", todo="Mend the table.") from error


def _masks_of(folder: Path, row: Row) -> tuple[Path, ...]:
    path = folder / row.masks
    if not row.masks:
        return ()
    if path.is_file():  # before patterns: a name may have the signs that these have
        return (path,)
    if SEVERAL in row.masks:
        return tuple(sorted(folder.glob(row.masks)))
    if row.circle or row.box:
        return ()
    raise InputError(path, found="no such file", expected=f"the mask of {row.image}", todo="Mend the table.")


def _where(row: Row) -> str:
    return f"{row.image}, line {row.line} of the table"
