"""Volume nodes from arrays and back, without a copy: what takes long is done before, off the GUI thread.

Slicer wants right-handed voxel axes: it reverses the slices of a left-handed file that it reads, its own scenes
included, and surfaces of segments on a left-handed grid are inside out. So nodes are right-handed here too, and an
attribute keeps in mind that the server has the slices the other way round. `volumeOf` and `volumeFrom` give what is on
the server's grid.
"""

import numpy as np
import slicer
import vtk
from vtk.util.numpy_support import numpy_to_vtk

from livercad.core.phases import window_of
from livercad.core.volume import Volume
from LiverCADLib.imageFiles import isRightHanded, reversedSlices

GREY = "vtkMRMLColorTableNodeGrey"
REVERSED = "LiverCAD.reversed"
"""Attribute of volume nodes whose slices are in the reverse order of the server's."""


def addVolumeNode(volume, name):
    """Put a volume into the scene.

    Parameters
    ----------
    volume : livercad.core.volume.Volume
        On the server's grid. Its array is shared with the node, not copied, where `imageFiles.readVolume` made it.
    name : str
        The node's name.

    Returns
    -------
    vtkMRMLScalarVolumeNode
        With a display node whose window is not computed from the voxels, which would take long.
    """
    isReversed = not isRightHanded(volume.affine)
    inScene = reversedSlices(volume) if isReversed else volume
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name)
    if isReversed:
        node.SetAttribute(REVERSED, "1")
    node.SetIJKToRASMatrix(slicer.util.vtkMatrixFromArray(inScene.affine))
    image = vtk.vtkImageData()
    image.SetDimensions(*inScene.shape)
    image.GetPointData().SetScalars(numpy_to_vtk(np.ascontiguousarray(inScene.array.transpose()).ravel()))
    display = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeDisplayNode")
    display.SetAutoWindowLevel(False)
    display.SetAndObserveColorNodeID(GREY)
    showInWindow(display, None)
    node.SetAndObserveDisplayNodeID(display.GetID())
    node.SetAndObserveImageData(image)
    return node


def showInWindow(display, phase):
    """Set grey levels to the window of a phase; None is shown as an enhanced phase."""
    window = window_of(phase)
    display.SetAutoWindowLevel(False)
    display.SetWindowLevel(window.width_hu, window.level_hu)


def volumeOf(node):
    """The volume that a node holds, on the server's grid.

    Parameters
    ----------
    node : vtkMRMLVolumeNode
        Its own space; transforms are left out.

    Returns
    -------
    livercad.core.volume.Volume
        Shares its voxels with the node.
    """
    return volumeFrom(slicer.util.arrayFromVolume(node), node)


def volumeFrom(array, node):
    """Put an array that lies voxel for voxel over a volume node onto the server's grid.

    Parameters
    ----------
    array : ndarray, shape (K, J, I)
        Such as that of a segment, as `slicer.util` gives it with this node as the reference.
    node : vtkMRMLVolumeNode
        The volume.

    Returns
    -------
    livercad.core.volume.Volume
        Shares its voxels with the array.
    """
    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    inScene = Volume(array.transpose(), slicer.util.arrayFromVTKMatrix(matrix))
    return reversedSlices(inScene) if node.GetAttribute(REVERSED) else inScene
