from __future__ import annotations

import base64
import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from livercad.classification.views import LesionView
from livercad.core.findings import Registration
from livercad.core.lesion import PhaseMeasurement
from livercad.core.phases import ENHANCED_WINDOW, UNENHANCED_WINDOW, Phase
from livercad.core.volume import Volume
from livercad.pipeline.analysis import Analysis, PhaseImage
from livercad.reports.overlays import Painter
from livercad.reports.phase_pictures import lesion_in_phases, registrations
from livercad.reports.picture import Picture
from livercad.reports.saliency import crops_of
from report_scene import LESION, LIVER_HU, scene, volume_affine

SHIFT = np.array((9.0, -6.0, 15.0))
MOVED = Registration("rigid", 0.6, 0.9, 0.2, 0.5, 18.5, 20.0, False)


def shifted(volume: Volume) -> Volume:
    affine = volume.affine.copy()
    affine[:3, 3] += SHIFT
    return Volume(volume.array, affine)


def two_phases(axes: str = "LPS", quality: Registration = MOVED) -> Analysis:
    """The ball in the portal phase, and in an arterial one that lay elsewhere, in a file of other axes."""
    analysis, other = scene(volume_affine()), scene(volume_affine(axes))
    portal = PhaseImage(Phase.PORTAL, analysis.reference, analysis.liver, analysis.reference, analysis.liver)
    arterial = PhaseImage(
        Phase.ARTERIAL, shifted(other.reference), shifted(other.liver), analysis.reference, analysis.liver
    )
    reads = tuple(
        replace(read, registration=None if read.is_reference else quality) for read in analysis.findings.phases
    )
    return replace(analysis, findings=replace(analysis.findings, phases=reads), phases=(portal, arterial))


def middle_mm(picture: Picture, style: str) -> np.ndarray:
    """Middle of the liver's outline in the patient, RAS mm."""
    points = np.concatenate([line for c in picture.contours if c.style == style for line in c.lines])
    row, column = (points.min(axis=0) + points.max(axis=0)) / 2
    plane = picture.plane
    return plane.origin + (row * plane.down + column * plane.right) * plane.pixel_mm


@pytest.mark.parametrize("axes", ["LPS", "RAI", "SAL"])
def test_before_shows_a_phase_where_it_lay_and_after_where_it_was_brought(axes: str) -> None:
    (entry,) = registrations(Painter(two_phases(axes)))
    assert entry.read.phase is Phase.ARTERIAL
    assert [picture.title for picture in entry.pictures] == [
        "Axial before", "Axial after", "Coronal before", "Coronal after"
    ]  # fmt: skip
    for before, after in (entry.pictures[:2], entry.pictures[2:]):
        in_plane = np.stack([before.plane.right, before.plane.down])
        assert in_plane @ (middle_mm(before, "moved") - middle_mm(before, "")) == pytest.approx(in_plane @ SHIFT, abs=2)
        assert middle_mm(after, "moved") == pytest.approx(middle_mm(after, ""), abs=0.01)
        assert np.array_equal(before.plane.affine, after.plane.affine)


def test_tissue_before_registration_lies_under_the_outline_of_its_own_liver() -> None:
    (entry,) = registrations(Painter(two_phases("RAI")))
    before = entry.pictures[2]
    low, high = ENHANCED_WINDOW.range_hu
    liver = before.tissue == round((LIVER_HU - low) / (high - low) * 255)
    rows, columns = np.nonzero(liver)
    points = np.concatenate([line for c in before.contours if c.style == "moved" for line in c.lines])
    assert (rows.min(), columns.min()) == pytest.approx(points.min(axis=0), abs=3)
    assert (rows.max(), columns.max()) == pytest.approx(points.max(axis=0), abs=3)


def test_a_phase_that_agreed_already_is_shown_once_a_view() -> None:
    (entry,) = registrations(Painter(two_phases(quality=replace(MOVED, method="none"))))
    assert [picture.title for picture in entry.pictures] == ["Axial", "Coronal"]


def test_unknown_phases_and_those_without_images_have_no_pictures_of_registration() -> None:
    assert registrations(Painter(scene(volume_affine()))) == ()
    analysis = two_phases()
    unknown = replace(analysis, phases=(analysis.phases[0], replace(analysis.phases[1], phase=None)))
    assert registrations(Painter(unknown)) == ()


def test_a_lesion_is_shown_on_one_plane_in_every_phase_in_the_order_of_taking() -> None:
    analysis = two_phases()
    images = (*analysis.phases, replace(analysis.phases[0], phase=Phase.UNENHANCED))
    lesion = replace(
        analysis.findings.lesions[0],
        visible_in=(Phase.PORTAL,),
        enhancement=(PhaseMeasurement(Phase.ARTERIAL, 98.4, 9, 70.2, 28.2, 99, 98),),
    )
    pictures = lesion_in_phases(Painter(replace(analysis, phases=images)), lesion)
    assert [picture.title for picture in pictures] == ["Unenhanced", "Arterial", "Portal"]
    assert [picture.position.replace("\u2212", "-") for picture in pictures] == [
        "not found here", "lesion 98, liver 70 HU (+28), not found here", ""
    ]  # fmt: skip
    for picture, window in zip(pictures, (UNENHANCED_WINDOW, ENHANCED_WINDOW, ENHANCED_WINDOW), strict=True):
        low, high = window.range_hu
        row, column = np.rint(picture.plane.pixels_of(LESION)).astype(int)
        assert picture.tissue[row, column] == round((0 - low) / (high - low) * 255)
        assert [contour.number for contour in picture.contours if contour.number] == [1]
        assert np.array_equal(picture.plane.affine, pictures[0].plane.affine)


def test_a_study_of_one_phase_has_no_row_of_phases() -> None:
    analysis = two_phases()
    alone = replace(analysis, phases=analysis.phases[:1])
    assert lesion_in_phases(Painter(alone), alone.findings.lesions[0]) == ()


def pixels(uri: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1]))).convert("RGBA"))


def test_saliency_is_transparent_where_nothing_spoke_and_strongest_where_most_did() -> None:
    saliency = np.zeros((32, 32), np.float32)
    saliency[8, 20] = 1.0
    saliency[24, 4] = 0.5
    crop = np.full((3, 32, 32), 45.0, np.float32)
    crop[::2] = -1000
    view = LesionView({Phase.PORTAL: crop, Phase.ARTERIAL: crop}, {Phase.PORTAL: saliency}, (0, 0, 0), 60.0)
    arterial, portal = crops_of(view)
    assert (arterial.phase, portal.phase, arterial.overlay) == (Phase.ARTERIAL, Phase.PORTAL, "")
    overlay = pixels(portal.overlay)
    assert overlay.shape == pixels(portal.tissue).shape == (32, 32, 4)
    alpha = overlay[..., 3]
    assert alpha[0, 0] == 0
    assert 0 < alpha[24, 4] < alpha[8, 20] == alpha.max() < 200
    assert int(overlay[8, 20, :3].sum()) > int(overlay[24, 4, :3].sum())
    assert abs(int(pixels(portal.tissue)[5, 5, 0]) - 128) <= 1  # the level of the window is the middle grey
