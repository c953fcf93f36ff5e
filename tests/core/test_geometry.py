"""Boxes, affines and volumes in their frames."""

from __future__ import annotations

import nibabel as nib
import numpy as np
import pytest

from livercad.core.geometry import Box, Frame, Line, axial_axis, spacing_of, transform_points
from livercad.core.volume import Volume, grid_difference

OBLIQUE = np.array([[0.0, -1.5, 0.0, 10], [0.6, 0.0, -1.8, -5], [0.45, 0.0, 2.4, 80], [0, 0, 0, 1]])
FLIPPED = np.diag([-0.7, -0.7, 2.5, 1.0])


def test_spacing_is_that_of_an_independent_library() -> None:
    for affine in (OBLIQUE, FLIPPED):
        np.testing.assert_allclose(spacing_of(affine), nib.affines.voxel_sizes(affine))


def test_points_go_where_an_independent_library_puts_them() -> None:
    points = np.random.default_rng(0).normal(size=(4, 5, 3))
    np.testing.assert_allclose(transform_points(points, OBLIQUE), nib.affines.apply_affine(OBLIQUE, points))


@pytest.mark.parametrize(("affine", "axis"), [(FLIPPED, 2), (OBLIQUE, 2), (FLIPPED[:, [2, 0, 1, 3]], 0)])
def test_the_axial_axis_runs_to_the_head(affine: np.ndarray, axis: int) -> None:
    assert axial_axis(affine) == axis


def test_a_box_spans_whole_voxels() -> None:
    mask = np.zeros((5, 6, 7), dtype=bool)
    mask[1:3, 4, 2:7] = True
    box = Box.around(mask)
    assert (box.minimum, box.maximum, box.frame) == ((0.5, 3.5, 1.5), (2.5, 4.5, 6.5), Frame.IJK)
    assert box.size == (2, 1, 5)


def test_an_empty_mask_has_no_box() -> None:
    with pytest.raises(ValueError, match="empty"):
        Box.around(np.zeros((2, 2, 2), dtype=bool))


def test_a_box_in_ras_has_its_size_in_mm_on_a_flipped_grid() -> None:
    box = Box((9.5, 19.5, 4.5), (19.5, 29.5, 8.5), Frame.IJK).to(Frame.RAS, FLIPPED)
    np.testing.assert_allclose(box.size, (7, 7, 10))
    np.testing.assert_allclose(box.center, transform_points((14.5, 24.5, 6.5), FLIPPED))


def test_a_box_there_and_back_is_the_same_where_axes_are_parallel() -> None:
    box = Box((1, 2, 3), (4, 6, 8), Frame.IJK)
    back = box.to(Frame.RAS, FLIPPED).to(Frame.IJK, FLIPPED)
    np.testing.assert_allclose((*back.minimum, *back.maximum), (1, 2, 3, 4, 6, 8))


def test_the_ras_box_of_an_oblique_one_holds_all_its_corners() -> None:
    box = Box((1, 2, 3), (4, 6, 8), Frame.IJK)
    corners = transform_points(np.array(np.meshgrid((1, 4), (2, 6), (3, 8))).reshape(3, -1).T, OBLIQUE)
    around = box.to(Frame.RAS, OBLIQUE)
    np.testing.assert_allclose(around.minimum, corners.min(axis=0))
    np.testing.assert_allclose(around.maximum, corners.max(axis=0))


def test_a_box_inside_out_is_refused() -> None:
    with pytest.raises(ValueError, match="minimum"):
        Box((1, 0, 0), (0, 1, 1), Frame.RAS)


def test_a_line_knows_its_length() -> None:
    assert Line((0, 0, 0), (3, 4, 12)).length_mm == pytest.approx(13)


def test_a_voxel_volume_is_that_of_the_parallelepiped() -> None:
    volume = Volume(np.zeros((2, 2, 2)), OBLIQUE)
    assert volume.voxel_volume_ml == pytest.approx(np.prod(volume.spacing) / 1000, rel=1e-6)


def test_a_crop_stays_where_it_is_in_the_patient() -> None:
    array = np.arange(4 * 5 * 6).reshape(4, 5, 6)
    crop = Volume(array, OBLIQUE).crop((1, -3, 2), (3, 2, 99))
    np.testing.assert_array_equal(crop.array, array[1:3, 0:2, 2:6])
    np.testing.assert_allclose(transform_points((0, 0, 0), crop.affine), transform_points((1, 0, 2), OBLIQUE))


@pytest.mark.parametrize("affine", [np.zeros((4, 4)), np.eye(3), np.full((4, 4), np.nan)])
def test_a_volume_without_a_usable_affine_is_refused(affine: np.ndarray) -> None:
    with pytest.raises(ValueError, match="affine"):
        Volume(np.zeros((2, 2, 2)), affine)


def test_a_volume_of_two_or_four_axes_is_refused() -> None:
    for shape in ((3, 3), (3, 3, 3, 3)):
        with pytest.raises(ValueError, match="3 axes"):
            Volume(np.zeros(shape), np.eye(4))


def test_grids_differ_in_shape_or_by_more_than_single_precision_explains() -> None:
    volume = Volume(np.zeros((60, 50, 40)), OBLIQUE)
    assert grid_difference(Volume(volume.array, OBLIQUE.astype(np.float32)), volume) == ""
    assert grid_difference(volume.crop((0, 0, 0), (60, 50, 39)), volume) == "shape 60 × 50 × 39 against 60 × 50 × 40"
    moved = OBLIQUE.copy()
    moved[:3, 3] += (0, 3, 4)
    assert grid_difference(Volume(volume.array, moved), volume).endswith("a corner 5.00 mm apart")
    stretched = OBLIQUE @ np.diag([1.01, 1, 1, 1])  # nothing at the first corner, half a voxel at the last
    assert "apart" in grid_difference(Volume(volume.array, stretched), volume)
