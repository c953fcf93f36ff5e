"""What the cells of DeepLesion's table say: names, numbers, whole numbers; anything else is told with its column."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from enum import IntEnum
from pathlib import PurePosixPath
from typing import TypeVar

Kind = TypeVar("Kind", bound=IntEnum)


def image_name(cells: Mapping[str, str | None], column: str) -> str:
    """``000001_01_01_109`` of ``000001_01_01_109.png``, and of ``Images_png/000001_01_01/109.png``.

    Parameters
    ----------
    cells : mapping of str to str
        Of a row, by column; None or no entry where the row ends before.
    column : str
        Its name.

    Returns
    -------
    str
        ``patient_study_series_slice``.

    Raises
    ------
    ValueError
        If it is no such name; the message names the column.
    """
    text = _text(cells, column)
    path = PurePosixPath(text.replace("\\", "/"))
    name = path.stem if path.stem.count("_") == 3 else f"{path.parent.name}_{path.stem}"
    if name.count("_") != 3 or not all(part.isdecimal() for part in name.split("_")):
        raise ValueError(f"{column} has {text!r}, not patient_study_series_slice.png")
    return name


def numbers(cells: Mapping[str, str | None], column: str, count: int) -> tuple[float, ...] | None:
    """Finite numbers, divided by commas.

    Parameters
    ----------
    cells, column
        As in `image_name`.
    count : int
        How many there are to be.

    Returns
    -------
    tuple of float or None
        None where the cell is empty.

    Raises
    ------
    ValueError
        If it has something else; the message names the column.
    """
    text = _text(cells, column)
    if not text:
        return None
    try:
        values = tuple(float(part) for part in text.split(","))
    except ValueError:
        values = ()
    if len(values) != count or not all(map(math.isfinite, values)):
        raise ValueError(f"{column} has {text!r}, not {count} number{'s' * (count > 1)}")
    return values


def number_if_known(cells: Mapping[str, str | None], column: str) -> float | None:
    """One number as `numbers` reads it; None also where the data set has NaN, as it has for unknown ages."""
    if _text(cells, column).lower() == "nan":
        return None
    values = numbers(cells, column, 1)
    return values[0] if values else None


def whole_numbers(cells: Mapping[str, str | None], column: str, count: int) -> tuple[int, ...] | None:
    """As `numbers`, but whole."""
    values = numbers(cells, column, count)
    if values is None:
        return None
    if any(value != int(value) for value in values):
        raise ValueError(f"{column} has {_text(cells, column)!r}, not {count} whole number{'s' * (count > 1)}")
    return tuple(int(value) for value in values)


def one_of(cells: Mapping[str, str | None], column: str, kind: type[Kind]) -> Kind | None:
    """A whole number that an enumeration has; None where the cell is empty."""
    values = whole_numbers(cells, column, 1)
    if values is None:
        return None
    try:
        return kind(values[0])
    except ValueError:
        told = ", ".join(str(int(k)) for k in kind)
        raise ValueError(f"{column} has {_text(cells, column)!r}, not one of {told}") from None


def joined(values: Sequence[float] | None) -> str:
    """Numbers as `numbers` reads them."""
    return ", ".join(f"{value:g}" for value in values or ())


def _text(cells: Mapping[str, str | None], column: str) -> str:
    return (cells.get(column) or "").strip()
