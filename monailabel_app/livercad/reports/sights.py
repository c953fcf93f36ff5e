"""Where pictures look: the planes through liver and lesions that are worth showing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from livercad.core.geometry import Frame, Line, Point, axial_axis, corners_of, transform_points
from livercad.core.lesion import Lesion
from livercad.core.roi import side_of
from livercad.pipeline.analysis import Analysis
from livercad.reports.formatting import offset
from livercad.reports.planes import Region, View, anatomical_axes
from livercad.reports.sampling import extent_of

LIVER_MARGIN_MM = 12.0
"""Around the liver, so that the body wall beside it is seen."""
DETAIL_MM = 50.0
"""Least width of a detail; it grows with the lesion as the classifier's crops do."""
MONTAGE_TILES = 12
"""Slices in the montage of the liver."""


class Sights:
    """Points and regions of one analysis, in RAS mm, along the slices of the reference phase.

    Parameters
    ----------
    analysis : Analysis
        Findings and volumes.
    """

    def __init__(self, analysis: Analysis) -> None:
        self.analysis = analysis
        self.ct = analysis.reference
        self.axes = anatomical_axes(self.ct.affine)
        self.extent = extent_of(self.ct, self.axes)
        self.slice_axis = axial_axis(self.ct.affine)
        liver = analysis.findings.liver.box
        corners = corners_of(liver.minimum, liver.maximum)
        self.liver_region = Region.around(corners, self.axes, LIVER_MARGIN_MM).within(self.extent)
        self._near_center: dict[int, Point] = {}

    @property
    def liver_width_mm(self) -> float:
        """From right to left, with its margin."""
        return float((self.liver_region.maximum - self.liver_region.minimum)[0])

    @property
    def middle(self) -> Point:
        """The voxel in the middle of the liver's box."""
        return self._snapped_to_voxel(self.liver_region.center)

    @property
    def key(self) -> Point:
        """Below or above the liver's middle, in the slice of the largest lesion's diameter; the middle without one."""
        lesions = self.analysis.findings.lesions
        return self._moved_to_slice_of(self.middle, lesions[0].diameter) if lesions else self.middle

    @property
    def montage(self) -> tuple[Point, ...]:
        """Points in slices evenly spread over the liver, from its top to its bottom: at most `MONTAGE_TILES`."""
        box = self.analysis.findings.liver.box.to(Frame.IJK, self.ct.affine)
        first, last = box.minimum[self.slice_axis] + 0.5, box.maximum[self.slice_axis] - 0.5
        indices = np.unique(np.rint(np.linspace(first, last, MONTAGE_TILES + 2)[1:-1]).astype(int))
        points = [self._on_slice(int(index)) for index in np.clip(indices, 0, self.ct.shape[self.slice_axis] - 1)]
        return tuple(sorted(points, key=lambda point: -float(self.axes[2] @ np.asarray(point))))

    def voxel_near_center(self, lesion: Lesion) -> Point:
        """The lesion's voxel closest to its centre of mass, which may itself lie outside a bent lesion."""
        if lesion.number not in self._near_center:
            self._near_center[lesion.number] = self._search_near_center(lesion)
        return self._near_center[lesion.number]

    def in_slice(self, lesion: Lesion) -> Point:
        """Below or above the lesion's centre, in the slice that holds its diameters."""
        return self._moved_to_slice_of(self.voxel_near_center(lesion), lesion.diameter)

    def detail_mm(self, lesion: Lesion) -> float:
        """How wide an enlarged picture of a lesion is."""
        return side_of(lesion.diameter_mm, minimum_mm=DETAIL_MM)

    def detail(self, lesion: Lesion) -> Region:
        """The block around a lesion that is shown enlarged."""
        return Region.around(self.in_slice(lesion), self.axes, self.detail_mm(lesion) / 2).within(self.extent)

    def position(self, view: View, point: Point) -> str:
        """Slice number as a viewer of the file counts it (from 1), and where the plane cuts the patient in mm."""
        axis = {View.SAGITTAL: 0, View.CORONAL: 1, View.AXIAL: 2}[view]
        position = f"{offset(point[axis], axis)} mm"
        if view is not View.AXIAL:
            return position
        index = transform_points(point, np.linalg.inv(self.ct.affine))[self.slice_axis]
        return f"slice {round(index) + 1}/{self.ct.shape[self.slice_axis]} · {position}"

    def _search_near_center(self, lesion: Lesion) -> Point:
        box = lesion.box.to(Frame.IJK, self.ct.affine)
        block = self.analysis.lesions.crop(np.floor(box.minimum), np.ceil(box.maximum) + 1)
        voxels = np.argwhere(block.array == lesion.number)
        if len(voxels) == 0:
            raise ValueError(f"The map of lesion instances has no voxel of lesion {lesion.number} inside {lesion.box}.")
        points = transform_points(voxels, block.affine)
        return _point(points[np.argmin(((points - lesion.center) ** 2).sum(axis=1))])

    def _moved_to_slice_of(self, point: Point, line: Line) -> Point:
        """Move a point across the slices to where a line lies."""
        middle = np.add(line.start, line.end) / 2
        return _point(np.asarray(point) + ((middle - point) @ self.axes[2]) * self.axes[2])

    def _snapped_to_voxel(self, point: Point) -> Point:
        """The centre of the voxel that holds a point: planes through it show a slice that was acquired."""
        index = np.rint(transform_points(point, np.linalg.inv(self.ct.affine)))
        return _point(transform_points(np.clip(index, 0, np.array(self.ct.shape) - 1), self.ct.affine))

    def _on_slice(self, index: int) -> Point:
        """The point of the slice with this index that lies above or below the liver's middle."""
        corner = np.zeros(3)
        corner[self.slice_axis] = index
        on_slice = _point(transform_points(corner, self.ct.affine))
        return self._moved_to_slice_of(self.liver_region.center, Line(on_slice, on_slice))


def _point(values: npt.NDArray[np.float64]) -> Point:
    r, a, s = values
    return float(r), float(a), float(s)
