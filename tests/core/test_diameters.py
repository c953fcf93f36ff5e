"""Diameters against closed forms, brute force, SimpleITK and scikit-image."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import SimpleITK
from scipy import ndimage
from scipy.spatial import ConvexHull
from scipy.spatial.distance import pdist, squareform
from skimage.measure import find_contours

from livercad.core.diameters import longest_axial_diameters
from livercad.core.geometry import Line, transform_points
from livercad.core.volume import Volume


def scaled(i: float, j: float, k: float) -> np.ndarray:
    """Affine of a volume whose axes run to R, A and S, with these voxel sizes in mm."""
    return np.diag([i, j, k, 1.0])


def oblique() -> np.ndarray:
    """Rotate by 12° about R and by 25° about S, flip I, and shift."""
    a, b = np.radians(12), np.radians(25)
    about_r = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_s = np.array([[np.cos(b), -np.sin(b), 0], [np.sin(b), np.cos(b), 0], [0, 0, 1]])
    affine = np.eye(4)
    affine[:3, :3] = about_r @ about_s @ np.diag([-1.0, 1.0, 1.0])
    affine[:3, 3] = 10.0, -70.0, 400.0
    return affine


def ellipse(semi: tuple[float, float], angle: float, spacing: tuple[float, float], shift: tuple[float, float] = (0, 0)):
    """One slice with an ellipse whose first half axis lies at an angle (radians) to I; half axes in mm."""
    size = [int(2 * max(semi) / s) + 8 for s in spacing]
    x, y = np.meshgrid(
        *((np.arange(n) - (n - 1) / 2 - c) * s for n, s, c in zip(size, spacing, shift, strict=True)), indexing="ij"
    )
    u, v = x * np.cos(angle) + y * np.sin(angle), -x * np.sin(angle) + y * np.cos(angle)
    return ((u / semi[0]) ** 2 + (v / semi[1]) ** 2 <= 1)[..., None]


def blob(seed: int, shape: tuple[int, int, int] = (30, 26, 3)) -> np.ndarray:
    """Irregular, mostly concave, often in pieces, and different in each slice."""
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=shape), (3, 3, 0.5))
    return noise > np.quantile(noise, 0.8)


def ends(line: Line) -> np.ndarray:
    return np.array([line.start, line.end])


def test_a_single_voxel_is_as_long_and_as_short_as_its_sides():
    longest, perpendicular = longest_axial_diameters(Volume(np.ones((1, 1, 1), bool), scaled(0.7, 0.8, 5)))
    assert longest.length_mm == pytest.approx(0.8)
    assert perpendicular.length_mm == pytest.approx(0.7)


@pytest.mark.parametrize("count", [2, 3, 17])
@pytest.mark.parametrize("axis", [0, 1])
def test_a_row_of_voxels_is_as_long_as_its_voxels_together(count, axis):
    shape = [1, 1, 1]
    shape[axis] = count
    spacing = (0.7, 0.8)
    longest, perpendicular = longest_axial_diameters(Volume(np.ones(shape, bool), scaled(*spacing, 5)))
    assert longest.length_mm == pytest.approx(count * spacing[axis])
    assert perpendicular.length_mm == pytest.approx(spacing[1 - axis])


@pytest.mark.parametrize("shift", [(0, 0), (0.3, 0.1), (0.5, 0.5)])
@pytest.mark.parametrize("radius", [3.0, 5.3, 11.7, 24.9])
def test_a_disc_measures_its_diameter_and_at_most_a_voxel_more(radius, shift):
    longest, perpendicular = longest_axial_diameters(Volume(ellipse((radius, radius), 0, (1, 1), shift), np.eye(4)))
    assert 0 <= longest.length_mm - 2 * radius <= 1
    assert -1 <= perpendicular.length_mm - 2 * radius <= 1


@pytest.mark.parametrize("degrees", [0, 17, 45, 70, 90, 133])
def test_a_turned_ellipse_measures_its_two_axes_whatever_the_spacing(degrees):
    angle, spacing = np.radians(degrees), (0.7, 1.1)
    longest, perpendicular = longest_axial_diameters(Volume(ellipse((30, 14), angle, spacing), scaled(*spacing, 3)))
    assert longest.length_mm == pytest.approx(60, abs=1.1)
    assert perpendicular.length_mm == pytest.approx(28, abs=1.1)
    along = np.subtract(longest.end, longest.start) / longest.length_mm
    assert abs(along @ [np.cos(angle), np.sin(angle), 0]) > np.cos(np.radians(8))


def test_a_column_of_voxels_towards_the_head_is_measured_across_not_along():
    longest, _ = longest_axial_diameters(Volume(np.ones((3, 2, 40), bool), scaled(1, 1, 1)))
    assert longest.length_mm == pytest.approx(np.hypot(3, 1))


def test_the_widest_slice_is_measured():
    mask = np.zeros((30, 30, 5), bool)
    mask[10:14, 10:14] = True
    mask[5:25, 12, 3] = True
    longest, perpendicular = longest_axial_diameters(Volume(mask, scaled(1, 1, 4)))
    assert longest.length_mm == pytest.approx(20, abs=0.3)
    assert {point[2] for point in (*ends(longest), *ends(perpendicular))} == {12.0}


def test_slices_lie_across_whichever_voxel_axis_runs_to_the_head():
    mask = blob(3)
    expected = [line.length_mm for line in longest_axial_diameters(Volume(mask, scaled(0.7, 0.9, 3)))]
    for order in itertools.permutations(range(3)):
        affine = scaled(0.7, 0.9, 3)
        affine[:, :3] = affine[:, list(order)]
        lines = longest_axial_diameters(Volume(mask.transpose(order), affine))
        assert [line.length_mm for line in lines] == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(5))
def test_end_points_move_with_the_patient(seed):
    mask, straight = blob(seed), scaled(0.7, 0.9, 3)
    for still, moved in zip(
        longest_axial_diameters(Volume(mask, straight)),
        longest_axial_diameters(Volume(mask, oblique() @ straight)),
        strict=True,
    ):
        assert moved.length_mm == pytest.approx(still.length_mm)
        expected = transform_points(ends(still), oblique())
        assert any(np.allclose(ends(moved), either, atol=1e-6) for either in (expected, expected[::-1]))


def test_a_tilted_gantry_does_not_shorten_the_diameter():
    sheared = scaled(1, 1, 3)
    sheared[1, 2] = 0.8
    mask = np.zeros((20, 20, 4), bool)
    mask[5:15, 7, :] = True
    longest, _ = longest_axial_diameters(Volume(mask, sheared))
    assert longest.length_mm == pytest.approx(10)


@pytest.mark.parametrize("seed", range(8))
def test_the_perpendicular_is_the_widest_chord_of_the_hull_in_the_same_slice(seed):
    longest, perpendicular = longest_axial_diameters(Volume(blob(seed), scaled(0.7, 0.9, 3)))
    along = np.subtract(longest.end, longest.start) / longest.length_mm
    across = np.subtract(perpendicular.end, perpendicular.start)
    assert across @ along == pytest.approx(0, abs=1e-9)
    assert perpendicular.start[2] == longest.start[2]
    assert perpendicular.length_mm <= longest.length_mm + 1e-9

    # Brute force: sweep the filled hull of the slice's face middles with chords a twentieth of a mm apart.
    pixels = np.argwhere(blob(seed)[:, :, round(longest.start[2] / 3)])
    faces = np.concatenate([pixels + step for step in ([0.5, 0], [-0.5, 0], [0, 0.5], [0, -0.5])]) * [0.7, 0.9]
    normal = np.array([-along[1], along[0]])
    s, t = faces @ along[:2], faces @ normal
    best = 0.0
    for x in np.arange(s.min(), s.max(), 0.05):
        left, right = s <= x, s >= x
        share = (x - s[left][:, None]) / np.maximum(s[right][None] - s[left][:, None], 1e-9)
        heights = t[left][:, None] + np.clip(share, 0, 1) * (t[right][None] - t[left][:, None])
        best = max(best, float(np.ptp(heights)))
    assert perpendicular.length_mm == pytest.approx(best, abs=0.15)


@pytest.mark.parametrize("seed", range(5))
def test_the_longest_diameter_exceeds_feret_diameter_between_voxel_centres_by_at_most_a_voxel(seed):
    mask, spacing = blob(seed, (30, 26, 1)), (0.7, 0.9)
    image = SimpleITK.GetImageFromArray(mask[:, :, 0].T.astype(np.uint8))
    image.SetSpacing(spacing)
    shapes = SimpleITK.LabelShapeStatisticsImageFilter()
    shapes.ComputeFeretDiameterOn()
    shapes.Execute(image)
    longest, _ = longest_axial_diameters(Volume(mask, scaled(*spacing, 1)))
    feret = shapes.GetFeretDiameter(1)
    assert feret <= longest.length_mm <= feret + np.hypot(*spacing)


@pytest.mark.parametrize("seed", range(5))
def test_the_longest_diameter_is_that_of_scikit_images_contour_at_half_level(seed):
    mask, spacing = blob(seed, (30, 26, 1)), (0.7, 0.9)
    contours = find_contours(np.pad(mask[..., 0], 1).astype(float), 0.5)
    longest, _ = longest_axial_diameters(Volume(mask, scaled(*spacing, 1)))
    assert longest.length_mm == pytest.approx(pdist(np.concatenate(contours) * spacing).max())


def test_an_empty_mask_has_no_diameter():
    with pytest.raises(ValueError, match="empty mask"):
        longest_axial_diameters(Volume(np.zeros((4, 4, 4)), np.eye(4)))


@pytest.mark.parametrize("seed", range(12))
def test_both_diameters_are_those_of_qhulls_convex_hull_of_every_slice(seed):
    affine = oblique() @ np.diag([0.7, 0.9, 2.5, 1.0])
    mask = blob(seed)
    to_plane = np.linalg.qr(affine[:3, :2])[1]
    best = (0.0, 0.0)
    for k in np.flatnonzero(mask.any(axis=(0, 1))):
        middles = np.argwhere(mask[..., k])[:, None] + np.array([[0.5, 0], [-0.5, 0], [0, 0.5], [0, -0.5]])
        points = middles.reshape(-1, 2) @ to_plane.T
        hull = points[ConvexHull(points).vertices]
        distances = squareform(pdist(hull))
        i, j = np.unravel_index(np.argmax(distances), distances.shape)
        along = (hull[j] - hull[i]) / distances[i, j]
        chords = [np.ptp(crossings(hull - hull[i], along, x)) for x in (hull - hull[i]) @ along]
        best = max(best, (distances[i, j], max(chords)))
    longest, perpendicular = longest_axial_diameters(Volume(mask, affine))
    assert (longest.length_mm, perpendicular.length_mm) == pytest.approx(best, rel=1e-9)


def crossings(corners: np.ndarray, along: np.ndarray, x: float) -> list[float]:
    """Where a polygon's edges meet the line at right angles to a direction, by distance along that line."""
    turned = np.stack([corners @ along, corners @ np.array([-along[1], along[0]])], axis=1)
    met = []
    for (x0, y0), (x1, y1) in zip(turned, np.roll(turned, -1, axis=0), strict=True):
        if min(x0, x1) - 1e-9 <= x <= max(x0, x1) + 1e-9:
            met += [y0, y1] if abs(x1 - x0) < 1e-9 else [y0 + (y1 - y0) * (x - x0) / (x1 - x0)]
    return met
