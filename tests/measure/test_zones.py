"""The parts of a lesion against distances computed point by point."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage
from scipy.spatial import KDTree

from lesion_scenes import GRIDS, ball, grid
from livercad.core.geometry import transform_points
from livercad.core.volume import Volume
from livercad.measure import zones as zones_module
from livercad.measure.zones import BORDER_MM, Zones, shell_of, zones_of


def zones(instances: Volume, number: int = 1, margin_mm: float = 0.0) -> Zones:
    return zones_of(instances, number, ndimage.find_objects(instances.array)[number - 1], margin_mm)


def whole(part: np.ndarray, found: Zones, like: Volume) -> np.ndarray:
    placed = np.zeros(like.shape, bool)
    placed[found.where] = part
    return placed


@pytest.mark.parametrize("name", GRIDS)
def test_depth_is_the_distance_to_the_nearest_voxel_outside(name: str) -> None:
    volume = GRIDS[name]
    lesion = ball(volume, (2, -1, 3), 15) & ~ball(volume, (14, 0, 3), 6)
    found = zones(volume.like(lesion.astype(np.uint16)))
    points = transform_points(np.argwhere(lesion), volume.affine)
    depth = np.zeros(volume.shape)
    depth[lesion] = KDTree(transform_points(np.argwhere(~lesion), volume.affine)).query(points)[0]
    deepest = depth.max()
    np.testing.assert_array_equal(whole(found.inner, found, volume), depth >= BORDER_MM)
    np.testing.assert_array_equal(whole(found.rim, found, volume), lesion & (depth <= deepest / 3))
    np.testing.assert_array_equal(whole(found.core, found, volume), lesion & (depth >= deepest / 2))


def test_the_rim_of_a_huge_lesion_is_no_thicker_than_8_mm() -> None:
    volume = grid((60, 60, 60), (2.0, 2.0, 2.0))
    found = zones(volume.like(ball(volume, (0, 0, 0), 50).astype(np.uint16)))
    assert not whole(found.rim, found, volume)[ball(volume, (0, 0, 0), 40)].any()
    assert whole(found.rim, found, volume)[30, 30, 53]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_tiny_lesion_keeps_its_deeper_half_and_has_neither_rim_nor_core(size: int) -> None:
    volume = grid((12, 12, 12), (0.8, 0.8, 1.0))
    lesion = np.zeros(volume.shape, np.uint16)
    lesion[5 : 5 + size, 5 : 5 + size, 5 : 5 + size] = 1
    found = zones(volume.like(lesion))
    assert found.is_small
    assert np.count_nonzero(found.inner) >= size**3 / 2
    assert not found.rim.any()


def test_what_lies_beyond_the_image_is_outside() -> None:
    volume = grid((20, 20, 20), (1.0, 1.0, 1.0))
    lesion = np.zeros(volume.shape, np.uint16)
    lesion[:10] = 1
    found = zones(volume.like(lesion))
    assert not whole(found.inner, found, volume)[0].any()
    assert whole(found.rim, found, volume)[:10, 0].all()


@pytest.mark.parametrize("name", GRIDS)
def test_the_shell_is_the_liver_within_reach_and_clear_of_every_lesion(name: str) -> None:
    volume = GRIDS[name]
    instances = np.zeros(volume.shape, np.uint16)
    instances[ball(volume, (-6, 0, 0), 7)] = 1
    instances[ball(volume, (10, 0, 0), 5)] = 2
    liver = ball(volume, (0, 0, 0), 38) & (instances == 0)
    found = zones(volume.like(instances), 1, 20.0)
    shell = whole(shell_of(found, liver[found.where], 3.0, 20.0), found, volume)
    points = transform_points(np.argwhere(liver), volume.affine)
    to_this, to_any = (
        KDTree(transform_points(np.argwhere(part), volume.affine)).query(points)[0]
        for part in (instances == 1, instances > 0)
    )
    expected = np.zeros(volume.shape, bool)
    expected[liver] = (to_this <= 20) & (to_any >= 3)
    np.testing.assert_array_equal(shell, expected)


def test_a_large_lesion_is_divided_on_fewer_voxels(monkeypatch: pytest.MonkeyPatch) -> None:
    volume = grid((60, 60, 30), (1.0, 1.0, 2.0))
    instances = volume.like(ball(volume, (0, 0, 0), 25).astype(np.uint16))
    fine = zones(instances)
    monkeypatch.setattr(zones_module, "LARGEST_BLOCK", 20_000)
    coarse = zones(instances)
    assert coarse.spacing == (2.0, 2.0, 2.0)
    assert coarse.lesion.size <= 20_000
    for part in ("lesion", "inner", "rim", "core"):
        small, large = (np.count_nonzero(getattr(z, part)) * np.prod(z.spacing) for z in (coarse, fine))
        assert small == pytest.approx(large, rel=0.15), part
