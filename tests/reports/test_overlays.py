from __future__ import annotations

import numpy as np
import pytest

from livercad.core.lesion import Lesion
from livercad.core.phases import ENHANCED_WINDOW
from livercad.pipeline.analysis import Analysis
from livercad.reports.overlays import Painter
from livercad.reports.picture import Picture
from livercad.reports.planes import View, anatomical_axes, direction_mark
from report_scene import (
    BODY_HU,
    LESION,
    LESION_HU,
    LESION_RADIUS,
    LIVER_HU,
    LIVER_RADIUS,
    scene,
    turn,
    volume_affine,
)

WHITE = 255
# One marker a view, in the lesion's plane: to the patient's right and anterior; right and superior; anterior, superior.
MARKERS = {View.AXIAL: (30.0, 21.0, 0.0), View.CORONAL: (33.0, 0.0, 27.0), View.SAGITTAL: (0.0, 36.0, 24.0)}


def pictures_of(analysis: Analysis, number: int = 1) -> dict[str, Picture]:
    lesion = next(lesion for lesion in analysis.findings.lesions if lesion.number == number)
    return {picture.title: picture for picture in Painter(analysis).lesion(lesion)}


def first_lesion(analysis: Analysis) -> Lesion:
    return analysis.findings.lesions[0]


def center_of(mask: np.ndarray) -> np.ndarray:
    return np.argwhere(mask).mean(axis=0)


def outline(picture: Picture, number: int) -> np.ndarray:
    return np.concatenate([line for c in picture.contours if c.number == number for line in c.lines])


def middle(points: np.ndarray) -> np.ndarray:
    return (points.min(axis=0) + points.max(axis=0)) / 2


def assert_markers_where_expected(affine: np.ndarray, rotation: np.ndarray) -> None:
    """In every view the marker lies as far from the lesion, to the side, as in the patient."""
    analysis = scene(affine, markers=tuple(LESION + rotation @ np.array(marker) for marker in MARKERS.values()))
    pictures = pictures_of(analysis)
    for view, (right, anterior, superior) in MARKERS.items():
        picture = pictures[view.capitalize()]
        # Radiological convention: the patient's right and anterior on the left, anterior and superior at the top.
        up, left = {
            View.AXIAL: (anterior, right),
            View.CORONAL: (superior, right),
            View.SAGITTAL: (superior, anterior),
        }[view]
        expected = middle(outline(picture, 1)) - np.array([up, left]) / picture.plane.pixel_mm
        marker = picture.tissue == WHITE
        assert marker.any(), f"the {view} plane misses its marker"
        assert np.abs(center_of(marker) - expected).max() < 1.5, view


@pytest.mark.parametrize("axes", ["LPS", "RAS", "RPI", "LAS", "PSL", "SAR", "AIR", "LSA"])
def test_pictures_are_never_mirrored_however_the_file_orders_and_flips_its_axes(axes: str) -> None:
    assert_markers_where_expected(volume_affine(axes), np.eye(3))


@pytest.mark.parametrize("axes", ["LPS", "RAI", "SLP"])
@pytest.mark.parametrize("about", [0, 1, 2])
def test_pictures_of_an_oblique_volume_follow_its_slices(axes: str, about: int) -> None:
    rotation = turn(about, 20.0)
    assert_markers_where_expected(volume_affine(axes, rotation=rotation), rotation)


def test_a_tilted_gantry_does_not_shear_the_pictures() -> None:
    affine = volume_affine()
    affine[:3, 2] = (0.0, 1.2, 3.0)
    affine[:3, 3] = LESION - affine[:3, :3] @ np.array([25, 25, 25])
    assert_markers_where_expected(affine, np.eye(3))


