from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
from scipy import ndimage
from scipy.spatial.transform import Rotation

from livercad.core.geometry import transform_points
from livercad.core.volume import Volume
from livercad.registration.carrying import carry
from livercad.registration.displacement import DisplacementField, displacement_field
from livercad.registration.mapping import IDENTITY, Bend, Mapping
from livercad.studies.itk import LPS_TO_RAS

RIGID = np.eye(4)
RIGID[:3, :3] = Rotation.from_euler("xyz", (4, -3, 6), degrees=True).as_matrix()
RIGID[:3, 3] = (3, -12, 25)


def oblique(shape: tuple[int, int, int] = (70, 60, 40)) -> Volume:
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xyz", (10, -20, 30), degrees=True).as_matrix() * (3.1, 4.0, 5.5)
    affine[:3, 0] *= -1
    affine[:3, 3] = (80, -120, 40)
    return Volume(np.broadcast_to(np.int16(0), shape), affine)


def bend_in(grid: Volume, size_mm: float) -> Bend:
    """Control points every 50 mm over the middle of the volume only, as registration has them around the liver."""
    step = 50 / np.array(grid.spacing)
    affine = grid.affine @ np.diag([*step, 1.0])
    affine[:3, 3] = transform_points((15, 10, 8) - step, grid.affine)
    coefficients = np.random.default_rng(0).normal(0, size_mm, (3, 6, 5, 5))
    return Bend(coefficients, affine)


def itk_transform(field: DisplacementField) -> sitk.DisplacementFieldTransform:
    """The field as another library takes it; in LPS, as ITK has its points."""
    affine = LPS_TO_RAS @ field.affine
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    vectors = field.displacement_mm * (-1, -1, 1)
    image = sitk.GetImageFromArray(
        np.ascontiguousarray(vectors.transpose(2, 1, 0, 3).astype(np.float64)), isVector=True
    )
    image.SetSpacing(spacing)
    image.SetOrigin(affine[:3, 3])
    image.SetDirection((affine[:3, :3] / spacing).ravel())
    return sitk.DisplacementFieldTransform(image)


@pytest.mark.parametrize("size_mm", [1.0, 8.0])
def test_the_field_between_its_nodes_is_the_mapping_to_a_tenth_of_a_millimetre(size_mm: float) -> None:
    grid = oblique()
    mapping = Mapping(RIGID, bend_in(grid, size_mm))
    field = displacement_field(mapping, grid)
    assert field.displacement_mm.dtype == np.float32
    assert field.displacement_mm.nbytes < 40e6
    voxels = np.random.default_rng(1).uniform(-0.49, np.array(grid.shape) - 0.51, (4000, 3))
    points = transform_points(voxels, grid.affine)
    transform = itk_transform(field)
    lps = np.array([transform.TransformPoint(point) for point in points * (-1.0, -1.0, 1.0)])
    away = np.linalg.norm(lps * (-1, -1, 1) - mapping(points), axis=1)
    assert away.max() < 0.1
    assert np.linalg.norm(mapping(points) - transform_points(points, RIGID), axis=1).max() > size_mm


def test_an_image_resampled_by_the_field_is_the_registered_image() -> None:
    grid = oblique((30, 28, 24))
    waves = np.indices((50, 45, 40)).sum(axis=0)
    affine = np.diag([-3.0, 4.0, 5.0, 1.0])
    affine[:3, 3] = transform_points(transform_points((15, 14, 12), grid.affine), RIGID) - affine[:3, :3] @ (25, 22, 20)
    moving = Volume((100 * np.sin(waves / 9)).astype(np.float32), affine)
    mapping = Mapping(RIGID, bend_in(grid, 3.0))
    field = displacement_field(mapping, grid)
    points = transform_points(np.moveaxis(np.indices(grid.shape), 0, -1), grid.affine)
    nodes = np.moveaxis(transform_points(points, np.linalg.inv(field.affine)), -1, 0)
    vectors = np.moveaxis(field.displacement_mm, -1, 0)
    parts = [ndimage.map_coordinates(component, nodes, order=1) for component in vectors]
    places = transform_points(points + np.stack(parts, axis=-1), np.linalg.inv(moving.affine))
    resampled = ndimage.map_coordinates(moving.array, np.moveaxis(places, -1, 0), order=1)
    inside = ((places >= 0) & (places <= np.array(moving.shape) - 1)).all(axis=-1)
    assert inside.mean() > 0.5
    assert np.abs(resampled - carry(moving, mapping, grid, "bilinear", 0))[inside].max() < 1


def test_a_gentle_bend_takes_a_coarse_grid() -> None:
    grid = oblique()
    gentle, strong = (displacement_field(Mapping(RIGID, bend_in(grid, size)), grid) for size in (0.5, 8.0))
    assert gentle.displacement_mm.size < strong.displacement_mm.size / 8


def test_a_rigid_motion_needs_the_corners_only() -> None:
    grid = oblique()
    field = displacement_field(Mapping(RIGID), grid)
    assert field.displacement_mm.shape == (2, 2, 2, 3)
    corner = transform_points(np.array(grid.shape) - 0.5, grid.affine)
    assert np.allclose(transform_points((1, 1, 1), field.affine), corner)
    assert np.allclose(field.displacement_mm[1, 1, 1], transform_points(corner, RIGID) - corner, atol=1e-4)


def test_what_lies_where_it_is_has_a_field_of_zeros() -> None:
    assert not displacement_field(IDENTITY, oblique()).displacement_mm.any()


def test_a_bend_whose_control_points_lie_askew_is_covered_too() -> None:
    grid = oblique((30, 30, 20))
    askew = bend_in(grid, 4.0)
    affine = askew.affine.copy()
    affine[:3, :3] = Rotation.from_euler("z", 20, degrees=True).as_matrix() @ affine[:3, :3]
    mapping = Mapping(RIGID, replace(askew, affine=affine))
    field = displacement_field(mapping, grid)
    corners = transform_points(np.array([(0, 0, 0), (29, 29, 19), (29, 0, 19)]), grid.affine)
    transform = itk_transform(field)
    for point, expected in zip(corners, mapping(corners), strict=True):
        assert np.allclose(np.array(transform.TransformPoint(point * (-1, -1, 1))) * (-1, -1, 1), expected, atol=0.1)
