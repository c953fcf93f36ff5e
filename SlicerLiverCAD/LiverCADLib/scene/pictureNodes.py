"""2-D images as volume nodes of one slice, and where their pixels lie.

A pixel (column, row) is the voxel (column, row, 0). Columns run to the patient's left, rows to the back, 1 pixel wide
where nothing tells its size: as Slicer itself reads a picture file. So an axial view, whose right is left and whose
lower edge is the back, shows it upright.
"""

import numpy as np
import slicer
import vtk
from vtk.util.numpy_support import numpy_to_vtk

from livercad.core.saliency import overlay_of
from LiverCADLib.pictureFiles import greyOf
from LiverCADLib.scene.volumes import GREY
from LiverCADLib.translation import _

WHITE = 255


def addPicture(pixels, spacingMm, name):
    """Put an image into the scene.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (rows, columns)
        Brightness.
    spacingMm : tuple of float or None
        From row to row and from column to column; None for 1 mm.
    name : str
        The node's name.

    Returns
    -------
    vtkMRMLScalarVolumeNode
        Black is 0, white is 255.
    """
    down, across = spacingMm or (1.0, 1.0)
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name)
    node.SetIJKToRASMatrix(slicer.util.vtkMatrixFromArray(np.diag([-across, -down, 1.0, 1.0])))
    node.SetAndObserveImageData(_imageOf(pixels))
    _show(node, "vtkMRMLScalarVolumeDisplayNode").SetAndObserveColorNodeID(GREY)
    return node


def addOverlay(picture, name):
    """Put an image of colours over another one, see `setOverlay`; not listed among the user's volumes, and not saved.

    Parameters
    ----------
    picture : vtkMRMLVolumeNode
        The image beneath.
    name : str
        The node's name.

    Returns
    -------
    vtkMRMLVectorVolumeNode
        Without pixels yet. Of its red, green, blue and opacity the views take all four; the colours of a table that a
        scalar volume is shown in would be opaque or not there at all.
    """
    node = slicer.mrmlScene.CreateNodeByClass("vtkMRMLVectorVolumeNode")
    node.UnRegister(None)
    node.SetName(name)
    node.SetHideFromEditors(True)  # before it comes into the scene, where it would be listed
    node = slicer.mrmlScene.AddNode(node)
    node.CopyOrientation(picture)
    _show(node, "vtkMRMLVectorVolumeDisplayNode")
    for each in (node, node.GetDisplayNode()):
        each.SetSaveWithScene(False)
    return node


def setOverlay(node, saliency):
    """Show a map of saliency in the colours of the report.

    Parameters
    ----------
    node : vtkMRMLVectorVolumeNode
        Of `addOverlay`.
    saliency : ndarray of uint8, shape (rows, columns)
        The strongest is 255; where it is 0 the image beneath is seen.
    """
    colors, alpha = overlay_of(np.arange(WHITE + 1) / WHITE)
    table = np.rint(np.column_stack([colors, WHITE * alpha])).astype(np.uint8)
    node.SetAndObserveImageData(_imageOf(table[saliency]))


def pixelsOf(node):
    """The pixels of an image of the scene: uint8, shape (rows, columns), colours as their brightness."""
    array = slicer.util.arrayFromVolume(node)[0]
    return array if array.dtype == np.uint8 and array.ndim == 2 else greyOf(array)


def whyNoPicture(node):
    """Why a volume node cannot be taken for a 2-D image, as a sentence; empty where it can."""
    if node.GetImageData() is None or node.GetImageData().GetDimensions()[2] != 1:
        return _("{name} is no 2-D image: it has more than one slice, or none.").format(name=node.GetName())
    if node.GetParentTransformNode() is not None:
        return _("{name} is moved by a transform. Harden or remove it first.").format(name=node.GetName())
    return ""


def rasOf(node, places):
    """Where places on an image lie in the scene.

    Parameters
    ----------
    node : vtkMRMLVolumeNode
        The image.
    places : array_like, shape (places, 2)
        Column, row in pixels.

    Returns
    -------
    ndarray, shape (places, 3)
        RAS mm.
    """
    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    affine, places = slicer.util.arrayFromVTKMatrix(matrix), np.asarray(places, float)
    return places @ affine[:3, :2].T + affine[:3, 3]


def pixelsAt(node, points):
    """Where points of the scene lie on an image, seen from straight above.

    Parameters
    ----------
    node : vtkMRMLVolumeNode
        The image.
    points : array_like, shape (points, 3)
        RAS mm.

    Returns
    -------
    ndarray, shape (points, 2)
        Column, row in pixels.
    """
    matrix = vtk.vtkMatrix4x4()
    node.GetRASToIJKMatrix(matrix)
    affine = slicer.util.arrayFromVTKMatrix(matrix)
    return (np.asarray(points, float) @ affine[:3, :3].T + affine[:3, 3])[:, :2]


def _imageOf(pixels):
    """VTK's image of an array of uint8, shape (rows, columns) or (rows, columns, channels)."""
    rows, columns, *channels = pixels.shape
    image = vtk.vtkImageData()
    image.SetDimensions(columns, rows, 1)
    values = np.ascontiguousarray(pixels).reshape(rows * columns, *channels)
    image.GetPointData().SetScalars(numpy_to_vtk(values, deep=True))
    return image


def _show(node, displayClass):
    display = slicer.mrmlScene.AddNewNodeByClass(displayClass)
    display.SetAutoWindowLevel(False)
    display.SetWindowLevel(WHITE, WHITE / 2)
    node.SetAndObserveDisplayNodeID(display.GetID())
    return display
