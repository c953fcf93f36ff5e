"""Pictures of liver and lesions: tissue in its window, thin contours over it, diameters, marks, scale."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from livercad.core.geometry import Line, Point
from livercad.core.lesion import Lesion
from livercad.core.phases import window_of
from livercad.pipeline.analysis import Analysis
from livercad.reports.contours import Contour, contour_of
from livercad.reports.picture import AIR_HU, Picture, grey_of
from livercad.reports.planes import Plane, Region, View
from livercad.reports.sampling import sample, slab_of
from livercad.reports.sights import Sights
from livercad.reports.tags import place_tags
from livercad.reports.words import tag_text, verdict_of

PIXEL_MM = (0.6, 1.0)
"""Pixels are as large as voxels are in a slice, within these bounds; wide livers stay below 500 pixels."""
COARSE_PIXEL_MM = (0.9, 1.0)
DETAIL = "Detail"
"""Title of the enlarged picture."""


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
        self.coarse = coarse
        self.sights = Sights(analysis)
        self.window = window_of(analysis.findings.reference.phase)
        in_slice = np.delete(analysis.reference.spacing, self.sights.slice_axis)
        self.pixel_mm = float(np.clip(in_slice.min(), *(COARSE_PIXEL_MM if coarse else PIXEL_MM)))
        self._lesions = {lesion.number: lesion for lesion in analysis.findings.lesions}

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
        center, in_slice = self.sights.voxel_near_center(lesion), self.sights.in_slice(lesion)
        size, number = self.sights.detail_mm(lesion), lesion.number
        axial = self._overview(View.AXIAL, in_slice, focus=number, lines=(lesion.diameter, lesion.short_diameter))
        beside = [self._picture(view, center, focus=number) for view in (View.CORONAL, View.SAGITTAL)]
        if size >= 0.6 * self.sights.liver_width_mm:
            return axial, *beside
        part = self.sights.detail(lesion)
        detail = self._picture(View.AXIAL, in_slice, part, min(self.pixel_mm, size / 200), focus=number)
        frame = axial.plane.pixels_of(np.stack([part.minimum, part.maximum]) @ self.sights.axes)
        enlarged = replace(detail, title=DETAIL, position=f"axial, {size:.0f} mm wide")
        return replace(axial, frame=frame), *beside, enlarged

    def liver(self) -> tuple[Picture, ...]:
        """Axial, coronal and sagittal pictures through the middle of the liver's box."""
        return tuple(self._picture(view, self.sights.middle) for view in View)

    def montage(self) -> tuple[Picture, ...]:
        """Axial slices evenly spread over the liver, from its top to its bottom."""
        pixel_mm = max(self.pixel_mm, 0.8)
        return tuple(self._overview(View.AXIAL, point, pixel_mm=pixel_mm) for point in self.sights.montage)

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
        return self._picture(View.AXIAL, self.sights.key, pixel_mm=self.sights.liver_width_mm / width)

    def contours(self, plane: Plane) -> tuple[Contour, ...]:
        """Outlines of the liver and, in their order, of lesions on a plane of the reference phase."""
        contours = [contour_of(self.analysis.liver, plane, 0)]
        for number in np.unique(slab_of(self.analysis.lesions, plane).array):
            if number:
                known = self._lesions.get(int(number))
                style = verdict_of(known.classification if known else None)
                contours.append(contour_of(self.analysis.lesions, plane, int(number), style))
        return tuple(contour for contour in contours if contour.lines)

    def _picture(
        self,
        view: View,
        through: Point,
        region: Region | None = None,
        pixel_mm: float | None = None,
        focus: int | None = None,
    ) -> Picture:
        plane = (region or self.sights.liver_region).plane(view, through, pixel_mm or self.pixel_mm)
        contours = self.contours(plane)
        others = [contour for contour in contours if contour.number not in (0, focus)]
        return Picture(
            view=view,
            title=view.capitalize(),
            position=self.sights.position(view, through),
            plane=plane,
            tissue=grey_of(sample(self.analysis.reference, plane, AIR_HU), self.window),
            contours=contours,
            focus=focus,
            tags=place_tags(others, {c.number: str(c.number) for c in others}, plane.rows, plane.columns),
        )

    def _overview(
        self,
        view: View,
        through: Point,
        pixel_mm: float | None = None,
        focus: int | None = None,
        lines: tuple[Line, ...] = (),
    ) -> Picture:
        """A picture as wide as the liver; around lesions that are classified a box, and beside it the class."""
        picture = self._picture(view, through, pixel_mm=pixel_mm, focus=focus)
        lesions = sorted((c for c in picture.contours if c.number), key=lambda c: (c.number != focus, c.number))
        boxes = tuple(contour for contour in lesions if contour.style)
        named = [c for c in lesions if c.style or c.number != focus]
        texts = {c.number: tag_text(self._lesions[c.number]) if c.style else str(c.number) for c in named}
        return replace(
            picture,
            diameters=tuple(picture.plane.pixels_of([line.start, line.end]) for line in lines),
            boxes=boxes,
            tags=place_tags(lesions, texts, picture.plane.rows, picture.plane.columns),
        )
