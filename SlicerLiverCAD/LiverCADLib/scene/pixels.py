"""Pixels of pictures: HU to grey, what is laid over it, and PNG."""

import numpy as np
import vtk
from vtk.util.numpy_support import numpy_to_vtk, vtk_to_numpy

from livercad.core.saliency import overlay_of


def greyOf(hu, window):
    """Show HU in a window.

    Parameters
    ----------
    hu : ndarray, shape (rows, columns)
        In HU.
    window : livercad.core.phases.Window
        What is black and what is white.

    Returns
    -------
    ndarray of uint8, shape (rows, columns, 3)
        The same grey in red, green and blue.
    """
    low, high = window.range_hu
    share = np.clip((hu - low) / max(high - low, 1.0), 0.0, 1.0)
    return np.repeat(np.rint(255 * share).astype(np.uint8)[..., None], 3, axis=-1)


def laidOver(picture, saliency):
    """Lay a map of saliency over a picture, in the colours of the report.

    Parameters
    ----------
    picture : ndarray of uint8, shape (rows, columns, 3)
        Tissue.
    saliency : ndarray, shape (rows, columns)
        In [0, 1].

    Returns
    -------
    ndarray of uint8, shape (rows, columns, 3)
        The picture itself where nothing spoke for the class.
    """
    colors, alpha = overlay_of(saliency)
    mixed = picture + alpha[..., None] * (colors - picture)
    return np.rint(mixed).astype(np.uint8)


def pngOf(picture):
    """Encode a picture.

    Parameters
    ----------
    picture : ndarray of uint8, shape (rows, columns, 3)
        The first row is the upper one.

    Returns
    -------
    bytes
        A PNG file.
    """
    rows, columns, channels = picture.shape
    image = vtk.vtkImageData()
    image.SetDimensions(columns, rows, 1)
    image.GetPointData().SetScalars(numpy_to_vtk(np.ascontiguousarray(picture[::-1]).reshape(-1, channels), deep=True))
    writer = vtk.vtkPNGWriter()
    writer.SetInputData(image)
    writer.SetCompressionLevel(1)
    writer.WriteToMemoryOn()
    writer.Write()
    return vtk_to_numpy(writer.GetResult()).tobytes()