def test_pixels_outside_a_sheared_volume_are_black() -> None:
    affine = volume_affine()
    affine[:3, 2] = (0.0, 1.5, 3.0)
    affine[:3, 3] = LESION - affine[:3, :3] @ np.array([25, 25, 25])
    bright = scene(affine)
    bright.reference.array[:] = 500
    picture = pictures_of(bright)["Sagittal"]
    # Superior slices lie anterior: the picture's upper right and lower left corners have no voxel.
    assert picture.tissue[0, -1] == 0
    assert picture.tissue[-1, 0] == 0
    assert picture.tissue[picture.plane.rows // 2, picture.plane.columns // 2] == WHITE


@pytest.mark.parametrize("axes", ["LPS", "RAS", "SAR", "PSL"])
def test_marks_name_the_sides_of_each_view(axes: str) -> None:
    pictures = pictures_of(scene(volume_affine(axes)))
    marks = {
        title: tuple(p.plane.marks[side] for side in ("left", "right", "top", "bottom"))
        for title, p in pictures.items()
    }
    assert marks["Axial"] == ("R", "L", "A", "P")
    assert marks["Coronal"] == ("R", "L", "S", "I")
    assert marks["Sagittal"] == ("A", "P", "S", "I")


def test_a_mark_gets_a_second_letter_where_the_volume_is_oblique() -> None:
    # Turned by 20 degrees from right towards anterior, the picture's left side looks right and a little anterior.
    picture = pictures_of(scene(volume_affine(rotation=turn(2, 20.0))))["Axial"]
    assert picture.plane.marks == {"left": "RA", "right": "LP", "top": "AL", "bottom": "PR"}
    assert direction_mark((np.cos(0.2), np.sin(0.2), 0)) == "R"


@pytest.mark.parametrize("rotation", [np.eye(3), turn(0, 25.0), turn(2, -40.0)])
def test_anatomical_axes_are_a_right_handed_frame_along_the_slices(rotation: np.ndarray) -> None:
    axes = anatomical_axes(volume_affine("RSA", (0.7, 5.0, 0.7), rotation=rotation))
    assert np.allclose(axes, (rotation @ np.diag([-1.0, -1.0, 1.0])).T)


@pytest.mark.parametrize(
    ("axes", "spacing"), [("LPS", (1.5, 1.5, 6.0)), ("SLP", (6.0, 1.5, 1.5)), ("RAS", (3.0, 1.5, 4.5))]
)
def test_proportions_are_true_in_mm_whatever_the_voxel_size(axes: str, spacing: tuple[float, float, float]) -> None:
    shape = tuple(int(150 / size) for size in spacing)
    analysis = scene(volume_affine(axes, spacing, shape), shape)
    for picture in Painter(analysis).liver():
        points = outline(picture, 0) * picture.plane.pixel_mm
        assert points.max(axis=0) - points.min(axis=0) == pytest.approx(2 * LIVER_RADIUS, abs=max(spacing))
        assert picture.tissue.shape == (picture.plane.rows, picture.plane.columns)
        assert picture.aspect == picture.plane.columns / picture.plane.rows


def test_contours_lie_on_the_edges_of_the_masks() -> None:
    analysis = scene(volume_affine())
    picture = pictures_of(analysis)["Axial"]
    center = picture.plane.pixels_of(LESION)
    for number, radius in ((0, LIVER_RADIUS), (1, LESION_RADIUS)):
        distances = np.linalg.norm(outline(picture, number) - center, axis=1) * picture.plane.pixel_mm
        assert np.abs(distances - radius).max() < 3.0  # one voxel


def test_tissue_is_shown_in_the_window_of_the_phase() -> None:
    picture = pictures_of(scene(volume_affine()))["Axial"]
    row, column = np.rint(picture.plane.pixels_of(LESION)).astype(int)
    low, high = ENHANCED_WINDOW.range_hu
    away = round(30 / picture.plane.pixel_mm)
    for hu, grey in ((LESION_HU, picture.tissue[row, column]), (LIVER_HU, picture.tissue[row, column + away])):
        assert grey == round((hu - low) / (high - low) * 255)
    assert low > BODY_HU and picture.tissue[0, 0] == 0


@pytest.mark.parametrize("rotation", [np.eye(3), turn(0, 15.0), turn(1, -15.0)])
def test_diameters_are_drawn_where_they_were_measured(rotation: np.ndarray) -> None:
    analysis = scene(volume_affine("RPS", (2.0, 2.0, 3.0), (76, 76, 52), rotation), (76, 76, 52))
    lesion = first_lesion(analysis)
    picture = pictures_of(analysis)["Axial"]
    assert len(picture.diameters) == 2
    for ends, length in zip(picture.diameters, (lesion.diameter_mm, lesion.short_diameter_mm), strict=True):
        # Nothing is lost to projection: the picture is the slice that holds them.
        assert np.linalg.norm(ends[1] - ends[0]) * picture.plane.pixel_mm == pytest.approx(length, abs=1e-6)
        for end in ends:
            gap = np.linalg.norm(outline(picture, 1) - end, axis=1).min() * picture.plane.pixel_mm
            assert gap < 2.0
    assert not pictures_of(analysis)["Coronal"].diameters


def test_a_small_lesion_gets_a_detail_whose_extent_is_framed_in_the_axial_picture() -> None:
    pictures = pictures_of(scene(volume_affine(), lesions=((LESION, 9.5),)))
    detail, axial = pictures["Detail"], pictures["Axial"]
    assert detail.plane.columns * detail.plane.pixel_mm == pytest.approx(50, abs=1)
    assert axial.frame is not None
    size = np.abs(axial.frame[1] - axial.frame[0]) * axial.plane.pixel_mm
    assert size == pytest.approx(50, abs=0.01)
    assert axial.frame.mean(axis=0) == pytest.approx(axial.plane.pixels_of(LESION), abs=3)


def test_a_lesion_as_large_as_the_liver_needs_no_detail() -> None:
    analysis = scene(volume_affine(), lesions=((LESION, 45.0),))
    pictures = Painter(analysis).lesion(first_lesion(analysis))
    assert [picture.view for picture in pictures] == list(View)
    assert pictures[0].frame is None


def test_other_lesions_in_the_plane_keep_their_numbers() -> None:
    analysis = scene(volume_affine(), lesions=((LESION, 12.0), (LESION + np.array((35, 0, 0)), 8.0)))
    picture = pictures_of(analysis, 1)["Axial"]
    assert picture.focus == 1
    assert [contour.number for contour in picture.contours] == [0, 1, 2]
    # The second lies to the patient's right: left in the picture.
    assert middle(outline(picture, 2))[1] < middle(outline(picture, 1))[1]


def test_planes_meet_a_bent_lesion_though_its_centre_lies_outside_it() -> None:
    analysis = scene(volume_affine())
    hollow = (analysis.reference.array == LESION_HU) & ~(
        scene(volume_affine(), lesions=((LESION, 9.0),)).lesions.array > 0
    )
    shell = Analysis(
        analysis.findings, analysis.reference, analysis.liver, analysis.liver.like(hollow.astype(np.uint16))
    )
    for picture in Painter(shell).lesion(first_lesion(shell)):
        assert 1 in {contour.number for contour in picture.contours}


def test_a_finding_without_voxels_is_an_error_that_names_the_lesion() -> None:
    analysis = scene(volume_affine())
    empty = Analysis(
        analysis.findings,
        analysis.reference,
        analysis.liver,
        analysis.lesions.like(np.zeros_like(analysis.lesions.array)),
    )
    with pytest.raises(ValueError, match="lesion 1"):
        Painter(empty).lesion(first_lesion(empty))


@pytest.mark.parametrize("axes", ["LPS", "RAI", "SLP"])
def test_the_montage_goes_down_through_the_whole_liver(axes: str) -> None:
    painter = Painter(scene(volume_affine(axes)))
    heights = [float(picture.plane.origin[2]) for picture in painter.montage()]
    assert len(heights) == 12
    assert heights == sorted(heights, reverse=True)
    assert LESION[2] + LIVER_RADIUS - 12 < heights[0] < LESION[2] + LIVER_RADIUS
    assert LESION[2] - LIVER_RADIUS < heights[-1] < LESION[2] - LIVER_RADIUS + 12
    assert all(picture.contours and picture.contours[0].number == 0 for picture in painter.montage())


def test_a_liver_of_few_slices_has_each_once_in_the_montage() -> None:
    shape = (52, 52, 3)
    affine = volume_affine(spacing=(3.0, 3.0, 5.0), shape=shape)
    positions = [picture.position for picture in Painter(scene(affine, shape)).montage()]
    assert positions == ["slice 3/3 · S\u00a010.0 mm", "slice 2/3 · S\u00a05.0 mm", "slice 1/3 · S\u00a00.0 mm"]


def test_positions_count_slices_as_the_file_does_and_name_the_side_in_mm() -> None:
    pictures = pictures_of(scene(volume_affine("LPI")))
    # The lesion's centre is voxel 25 of 52 along every axis.
    # The longest diameter may lie in a slice beside it.
    assert pictures["Axial"].position in {f"slice {26 + d}/52 · S\u00a0{5.0 - 3 * d:.1f} mm" for d in (-1, 0, 1)}
    assert pictures["Coronal"].position == "P\u00a010.0 mm"
    assert pictures["Sagittal"].position == "R\u00a020.0 mm"


def test_the_scale_bar_fits_the_picture() -> None:
    pictures = pictures_of(scene(volume_affine()))
    assert pictures["Axial"].scale_bar_mm == 20  # of about 140 mm
    assert pictures["Detail"].scale_bar_mm == 10  # of 50 mm


def test_an_svg_path_keeps_the_outline_and_drops_points_on_straight_lines() -> None:
    contour = next(c for c in pictures_of(scene(volume_affine()))["Axial"].contours if c.number == 1)
    points = np.array([pair.split() for pair in contour.path.strip("MZ").split("L")], dtype=float)
    assert contour.path.endswith("Z")
    assert len(points) < sum(len(line) for line in contour.lines)
    line = contour.lines[0][:, ::-1]
    assert np.abs(points.max(axis=0) - line.max(axis=0)).max() <= 0.005
    assert np.abs(points.min(axis=0) - line.min(axis=0)).max() <= 0.005
