"""The same plane in every phase: what contrast medium does to a lesion, and how well phases lie over each other."""

from __future__ import annotations

from dataclasses import dataclass

from livercad.core.enhancement import taking_order
from livercad.core.findings import PhaseRead
from livercad.core.geometry import Point
from livercad.core.lesion import Lesion
from livercad.core.phases import Phase, window_of
from livercad.pipeline.analysis import PhaseImage
from livercad.reports.contours import contour_of
from livercad.reports.formatting import hu, phase, signed_hu
from livercad.reports.overlays import Painter
from livercad.reports.picture import AIR_HU, Picture, grey_of
from livercad.reports.planes import View
from livercad.reports.sampling import sample

CLOSE_UP_PIXELS, COARSE_CLOSE_UP_PIXELS = 240, 150
"""Side of a lesion's picture in one phase, and on a page that shows many."""
REGISTRATION_PIXEL_MM = 1.0
MOVED = "moved"
"""Style of the outline of a liver that is laid over the reference phase's."""

BEFORE, AFTER = "before", "after"


@dataclass(frozen=True)
class RegistrationPictures:
    """How one phase lies over the reference phase, on the same planes of the reference phase.

    Parameters
    ----------
    read : PhaseRead
        The phase.
    pictures : tuple of Picture
        Axial before and after, coronal before and after, or one of each where nothing was moved; with the outlines of
        the reference phase's liver and of this one's.
    """

    read: PhaseRead
    pictures: tuple[Picture, ...]


def lesion_in_phases(painter: Painter, lesion: Lesion) -> tuple[Picture, ...]:
    """Show one lesion in every phase: the slice of its diameters, enlarged.

    Parameters
    ----------
    painter : Painter
        Of the analysis.
    lesion : Lesion
        One of its findings.

    Returns
    -------
    tuple of Picture
        In the order in which phases are taken; empty where the study has one phase.
    """
    images = taking_order(painter.analysis.phases)
    if len(images) < 2:
        return ()
    through, region = painter.sights.in_slice(lesion), painter.sights.detail(lesion)
    pixels = COARSE_CLOSE_UP_PIXELS if painter.coarse else CLOSE_UP_PIXELS
    plane = region.plane(View.AXIAL, through, painter.sights.detail_mm(lesion) / pixels)
    contours = painter.contours(plane)
    return tuple(
        Picture(
            view=View.AXIAL,
            title=phase(image.phase),
            position=_measured(lesion, image.phase),
            plane=plane,
            tissue=grey_of(sample(image.aligned, plane, AIR_HU), window_of(image.phase)),
            contours=contours,
            focus=lesion.number,
        )
        for image in images
    )


def registrations(painter: Painter) -> tuple[RegistrationPictures, ...]:
    """Show how every other phase lies over the reference phase.

    Parameters
    ----------
    painter : Painter
        Of the analysis.

    Returns
    -------
    tuple of RegistrationPictures
        In the order in which phases are taken.
    """
    reads = {read.phase: read for read in painter.analysis.findings.phases if read.registration}
    images = [image for image in taking_order(painter.analysis.phases) if image.phase in reads]
    planes = ((View.AXIAL, painter.sights.key), (View.CORONAL, painter.sights.middle))
    result = []
    for image in images:
        read = reads[image.phase]
        states = ("",) if read.registration and read.registration.method == "none" else (BEFORE, AFTER)
        pictures = [_over_reference(painter, image, *plane, state) for plane in planes for state in states]
        result.append(RegistrationPictures(read, tuple(pictures)))
    return tuple(result)


def _over_reference(painter: Painter, image: PhaseImage, view: View, through: Point, state: str) -> Picture:
    plane = painter.sights.liver_region.plane(view, through, max(painter.pixel_mm, REGISTRATION_PIXEL_MM))
    shown, liver = (image.original, image.original_liver) if state == BEFORE else (image.aligned, image.aligned_liver)
    contours = (contour_of(painter.analysis.liver, plane, 0), contour_of(liver, plane, 0, MOVED))
    return Picture(
        view=view,
        title=f"{view.capitalize()} {state}".strip(),
        position=painter.sights.position(view, through),
        plane=plane,
        tissue=grey_of(sample(shown, plane, AIR_HU), window_of(image.phase)),
        contours=tuple(contour for contour in contours if contour.lines),
    )


def _measured(lesion: Lesion, at: Phase | None) -> str:
    """What was measured in a phase, in words."""
    measured = next((point for point in lesion.enhancement if point.phase is at), None)
    parts = []
    if measured:
        contrast = signed_hu(measured.contrast_hu)
        parts.append(f"lesion {hu(measured.lesion_hu)}, liver {hu(measured.liver_hu)} HU ({contrast})")
    if lesion.visible_in and at is not None and at not in lesion.visible_in:
        parts.append("not found here")
    return ", ".join(parts)
