"""Circles around lesions of an ultrasound image, as a request gives them."""

from __future__ import annotations

import json
import math
from typing import Any

from livercad.core.circle import Circle
from livercad.errors import InputError
from livercad.studies.ultrasound.image import MarkedLesion

MOST_CIRCLES = 200
SMALLEST_PIXELS = 1.0
"""Of a diameter."""
LONGEST_CLASS = 100
DIGITS = 2
"""Of a pixel that are kept, as tables have them (`livercad.studies.ultrasound.rows.write_annotations`)."""
FIELDS = ("center", "diameter", "class")
SHOWN = 80
"""Characters of what was found."""


def read_marks(given: Any, image: str, shape: tuple[int, int]) -> tuple[MarkedLesion, ...]:
    """Read the circles that a request gives.

    Parameters
    ----------
    given : object
        Parsed JSON: a list of ``{"center": [column, row], "diameter": pixels, "class": word}``, the last one optional.
    image : str
        Its name, for messages.
    shape : tuple of int
        Its rows and columns.

    Returns
    -------
    tuple of MarkedLesion
        In their order; numbers rounded to `DIGITS`, classes in small letters as tables have them.

    Raises
    ------
    InputError
        If it is something else, or a circle is none or has its centre outside of the image.
    """
    if not isinstance(given, list) or len(given) > MOST_CIRCLES:
        found = f"a list of {len(given)}" if isinstance(given, list) else _shown(given)
        raise _error("circles", found, f"a list of up to {MOST_CIRCLES} circles, each with center and diameter")
    return tuple(_mark(each, f"circle {number} on {image}", shape) for number, each in enumerate(given, start=1))


def read_class(word: Any, thing: str) -> str:
    """Read a class: one line of text, in small letters as tables have it; InputError if it is none."""
    if not isinstance(word, str) or len(word) > LONGEST_CLASS or not word.isprintable():
        raise _error(f"class of {thing}", _shown(word), f"a word, up to {LONGEST_CLASS} printable characters")
    return word.strip().lower()


def _mark(given: Any, thing: str, shape: tuple[int, int]) -> MarkedLesion:
    if not isinstance(given, dict) or not {"center", "diameter"} <= given.keys() or given.keys() - set(FIELDS):
        raise _error(thing, _shown(given), "center and diameter in pixels, and perhaps a class")
    rows, columns = shape
    center = given["center"]
    if not isinstance(center, list) or len(center) != 2 or not all(map(_is_number, center)):
        raise _error(f"center of {thing}", _shown(center), "[column, row], two numbers of pixels")
    x, y = round(float(center[0]), DIGITS), round(float(center[1]), DIGITS)
    if not (-0.5 <= x <= columns - 0.5 and -0.5 <= y <= rows - 0.5):
        raise _error(
            f"center of {thing}",
            f"column {x}, row {y}, outside of the image",
            f"a place on it: columns −0.5 to {columns - 0.5}, rows −0.5 to {rows - 0.5}",
        )
    diameter, longest = given["diameter"], math.hypot(rows, columns)
    if not _is_number(diameter) or not SMALLEST_PIXELS <= diameter <= longest:
        raise _error(
            f"diameter of {thing}",
            _shown(diameter),
            f"pixels from {SMALLEST_PIXELS:g} to the image's diagonal of {longest:.0f}",
        )
    return MarkedLesion(Circle((x, y), round(float(diameter), DIGITS)), read_class(given.get("class", ""), thing))


def _is_number(value: Any) -> bool:
    """Whether it is a finite number; JSON of Python's knows NaN and Infinity, and whole numbers of any size."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def _error(thing: str, found: str, expected: str) -> InputError:
    return InputError(thing, found=found, expected=expected, todo="Mend the request (docs/server.md).")
