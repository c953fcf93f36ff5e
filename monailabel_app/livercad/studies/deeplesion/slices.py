"""Slices of DeepLesion as HU: the key slice with its two neighbours, windowed as a network takes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from livercad.errors import InputError
from livercad.studies.deeplesion.folder import DeepLesion, KeySlice

OFFSET = 32768
"""HU = value − 32768 (the data set's description)."""


@dataclass(frozen=True)
class SliceStack:
    """A key slice between its neighbours.

    Parameters
    ----------
    hu : ndarray of float32, shape (3, rows, columns)
        The slice before (towards the head), the key slice, the slice after.
    repeated : tuple of int
        −1 and 1 for neighbours that are not there, for which the key slice stands.
    """

    hu: npt.NDArray[np.float32]
    repeated: tuple[int, ...]


def read_stack(data: DeepLesion, key: KeySlice) -> SliceStack:
    """Read a key slice and its two neighbours.

    Parameters
    ----------
    data : DeepLesion
        The folder.
    key : KeySlice
        One of its slices.

    Returns
    -------
    SliceStack
        A neighbour that is not in the folder is replaced by the key slice, and told.

    Raises
    ------
    InputError
        If the key slice is missing, or a file is no 16-bit grey PNG, or a neighbour is of another size.
    """
    middle = _read(data, key.series, key.index)
    if middle is None:
        raise _refused(data, key, "no file", "the key slice")
    slices, repeated = [middle], []
    for step in (-1, 1):
        beside = _read(data, key.series, key.index + step)
        if beside is not None and beside.shape != middle.shape:
            raise _refused(data, key, f"neighbours of {middle.shape} and {beside.shape} pixels", "slices of one size")
        if beside is None:
            repeated.append(step)
        slices.insert(0 if step < 0 else 2, middle if beside is None else beside)
    return SliceStack(np.stack(slices), tuple(repeated))


def windowed(hu: npt.NDArray[np.float32], window: tuple[float, float]) -> npt.NDArray[np.float32]:
    """Scale HU to [0, 255] as a display does.

    Parameters
    ----------
    hu : ndarray
        Of any shape.
    window : tuple of float
        HU of black and of white.

    Returns
    -------
    ndarray of float32
        The same shape; what lies outside the window is black or white.
    """
    low, high = window
    return np.asarray(np.clip((hu - low) / (high - low), 0, 1) * 255, dtype=np.float32)


def encode(hu: npt.NDArray[Any]) -> Image.Image:
    """Make a slice that DeepLesion's readers read.

    Parameters
    ----------
    hu : ndarray, shape (rows, columns)
        HU.

    Returns
    -------
    Image
        16-bit grey.
    """
    return Image.fromarray(np.clip(np.round(hu) + OFFSET, 0, 65535).astype(np.uint16))


def _read(data: DeepLesion, series: str, index: int) -> npt.NDArray[np.float32] | None:
    path = data.path_of(series, index)
    if path is None:
        return None
    try:
        with Image.open(path) as image:
            mode, values = image.mode, np.asarray(image)
    except (OSError, UnidentifiedImageError, SyntaxError) as error:
        found, todo = f"a picture that cannot be read ({error})", "Fetch it again."
        raise InputError(path, found=found, expected="a 16-bit grey PNG", todo=todo) from error
    if mode not in ("I;16", "I;16B", "I"):
        raise InputError(
            path,
            found=f"a picture of the kind {mode}",
            expected="a 16-bit grey PNG, HU + 32768",
            todo="Use the data set's own files, not pictures made of them.",
        )
    return values.astype(np.float32) - OFFSET


def _refused(data: DeepLesion, key: KeySlice, found: str, expected: str) -> InputError:
    return InputError(
        data.folder / key.image, found=found, expected=expected, todo="Fetch this series of the data set again."
    )
