"""Displacements as a transform that Slicer applies to a volume when it is shown."""

import numpy as np
import slicer
import vtk
from vtk.util.numpy_support import numpy_to_vtk


def addDisplacement(displacement, affine, name):
    """Put a field of displacements into the scene.

    A slice view asks at which place of a volume's own space it finds what it shows at a place of the world: that is
    the direction "from parent", and the one that the server's field has. So nothing has to be inverted.

    Parameters
    ----------
    displacement : ndarray, shape (I, J, K, 3)
        R, A, S in mm: point x of the world is shown as x + displacement(x) of the volume's own space.
    affine : ndarray, shape (4, 4)
        Indices of the field to RAS mm.
    name : str
        The node's name.

    Returns
    -------
    vtkMRMLGridTransformNode
        To be set as the volume's parent transform.
    """
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    image = vtk.vtkImageData()
    image.SetDimensions(*displacement.shape[:3])
    image.SetSpacing(*spacing)
    image.SetOrigin(*affine[:3, 3])
    vectors = np.ascontiguousarray(displacement.transpose(2, 1, 0, 3), dtype=np.float32)
    image.GetPointData().SetScalars(numpy_to_vtk(vectors.reshape(-1, 3), deep=True))
    directions = np.eye(4)
    directions[:3, :3] = affine[:3, :3] / spacing
    grid = slicer.vtkOrientedGridTransform()
    grid.SetGridDirectionMatrix(slicer.util.vtkMatrixFromArray(directions))
    grid.SetDisplacementGridData(image)
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLGridTransformNode", name)
    node.SetAndObserveTransformFromParent(grid)
    interpolateLinearly(node)
    return node


def interpolateLinearly(node):
    """Read the field linearly: a loaded scene brings it back as cubic, which makes slice views slow."""
    node.GetTransformFromParent().SetInterpolationModeToLinear()
