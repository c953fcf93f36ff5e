"""How large an ultrasound image may be."""

from __future__ import annotations

from pathlib import Path

from livercad.errors import InputError

LONGEST_SIDE = 8192
"""Pixels. Our choice: ultrasound has a thousand or two, and to look at an image takes time and memory with the square
of its longer side, however narrow it is, as models see squares of it."""


def refuse_long(path: Path, shape: tuple[int, int]) -> None:
    """Refuse what is too long for any model.

    Parameters
    ----------
    path : Path
        The file.
    shape : tuple of int
        Rows, columns, as its header tells.

    Raises
    ------
    InputError
        If a side is longer than `LONGEST_SIDE`.
    """
    if max(shape) > LONGEST_SIDE:
        rows, columns = shape
        raise InputError(
            path,
            found=f"{columns} x {rows} pixels",
            expected=f"an ultrasound image of at most {LONGEST_SIDE} pixels along a side",
            todo="Cut or scale it down.",
        )
