from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage
from scipy.spatial.transform import Rotation

from livercad.core.geometry import transform_points
from livercad.core.roi import axial_squares, side_of
from livercad.core.volume import Volume


def oblique_affine() -> np.ndarray:
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xyz", (12, -7, 20), degrees=True).as_matrix() @ np.diag([-0.8, 0.9, 2.5])
    affine[:3, 3] = (15, -30, 100)
    return affine


def test_the_side_is_the_diameter_over_the_ratio_and_not_below_the_minimum() -> None:
    assert side_of(30, 0.6) == pytest.approx(50)
    assert side_of(3, 0.6, minimum_mm=20) == 20


@pytest.mark.parametrize(("diameter", "ratio"), [(0, 0.6), (10, 0)])
def test_a_square_without_size_is_refused(diameter: float, ratio: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        side_of(diameter, ratio)


def test_a_linear_image_is_sampled_exactly_on_an_oblique_flipped_anisotropic_grid() -> None:
    affine = oblique_affine()
    indices = np.stack(np.meshgrid(*map(np.arange, (60, 60, 30)), indexing="ij"), axis=-1)
    r, a, s = np.moveaxis(transform_points(indices, affine), -1, 0)
    volume = Volume((r + 10 * a + 100 * s).astype(np.float32), affine)
    center = tuple(float(x) for x in transform_points((30, 30, 15), affine))
    squares = axial_squares(volume, center, 8.0, 4, offsets_mm=(-3.0, 0.0, 3.0))
    along = np.array([-3.0, -1.0, 1.0, 3.0])
    expected = (
        (center[0] - along)[None, None, :]
        + 10 * (center[1] - along)[None, :, None]
        + 100 * (center[2] + np.array([-3.0, 0.0, 3.0]))[:, None, None]
    )
    np.testing.assert_allclose(squares, expected, rtol=1e-5)


def test_the_first_row_is_the_front_and_the_first_column_the_patients_right() -> None:
    array = np.zeros((20, 20, 5), np.float32)
    array[15:, 15:, :] = 1  # right (R grows with i) and front (A grows with j)
    square = axial_squares(Volume(array, np.eye(4)), (10, 10, 2), 16, 16)[0]
    assert square[0, 0] == 1
    assert square[0, -1] == square[-1, 0] == square[-1, -1] == 0


def test_values_agree_with_scipys_linear_interpolation() -> None:
    rng = np.random.default_rng(0)
    volume = Volume(rng.normal(size=(30, 30, 12)).astype(np.float32), oblique_affine())
    center = tuple(float(x) for x in transform_points((15, 15, 6), volume.affine))
    step, along = 10 / 7, (np.arange(7) - 3) * 10 / 7
    a, r = np.meshgrid(center[1] - along, center[0] - along, indexing="ij")
    points = transform_points(np.stack([r, a, np.full_like(r, center[2])], -1), np.linalg.inv(volume.affine))
    expected = ndimage.map_coordinates(volume.array, points.reshape(-1, 3).T, order=1).reshape(7, 7)
    np.testing.assert_allclose(axial_squares(volume, center, 7 * step, 7)[0], expected, atol=1e-5)


def test_what_lies_outside_is_air_and_a_single_slice_has_the_thickness_of_its_voxels() -> None:
    volume = Volume(np.full((4, 4, 1), 50, np.int16), np.diag([1.0, 1.0, 5.0, 1.0]))
    planes = axial_squares(volume, (1.5, 1.5, 0), 8, 8, offsets_mm=(0.0, 2.4, 2.6))
    assert planes[0, 4, 4] == planes[1, 4, 4] == 50
    assert planes[0, 0, 0] == planes[2, 4, 4] == -1024
