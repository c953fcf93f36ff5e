"""2-D images from and to files, without the scene: for worker threads."""

from pathlib import Path

import numpy as np
import SimpleITK as sitk

from LiverCADLib.imageFiles import ImageFileError
from LiverCADLib.translation import _

LUMA = np.array([0.299, 0.587, 0.114])
"""Weights of red, green and blue in brightness (ITU-R BT.601), as the server has them."""


def readGrey(path):
    """Read a picture.

    Parameters
    ----------
    path : Path
        Such as a PNG file.

    Returns
    -------
    ndarray of uint8, shape (rows, columns)
        Brightness.

    Raises
    ------
    ImageFileError
        If it is none.
    """
    try:
        image = sitk.ReadImage(str(path))
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1]
        raise ImageFileError(_("{name} cannot be read: {reason}").format(name=path.name, reason=reason)) from error
    return greyOf(sitk.GetArrayFromImage(image))


def writeGrey(pixels, path):
    """Write a picture as PNG.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (rows, columns)
        Brightness.
    path : Path
        Ends in ``.png``.
    """
    sitk.WriteImage(sitk.GetImageFromArray(np.ascontiguousarray(pixels)), str(Path(path)))


def greyOf(pixels):
    """Make 8 bits of grey, as the server does for pictures.

    Parameters
    ----------
    pixels : ndarray, shape (rows, columns) or (rows, columns, channels)
        Grey, or red, green, blue and perhaps opacity: what is transparent is laid over black.

    Returns
    -------
    ndarray of uint8, shape (rows, columns)
        More than 8 bits are scaled from 0 to the highest value, which counts as 255 at least.
    """
    if pixels.ndim == 2:
        grey = pixels.astype(np.float64)
    elif pixels.shape[-1] < 3:
        grey = pixels[..., 0].astype(np.float64)
    else:
        grey = pixels[..., :3] @ LUMA
    if pixels.ndim == 3 and pixels.shape[-1] in (2, 4):
        grey = grey * (pixels[..., -1] / np.iinfo(np.uint8).max)
    if pixels.dtype != np.uint8:
        grey = np.clip(grey, 0, None) * (255 / max(float(grey.max()), 255.0))
    return np.rint(grey).astype(np.uint8)
