"""Reads the voxels of segments on the grid of a reference image."""

import numpy as np
import slicer
import vtk
from vtk.util.numpy_support import vtk_to_numpy

from LiverCADLib.scene.masks import Mask, boxesOf

BINARY = "Binary labelmap"
SAME_GRID = 1e-2
"""How far, in voxels over the whole grid, a segment's grid may lie off the reference's: files keep single precision."""


class SegmentReader:
    """Reads segments.

    Many segments share one array, of which each has a value; where they lie in it is found for all of them at once.

    Parameters
    ----------
    node : vtkMRMLSegmentationNode
        The segments.
    reference : vtkMRMLScalarVolumeNode
        The image.
    shape : tuple of int
        The image's voxels along I, J, K.
    affine : ndarray, shape (4, 4)
        The image's IJK to RAS mm.
    """

    def __init__(self, node, reference, shape, affine):
        self._node, self._reference, self._shape, self._affine = node, reference, shape, affine
        self._boxes = {}

    @staticmethod
    def revision(segment):
        """What is another after the segment's voxels were changed."""
        image = segment.GetRepresentation(BINARY)
        return (image.GetAddressAsString(""), image.GetMTime(), segment.GetLabelValue()) if image else None

    def read(self, segmentId, segment):
        """Read a segment.

        Returns
        -------
        Mask or None
            On the image's grid; what was painted beyond the image is left out. None without voxels.
        """
        image = segment.GetRepresentation(BINARY)
        shift = self._shiftOf(image) if image else None
        if shift is None:
            return self._resampled(segmentId)
        if min(image.GetDimensions()) < 1 or image.GetPointData().GetScalars() is None:
            return None
        values = vtk_to_numpy(image.GetPointData().GetScalars()).reshape(image.GetDimensions()[::-1]).transpose()
        box = self._boxesOf(image, values).get(segment.GetLabelValue())
        if box is None:
            return None
        start = np.add(image.GetExtent()[::2], shift)
        first = np.maximum([part.start for part in box], -start)
        last = np.minimum([part.stop for part in box], np.subtract(self._shape, start))
        if (first >= last).any():
            return None
        block = tuple(slice(a, b) for a, b in zip(first, last, strict=True))
        return Mask.of(values[block] == segment.GetLabelValue(), tuple(int(n) for n in start + first))

    def _boxesOf(self, image, values):
        """Where each value lies in a shared array."""
        key, time = image.GetAddressAsString(""), image.GetMTime()
        if self._boxes.get(key, (None, None))[0] != time:
            self._boxes[key] = time, boxesOf(values)
        return self._boxes[key][1]

    def _shiftOf(self, image):
        """From a segment's voxel indices to the reference image's; None where its grid is another."""
        if self._node.GetParentTransformNode() is not self._reference.GetParentTransformNode():
            return None
        matrix = vtk.vtkMatrix4x4()
        image.GetImageToWorldMatrix(matrix)
        between = np.linalg.inv(self._affine) @ slicer.util.arrayFromVTKMatrix(matrix)
        shift = np.round(between[:3, 3]).astype(int)
        off = np.abs(between[:3, :3] - np.eye(3)) @ np.array(self._shape) + np.abs(between[:3, 3] - shift)
        return shift if (off < SAME_GRID).all() else None

    def _resampled(self, segmentId):
        """Slicer's own way, for segments on other grids and for closed surfaces."""
        array = slicer.util.arrayFromSegmentBinaryLabelmap(self._node, segmentId, self._reference)
        return Mask.of(array.transpose())
