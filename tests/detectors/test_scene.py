"""A liver on the detector's grid."""

from __future__ import annotations

import numpy as np
import pytest

from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.detectors.filters import OF_PHASE, WIDTH, look_around
from livercad.detectors.scene import STEP_MM, Scene
from two_lesions import BRIGHT_HU, DARK, DARK_HU, make_liver


@pytest.mark.parametrize(
    ("spacing", "orientation"), [((2.0, 2.0, 2.0), "RAS"), ((1.5, 1.5, 3.0), "LPS"), ((1.0, 2.0, 1.6), "SLA")]
)
def test_a_mask_comes_back_to_its_place_from_the_scene(spacing: tuple[float, float, float], orientation: str) -> None:
    images, liver, instances = make_liver(spacing, orientation)
    scene = Scene.of(images, liver)
    for number in (1, 2):
        wanted = instances.array == number
        mask, where = scene.give(scene.bring((wanted)[scene.block]))
        back = np.zeros(liver.shape, bool)
        back[where] = mask
        assert 2 * (back & wanted).sum() / (back.sum() + wanted.sum()) > 0.85


def test_the_smallest_mask_is_not_lost(scene: Scene) -> None:
    one = np.zeros(scene.grid.shape, bool)
    one[20, 20, 20] = True
    assert scene.bring(one).any()


def test_contrast_is_hu_above_the_liver(scene: Scene) -> None:
    _images, _liver, instances = make_liver()
    dark, bright = (scene.bring(instances.array[scene.block] == number) for number in (1, 2))
    deep = dark & (np.abs(scene.contrast[Phase.PORTAL] - DARK_HU) < 15)
    assert deep.sum() > 0.5 * dark.sum()
    assert scene.contrast[Phase.ARTERIAL][bright].max() == pytest.approx(BRIGHT_HU, abs=15)
    assert abs(np.median(scene.contrast[Phase.PORTAL][scene.liver & (scene.depth_mm > 6)])) < 3


def test_a_bay_that_a_lesion_leaves_in_the_outline_is_searched() -> None:
    images, liver, instances = make_liver()
    bitten = liver.like(np.where(instances.array == 1, 0, liver.array).astype(np.uint8))
    scene = Scene.of(images, bitten)
    lesion = scene.bring(instances.array[scene.block] == 1)
    assert scene.searched[lesion].mean() > 0.9 and not scene.liver[lesion].any()


def test_fat_beside_the_liver_is_not_searched() -> None:
    images, liver, _ = make_liver()
    generous = liver.like(np.ones_like(liver.array))
    scene = Scene.of(images, generous)
    assert scene.searched.sum() * STEP_MM**3 < 1.3 * liver.array.sum() * 8


def test_depth_is_the_distance_to_the_surface(scene: Scene) -> None:
    assert scene.depth_mm.max() == pytest.approx(36, abs=3)
    assert (scene.depth_mm[scene.searched] > 0).all() and (scene.depth_mm[~scene.searched] < 0).all()


def test_what_is_seen_around_some_voxels_is_what_is_seen_around_all(scene: Scene) -> None:
    everything, places = look_around(scene), np.flatnonzero(scene.searched)
    assert everything.shape == (len(places), WIDTH) and np.isfinite(everything).all()
    np.testing.assert_array_equal(look_around(scene, places[::97]), everything[::97])


def test_a_missing_phase_leaves_nothing_but_zeros() -> None:
    images, liver, _ = make_liver()
    seen = look_around(Scene.of({Phase.PORTAL: images[Phase.PORTAL]}, liver))
    portal = list(Phase).index(Phase.PORTAL) * OF_PHASE
    assert (seen[:, portal] == 1).all() and seen[:, portal + 1].std() > 0
    others = np.delete(seen[:, : 4 * OF_PHASE], np.s_[portal : portal + OF_PHASE], axis=1)
    assert not others.any()


def test_a_ball_bends_the_same_in_all_directions_and_upwards_where_it_is_dark(scene: Scene) -> None:
    images, _liver, _ = make_liver()
    affine = np.linalg.inv(images[Phase.PORTAL].affine)
    voxel = np.rint(affine[:3, :3] @ DARK[0] + affine[:3, 3]).astype(int) - [side.start for side in scene.block]
    place = np.ravel_multi_index(tuple(voxel), scene.searched.shape)
    first = list(Phase).index(Phase.PORTAL) * OF_PHASE
    bends = look_around(scene, np.array([place]))[0, first + OF_PHASE - 3 : first + OF_PHASE]
    assert (bends > 0).all() and bends.max() < 2 * bends.min()


def test_an_image_alone_is_enough() -> None:
    images, liver, _ = make_liver()
    scene = Scene.of({Phase.DELAYED: Volume(images[Phase.PORTAL].array, liver.affine)}, liver)
    assert set(scene.contrast) == {Phase.DELAYED}
