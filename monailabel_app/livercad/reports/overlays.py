"""Pictures of liver and lesions: tissue in its window, thin contours over it, diameters, marks, scale."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from skimage.measure import find_contours

from livercad.core.findings import Lesion
from livercad.core.geometry import Box, Frame, Line, Point, axial_axis, corners_of, transform_points
from livercad.core.phases import window_of
from livercad.core.volume import Volume
from livercad.pipeline.analysis import Analysis
from livercad.reports.formatting import offset
from livercad.reports.picture import Contour, Picture
from livercad.reports.planes import Plane, Region, View, anatomical_axes
from livercad.reports.sampling import extent_of, sample, slab_of

AIR_HU = -1024.0
"""Shown where a picture reaches beyond the volume."""
LIVER_MARGIN_MM = 12.0
"""Around the liver, so that the body wall beside it is seen."""
DETAIL_MM = 50.0
"""Least width of a detail; it grows to twice the lesion."""
PIXEL_MM = (0.6, 1.0)
"""Pixels are as large as voxels are in a slice, within these bounds; wide livers stay below 500 pixels."""
COARSE_PIXEL_MM = (0.9, 1.0)
MONTAGE_TILES = 12
"""Slices in the montage of the liver."""


class Painter:
    """Makes the pictures of one analysis.

    Parameters
    ----------
    analysis : Analysis
        Findings and volumes.
    coarse : bool
        Pictures with half as many pixels, for a page that shows many.
    """

    def __init__(self, analysis: Analysis, coarse: bool = False) -> None:
        self.analysis = analysis
        self.ct = analysis.reference
        self.window = window_of(analysis.findings.reference.phase)
        self.axes = anatomical_axes(self.ct.affine)
        self.extent = extent_of(self.ct, self.axes)
        self.slice_axis = axial_axis(self.ct.affine)
        in_slice = np.delete(self.ct.spacing, self.slice_axis)
        self.pixel_mm = float(np.clip(in_slice.min(), *(COARSE_PIXEL_MM if coarse else PIXEL_MM)))
        liver = analysis.findings.liver.box
        corners = corners_of(liver.minimum, liver.maximum)
        self.liver_region = Region.around(corners, self.axes, LIVER_MARGIN_MM).within(self.extent)

    def lesion(self, lesion: Lesion) -> tuple[Picture, ...]:
        """Show one lesion.

        Parameters
        ----------
        lesion : Lesion
            One of the analysis' findings.

        Returns
        -------
        tuple of Picture
            Axial through the slice of its RECIST diameters, coronal and sagittal through its voxel closest to its
            centre, all as wide as the liver; for a lesion that is small in there also a detail of the axial picture,
            without the diameters.
        """
        center = self._voxel_near_center(lesion)
        lines = (lesion.diameter, lesion.short_diameter)
        in_slice = self._moved_to_slice_of(center, lesion.diameter)
        size = max(DETAIL_MM, 2 * lesion.diameter_mm)
        detail = Region.around(in_slice, self.axes, size / 2).within(self.extent)
        liver_width = (self.liver_region.maximum - self.liver_region.minimum)[0]
        with_detail = size < 0.6 * liver_width
        number = lesion.number
        pictures = [
            self._picture(View.AXIAL, in_slice, focus=number, lines=lines, detail=detail if with_detail else None),
            self._picture(View.CORONAL, center, focus=number),
            self._picture(View.SAGITTAL, center, focus=number),
        ]
        if with_detail:
            enlarged = self._picture(View.AXIAL, in_slice, detail, min(self.pixel_mm, size / 200), focus=number)
            pictures.append(replace(enlarged, title="Detail", position=f"axial, {size:.0f} mm wide"))
        return tuple(pictures)

    def liver(self) -> tuple[Picture, ...]:
        """Axial, coronal and sagittal pictures through the middle of the liver's box."""
        center = self._snapped_to_voxel(self.liver_region.center)
        return tuple(self._picture(view, center) for view in View)

    def montage(self) -> tuple[Picture, ...]:
        """Axial slices evenly spread over the liver, from its top to its bottom: at most `MONTAGE_TILES`."""
        pixel_mm = max(self.pixel_mm, 0.8)
        box = self.analysis.findings.liver.box.to(Frame.IJK, self.ct.affine)
        first, last = box.minimum[self.slice_axis] + 0.5, box.maximum[self.slice_axis] - 0.5
        indices = np.unique(np.rint(np.linspace(first, last, MONTAGE_TILES + 2)[1:-1]).astype(int))
        points = [self._on_slice(int(index)) for index in np.clip(indices, 0, self.ct.shape[self.slice_axis] - 1)]
        points.sort(key=lambda point: -float(self.axes[2] @ np.asarray(point)))
        return tuple(self._picture(View.AXIAL, point, pixel_mm=pixel_mm) for point in points)

    def key_picture(self, width: int) -> Picture:
        """The one axial picture that stands for the case: the largest lesion's slice, else the middle of the liver.

        Parameters
        ----------
        width : int
            In pixels.

        Returns
        -------
        Picture
            As wide as the liver.
        """
        lesions = self.analysis.findings.lesions
        through = self._snapped_to_voxel(self.liver_region.center)
        if lesions:
            through = self._moved_to_slice_of(through, lesions[0].diameter)
        extent_mm = (self.liver_region.maximum - self.liver_region.minimum)[0]
        return self._picture(View.AXIAL, through, pixel_mm=float(extent_mm) / width)

    def _picture(
        self,
        view: View,
        through: Point,
        region: Region | None = None,
        pixel_mm: float | None = None,
        focus: int | None = None,
        lines: tuple[Line, ...] = (),
        detail: Region | None = None,
    ) -> Picture:
        plane = (region or self.liver_region).plane(view, through, pixel_mm or self.pixel_mm)
        low, high = self.window.range_hu
        grey = (sample(self.ct, plane, AIR_HU) - low) * (255.0 / (high - low))
        return Picture(
            view=view,
            title=view.capitalize(),
            position=self._position(view, through),
            plane=plane,
            tissue=np.clip(np.rint(grey), 0, 255).astype(np.uint8),
            contours=self._contours(plane),
            focus=focus,
            diameters=tuple(plane.pixels_of([line.start, line.end]) for line in lines),
            frame=plane.pixels_of(np.stack([detail.minimum, detail.maximum]) @ self.axes) if detail else None,
        )

    def _contours(self, plane: Plane) -> tuple[Contour, ...]:
        contours = [_contour_of(self.analysis.liver, plane, 0)]
        for number in np.unique(slab_of(self.analysis.lesions, plane).array):
            if number:
                contours.append(_contour_of(self.analysis.lesions, plane, int(number)))
        return tuple(contour for contour in contours if contour.lines)

    def _position(self, view: View, point: Point) -> str:
        """Slice number as a viewer of the file counts it (from 1), and where the plane cuts the patient in mm."""
        axis = {View.SAGITTAL: 0, View.CORONAL: 1, View.AXIAL: 2}[view]
        position = f"{offset(point[axis], axis)} mm"
        if view is not View.AXIAL:
            return position
        index = transform_points(point, np.linalg.inv(self.ct.affine))[self.slice_axis]
        return f"slice {round(index) + 1}/{self.ct.shape[self.slice_axis]} · {position}"

    def _voxel_near_center(self, lesion: Lesion) -> Point:
        """The lesion's voxel closest to its centre of mass, which may itself lie outside a bent lesion."""
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


def _contour_of(labels: Volume, plane: Plane, number: int) -> Contour:
    """Outline one lesion in a map of instances (or, for 0, all of a mask) on a plane."""
    slab = slab_of(labels, plane)
    inside = (slab.array == number) if number else (slab.array > 0)
    if not inside.any():
        return Contour(number, ())
    box = Box.around(inside)
    part, row, column = plane.part_around(transform_points(corners_of(box.minimum, box.maximum), slab.affine), margin=2)
    if part.rows < 2 or part.columns < 2:  # it lies beside the picture
        return Contour(number, ())
    values = sample(slab.like(inside), part)
    lines = find_contours(values, 0.5)
    return Contour(number, tuple(np.add(line, (row, column)) for line in lines))


def _point(values: npt.NDArray[np.float64]) -> Point:
    r, a, s = values
    return float(r), float(a), float(s)
