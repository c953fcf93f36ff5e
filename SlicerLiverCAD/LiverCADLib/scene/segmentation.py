"""Liver and lesions as a segmentation node, and the node as liver and lesions.

Segments are known by their tags alone, never by their place or name: whatever is added, deleted, renamed or moved, a
lesion keeps its number.
"""

from contextlib import contextmanager

import numpy as np
import slicer
import vtk
from vtk.util.numpy_support import numpy_to_vtk

from livercad.core.taxonomy import Label
from LiverCADLib.scene.grid import Grid
from LiverCADLib.scene.segmentReader import BINARY, SegmentReader
from LiverCADLib.scene.segments import (
    LIVER,
    colorOf,
    lesionName,
    markAsLesion,
    markAsLiver,
    numberInName,
    numberOf,
    roleOf,
)
from LiverCADLib.signals import Signal

EVENTS = ("SegmentAdded", "SegmentRemoved", "SegmentModified", "SourceRepresentationModified")
SURFACE = slicer.vtkSegmentationConverter.GetSegmentationClosedSurfaceRepresentationName()


class CaseSegmentation:
    """The segments of the open case, on the grid of its reference image.

    Parameters
    ----------
    node : vtkMRMLSegmentationNode
        May hold segments already.
    reference : vtkMRMLScalarVolumeNode
        Gives the grid.

    Attributes
    ----------
    touched : Signal
        (segment's id, or empty where it is not known which): something about segments was changed, by whomever.
    written : Signal
        No arguments; this module has added, changed or removed a segment: no earlier state of the segments is to come
        back.
    surfaceMade : Signal
        No arguments; the segments have got surfaces, which 3-D views show.
    """

    def __init__(self, node, reference):
        self.touched, self.written, self.surfaceMade = Signal(), Signal(), Signal()
        self.node, self.grid = node, None
        self.layOn(reference)
        observe = node.GetSegmentation().AddObserver
        self._observers = [observe(getattr(slicer.vtkSegmentation, event), self._onEvent) for event in EVENTS]
        self._observers.append(observe(slicer.vtkSegmentation.ContainedRepresentationNamesModified, self._onNames))

    @classmethod
    def create(cls, reference, name):
        """Add an empty segmentation node for a reference image."""
        node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", name)
        node.CreateDefaultDisplayNodes()
        return cls(node, reference)

    def layOn(self, reference):
        """Lie on a reference image; `grid` stays the same object where nothing of it changes."""
        self.reference = reference
        self.node.SetReferenceImageGeometryParameterFromVolumeNode(reference)
        # Taken once: a mask must not land elsewhere because somebody moves the reference later.
        grid = Grid.of(reference)
        if self.grid is None or not grid.isSame(self.grid) or grid.isReversed != self.grid.isReversed:
            self.grid, self.shape, self.affine = grid, grid.shape, grid.affine
        self._reader = SegmentReader(self.node, reference, self.shape, self.affine)

    def close(self):
        """Listen no more; the node stays."""
        for observer in self._observers:
            self.node.GetSegmentation().RemoveObserver(observer)
        self._observers = []

    @vtk.calldata_type(vtk.VTK_STRING)
    def _onEvent(self, caller, event, segmentId=None):
        self.touched.emit(segmentId or "")

    def _onNames(self, caller, event):
        if self.node.GetSegmentation().ContainsRepresentation(SURFACE):
            self.surfaceMade.emit()

    # Which segment is what

    @property
    def liverId(self):
        """Id of the liver's segment; empty without one."""
        return next((id_ for id_, segment in self._segments() if roleOf(segment) == LIVER), "")

    @property
    def lesionIds(self):
        """Ids of the lesions' segments by number, in order of the numbers."""
        found = {}
        for id_, segment in self._segments():
            if number := numberOf(segment):
                found.setdefault(number, id_)
        return dict(sorted(found.items()))

    def numberOf(self, segmentId):
        """The number of the lesion that a segment is; 0 for other segments and unknown ids."""
        segment = self.node.GetSegmentation().GetSegment(segmentId)
        return numberOf(segment) if segment else 0

    def adopt(self, known, nextNumber):
        """Give a number to segments that have none of their own: new ones, copies, and those of other programs.

        A segment that is called as ours are ("liver", "lesion 3") becomes what it says, if there is no other one yet;
        any other becomes a new lesion.

        Parameters
        ----------
        known : dict of int to str
            Segments by number as they were: of two with one number the other one is the copy.
        nextNumber : int
            The first number that was never given.

        Returns
        -------
        list of int
            The numbers that were given to lesions.
        """
        owners = {number: id_ for number, id_ in known.items() if self.numberOf(id_) == number}
        strangers = []
        for id_, segment in self._segments():
            number = numberOf(segment)
            isOurs = owners.setdefault(number, id_) == id_ if number else roleOf(segment) == LIVER
            if not isOurs:
                strangers.append((id_, segment))
        given = []
        for id_, segment in strangers:
            if segment.GetName().strip().lower() == LIVER and not self.liverId:
                markAsLiver(segment)
                continue
            number = numberInName(segment.GetName())
            if not number or number in owners:
                number = nextNumber
            nextNumber = max(nextNumber, number + 1)
            owners[number] = id_
            markAsLesion(segment, number)
            given.append(number)
        return given

    # Voxels

    @property
    def liver(self):
        """The liver's Mask; None without one."""
        return self._read(self.liverId)

    def lesion(self, number):
        """A lesion's Mask; None where it has no segment or no voxels."""
        return self._read(self.lesionIds.get(number, ""))

    def lesions(self):
        """Masks of all lesions that have voxels, by number."""
        masks = {number: self._read(id_) for number, id_ in self.lesionIds.items()}
        return {number: mask for number, mask in masks.items() if mask}

    def revisions(self):
        """Return for every segment's id what is another after its voxels were changed."""
        return {id_: self._reader.revision(segment) for id_, segment in self._segments()}

    def setLiver(self, mask):
        """Put voxels into the liver's segment, which is made where there is none."""
        if id_ := self.liverId:
            self._write(id_, mask)
            return
        segment = slicer.vtkSegment()
        markAsLiver(segment)
        id_ = self._add(segment, mask)
        self.node.GetSegmentation().SetSegmentIndex(id_, 0)
        self.node.GetDisplayNode().SetSegmentOpacity2DFill(id_, 0.2)
        self.node.GetDisplayNode().SetSegmentOpacity3D(id_, 0.3)

    def setLesion(self, number, mask):
        """Put voxels into a lesion's segment, which is made where there is none."""
        if id_ := self.lesionIds.get(number, ""):
            self._write(id_, mask)
            return
        segment = slicer.vtkSegment()
        segment.SetName(lesionName(number))
        segment.SetColor(*colorOf(Label.LESION))
        markAsLesion(segment, number)
        self._add(segment, mask)

    def removeLesion(self, number):
        """Remove a lesion's segment, if there is one."""
        if id_ := self.lesionIds.get(number):
            self.node.GetSegmentation().RemoveSegment(id_)
            self.written.emit()

    # Looks

    def setColor(self, number, color):
        """Show a lesion in a colour, as (r, g, b) in [0, 1]."""
        segment = self.node.GetSegmentation().GetSegment(self.lesionIds.get(number, ""))
        if segment and not np.allclose(segment.GetColor(), color, atol=1e-3):
            segment.SetColor(*color)

    def setVisible(self, number, isVisible):
        """Show or hide a lesion."""
        if (id_ := self.lesionIds.get(number)) and self.node.GetDisplayNode():
            self.node.GetDisplayNode().SetSegmentVisibility(id_, isVisible)

    @contextmanager
    def quietly(self):
        """Tell nobody of changes inside the block."""
        with self.touched.blocked():
            yield

    def _segments(self):
        segmentation = self.node.GetSegmentation()
        return [(id_, segmentation.GetSegment(id_)) for id_ in segmentation.GetSegmentIDs()]

    def _add(self, segment, mask):
        """Add a segment with its voxels, which is quicker than adding an empty one and filling it."""
        segment.AddRepresentation(BINARY, self._imageOf(mask))
        id_ = self.node.GetSegmentation().GenerateUniqueSegmentID("LiverCAD")
        self.node.GetSegmentation().AddSegment(segment, id_)
        self.written.emit()
        return id_

    def _read(self, segmentId):
        segment = self.node.GetSegmentation().GetSegment(segmentId) if segmentId else None
        return self._reader.read(segmentId, segment) if segment else None

    def _write(self, segmentId, mask):
        logic = slicer.vtkSlicerSegmentationsModuleLogic
        if not logic.SetBinaryLabelmapToSegment(self._imageOf(mask), self.node, segmentId, logic.MODE_REPLACE):
            raise RuntimeError(f"Slicer could not write the voxels of the segment {segmentId}.")
        self.written.emit()

    def _imageOf(self, mask):
        image = slicer.vtkOrientedImageData()
        if mask:
            image.SetExtent([end for part in mask.block for end in (part.start, part.stop - 1)])
            voxels = np.ascontiguousarray(mask.array.transpose(), dtype=np.uint8)
        else:  # one voxel that is not in the segment
            image.SetExtent([0] * 6)
            voxels = np.zeros(1, dtype=np.uint8)
        image.SetGeometryFromImageToWorldMatrix(slicer.util.vtkMatrixFromArray(self.affine))
        image.GetPointData().SetScalars(numpy_to_vtk(voxels.ravel(), deep=True))
        return image
