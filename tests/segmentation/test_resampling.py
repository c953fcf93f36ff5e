"""To a network's grid and back, on volumes of every orientation."""

from __future__ import annotations

import nibabel as nib
import numpy as np
import pytest

from livercad.core.geometry import transform_points
from livercad.core.volume import Volume
from livercad.segmentation.resampling import NetworkGrid, axis_weights


def rotation(degrees: float) -> np.ndarray:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]])


def affine_of(directions: np.ndarray, spacing: tuple[float, float, float]) -> np.ndarray:
    affine = np.eye(4)
    affine[:3, :3] = directions * spacing
    affine[:3, 3] = (-40, 25, 310)
    return affine


ORIENTATIONS = {
    "ras": affine_of(np.eye(3), (1.3, 0.7, 2.5)),
    "lps": affine_of(np.diag([-1.0, -1, 1]), (0.8, 0.8, 5.0)),
    "slices-first": affine_of(np.eye(3)[:, [2, 0, 1]], (4.0, 0.9, 1.1)),
    "oblique": affine_of(rotation(17) @ np.diag([-1.0, -1, -1]), (1.0, 1.0, 3.0)),
}


def blob(affine: np.ndarray, shape: tuple[int, int, int]) -> tuple[Volume, np.ndarray]:
    """A Gaussian of 6 mm around a known place; the place in RAS mm."""
    grid = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1)
    points = transform_points(grid, affine)
    place = transform_points(np.array(shape) * (0.45, 0.55, 0.5), affine)
    values = 1000 * np.exp(-((points - place) ** 2).sum(-1) / (2 * 6.0**2))
    return Volume(values.astype(np.int16), affine), place


def center_of_mass(values: np.ndarray, affine: np.ndarray) -> np.ndarray:
    grid = np.stack(np.meshgrid(*map(np.arange, values.shape), indexing="ij"), axis=-1)
    return (transform_points(grid, affine) * values[..., None]).sum((0, 1, 2)) / values.sum()


@pytest.mark.parametrize("affine", ORIENTATIONS.values(), ids=ORIENTATIONS.keys())
def test_what_goes_to_the_network_and_back_stays_where_it_is(affine: np.ndarray) -> None:
    volume, place = blob(affine, (60, 64, 56))
    grid = NetworkGrid.over(volume, (2.0, 2.0, 2.0))
    values, where = grid.to_volume(grid.to_network(volume.array))
    back = np.zeros(volume.shape, dtype=np.float32)
    back[where] = values
    np.testing.assert_allclose(center_of_mass(back, affine), place, atol=0.1)
    assert np.abs(back - volume.array).max() < 150


@pytest.mark.parametrize("affine", ORIENTATIONS.values(), ids=ORIENTATIONS.keys())
def test_a_block_comes_back_to_its_own_place(affine: np.ndarray) -> None:
    volume, _ = blob(affine, (60, 64, 56))
    grid = NetworkGrid.over(volume, (2.0, 2.0, 2.0))
    whole = grid.to_network(volume.array)
    everything, _ = grid.to_volume(whole)
    start = tuple(n // 4 for n in whole.shape)
    block = whole[tuple(slice(s, s + n // 2) for s, n in zip(start, whole.shape, strict=True))]
    values, where = grid.to_volume(block, start)
    middle = tuple(slice(n // 4, -n // 4) for n in values.shape)
    np.testing.assert_allclose(values[middle], everything[where][middle], atol=1e-2)


def test_network_axes_run_to_right_front_and_head() -> None:
    volume, _ = blob(ORIENTATIONS["slices-first"], (40, 50, 60))
    canonical = nib.as_closest_canonical(nib.Nifti1Image(volume.array, volume.affine))
    grid = NetworkGrid.over(volume, canonical.header.get_zooms())
    np.testing.assert_allclose(grid.to_network(volume.array), canonical.get_fdata(), atol=1e-3)


def test_shrinking_averages_whole_voxels() -> None:
    array = np.random.default_rng(0).normal(size=(12, 9, 6)).astype(np.float32)
    grid = NetworkGrid.over(Volume(array, np.eye(4)), (3.0, 3.0, 3.0))
    expected = array.reshape(4, 3, 3, 3, 2, 3).mean(axis=(1, 3, 5))
    np.testing.assert_allclose(grid.to_network(array), expected, atol=1e-5)


def test_growing_keeps_a_ramp_a_ramp() -> None:
    weights = axis_weights(10, 2.0, 40, 0.5)
    ramp = weights @ (np.arange(10) * 2.0 + 1.0)
    inner = slice(2, -2)
    np.testing.assert_allclose(ramp[inner], (np.arange(40) * 0.5 + 0.25)[inner], atol=1e-5)


@pytest.mark.parametrize(
    ("count", "spacing", "new_spacing"), [(7, 2.5, 1.0), (120, 0.57, 3.0), (1, 5.0, 3.0), (3, 1.0, 1.0)]
)
def test_a_constant_stays_that_constant(count: int, spacing: float, new_spacing: float) -> None:
    new_count = max(1, round(count * spacing / new_spacing))
    np.testing.assert_allclose(axis_weights(count, spacing, new_count, new_spacing).sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.int32, np.float32, np.float64])
def test_every_type_of_voxel_is_accepted(dtype: type) -> None:
    array = np.full((4, 4, 4), 7, dtype=dtype)
    assert np.allclose(NetworkGrid.over(Volume(array, np.eye(4)), (2.0, 2.0, 2.0)).to_network(array), 7)
