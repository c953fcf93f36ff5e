"""HU by phase against volumes that were painted with them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from lesion_scenes import FAT_HU, GRIDS, LIVER_HU, ball, distance, grid
from livercad.core.lesion import PhaseMeasurement
from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.measure import zones as zones_module
from livercad.measure.enhancement import measure_enhancement

CENTER, RADIUS = (-8.0, 0.0, 0.0), 12.0


def scene(volume: Volume, lesion_hu: float = 60) -> tuple[npt.NDArray[np.int16], Volume, Volume]:
    """HU, liver and instances: a round liver in fat, with one round lesion."""
    liver = ball(volume, (0, 0, 0), 38)
    instances = ball(volume, CENTER, RADIUS).astype(np.uint16)
    hu = np.where(liver, LIVER_HU, FAT_HU).astype(np.int16)
    hu[instances > 0] = lesion_hu
    return hu, volume.like(liver.astype(np.uint8)), volume.like(instances)


def measure(hu: npt.NDArray[np.int16], liver: Volume, instances: Volume) -> PhaseMeasurement:
    (point,) = measure_enhancement({Phase.PORTAL: liver.like(hu)}, liver, instances)[1]
    return point


@pytest.mark.parametrize("name", GRIDS)
def test_the_numbers_are_those_that_were_painted(name: str) -> None:
    hu, liver, instances = scene(GRIDS[name])
    away = distance(GRIDS[name], CENTER)
    hu[away <= 12] = 90
    hu[away <= 7.7] = 40
    point = measure(hu, liver, instances)
    assert (point.phase, point.liver_hu) == (Phase.PORTAL, LIVER_HU)
    assert point.contrast_hu == pytest.approx(point.lesion_hu - LIVER_HU)
    # Slices of 5 mm cannot follow a zone of 4 mm to the voxel.
    assert (point.core_hu, point.rim_hu) == pytest.approx((40, 90), abs=15 if name == "thick slices" else 0.5)
    assert 40 < point.lesion_hu < 90


def test_mean_and_sd_are_those_of_the_voxels_inside() -> None:
    hu, liver, instances = scene(GRIDS["isotropic"])
    inside = instances.array > 0
    hu[inside] = np.random.default_rng(0).normal(60, 15, inside.sum())
    point = measure(hu, liver, instances)
    deep = hu[ball(GRIDS["isotropic"], CENTER, RADIUS - 2)]
    assert (point.lesion_hu, point.lesion_sd_hu) == pytest.approx((deep.mean(), deep.std()), abs=0.5)


def test_a_border_that_holds_something_else_does_not_enter_the_mean() -> None:
    hu, liver, instances = scene(GRIDS["isotropic"])
    hu[distance(GRIDS["isotropic"], CENTER) > RADIUS - 1.0] = 300
    assert measure(hu, liver, instances).lesion_hu == 60


def test_a_shift_of_one_millimetre_leaves_the_mean_as_it_is() -> None:
    hu, liver, instances = scene(GRIDS["thick slices"])
    assert measure(np.roll(hu, 1, axis=0), liver, instances).lesion_hu == 60


def test_vessels_and_other_lesions_leave_the_liver_around_as_it_is() -> None:
    volume = GRIDS["oblique"]
    hu, liver, instances = scene(volume)
    rng = np.random.default_rng(1)
    hu[(instances.array == 0) & (liver.array > 0) & (rng.random(volume.shape) < 0.2)] = 220
    other = ball(volume, (14, 4, 0), 8)
    instances.array[other], hu[other] = 2, 0
    assert measure_enhancement({Phase.PORTAL: volume.like(hu)}, liver, instances)[1][0].liver_hu == LIVER_HU


def test_the_liver_around_is_the_liver_nearby() -> None:
    hu, liver, instances = scene(GRIDS["isotropic"])
    away = distance(GRIDS["isotropic"], CENTER)
    hu[(liver.array > 0) & (away > RADIUS + 22)] = 200
    hu[(liver.array > 0) & (away > RADIUS) & (away < RADIUS + 2.5)] = 20
    assert measure(hu, liver, instances).liver_hu == LIVER_HU


def test_a_lesion_that_fills_its_surroundings_is_compared_with_the_whole_liver() -> None:
    volume = grid((64, 30, 30), (2.0, 2.0, 2.0))
    liver, instances = np.zeros(volume.shape, np.uint8), np.zeros(volume.shape, np.uint16)
    instances[5:16, 5:20, 5:20] = 1
    liver[5:16, 5:20, 5:20], liver[40:60, 5:20, 5:20] = 1, 1  # the rest lies more than 20 mm off
    hu = np.where(instances > 0, 60, LIVER_HU).astype(np.int16)
    assert measure(hu, volume.like(liver), volume.like(instances)).liver_hu == LIVER_HU


def test_a_liver_that_is_all_lesion_gives_no_number() -> None:
    hu, _, instances = scene(GRIDS["isotropic"])
    liver = instances.like((instances.array > 0).astype(np.uint8))
    assert measure_enhancement({Phase.PORTAL: liver.like(hu)}, liver, instances) == {1: ()}


def test_phases_come_in_the_order_in_which_they_are_taken() -> None:
    hu, liver, instances = scene(GRIDS["isotropic"])
    images = {phase: liver.like(hu) for phase in (Phase.DELAYED, Phase.UNENHANCED, Phase.PORTAL)}
    curve = measure_enhancement(images, liver, instances)[1]
    assert [point.phase for point in curve] == [Phase.UNENHANCED, Phase.PORTAL, Phase.DELAYED]


@pytest.mark.parametrize("fill", [-1024, -3024])
def test_what_a_phase_does_not_show_is_left_out(fill: int) -> None:
    volume = GRIDS["isotropic"]
    hu, liver, instances = scene(volume)
    hu[:, :, 30:] = fill  # a little less than half of the lesion
    point = measure(hu, liver, instances)
    assert (point.lesion_hu, point.liver_hu, point.rim_hu, point.core_hu) == (60, LIVER_HU, 60, 60)


@pytest.mark.parametrize("first", [0, 24])
def test_a_phase_that_shows_less_than_half_of_a_lesion_has_no_number_for_it(first: int) -> None:
    hu, liver, instances = scene(GRIDS["isotropic"])
    cut = hu.copy()
    cut[:, :, first:] = -1024
    images = {Phase.PORTAL: liver.like(hu), Phase.UNENHANCED: liver.like(cut)}
    assert [point.phase for point in measure_enhancement(images, liver, instances)[1]] == [Phase.PORTAL]


def test_a_tiny_lesion_has_one_mean_for_all_its_parts() -> None:
    hu, liver, instances = scene(GRIDS["isotropic"])
    instances.array[...] = 0
    instances.array[30, 30, 30], hu[30, 30, 30] = 1, 75
    point = measure(hu, liver, instances)
    assert (point.lesion_hu, point.lesion_sd_hu, point.rim_hu, point.core_hu) == (75, 0, 75, 75)


def test_the_order_and_direction_of_the_axes_change_nothing() -> None:
    volume = GRIDS["oblique"]
    hu, liver, instances = scene(volume)
    hu += np.random.default_rng(2).normal(0, 10, volume.shape).astype(np.int16)

    def turned(array: npt.NDArray[np.generic]) -> Volume:
        affine = volume.affine.copy()
        affine[:3, 3] += affine[:3, 0] * (volume.shape[0] - 1)
        affine[:3, 0] *= -1
        return Volume(np.ascontiguousarray(array[::-1].transpose(2, 0, 1)), affine[:, [2, 0, 1, 3]])

    straight = measure(hu, liver, instances)
    other = measure_enhancement({Phase.PORTAL: turned(hu)}, turned(liver.array), turned(instances.array))[1][0]
    for name in ("lesion_hu", "lesion_sd_hu", "liver_hu", "rim_hu", "core_hu"):
        assert getattr(other, name) == pytest.approx(getattr(straight, name)), name


def test_every_second_voxel_of_a_huge_lesion_gives_the_same_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    hu, liver, instances = scene(GRIDS["isotropic"])
    hu += np.random.default_rng(3).normal(0, 10, hu.shape).astype(np.int16)
    every = measure(hu, liver, instances)
    monkeypatch.setattr(zones_module, "LARGEST_BLOCK", 30_000)
    second = measure(hu, liver, instances)
    for name in ("lesion_hu", "lesion_sd_hu", "liver_hu", "rim_hu", "core_hu"):
        assert getattr(second, name) == pytest.approx(getattr(every, name), abs=2), name


def test_a_study_without_lesions_has_no_curves() -> None:
    hu, liver, instances = scene(GRIDS["isotropic"])
    assert measure_enhancement({Phase.PORTAL: liver.like(hu)}, liver, liver.like(instances.array * 0)) == {}


def test_an_image_on_another_grid_is_refused() -> None:
    hu, liver, instances = scene(GRIDS["isotropic"])
    other = Volume(hu, liver.affine + np.diag([0.5, 0, 0, 0]))
    with pytest.raises(ValueError, match="portal"):
        measure_enhancement({Phase.ARTERIAL: liver.like(hu), Phase.PORTAL: other}, liver, instances)
    with pytest.raises(ValueError, match="no image"):
        measure_enhancement({}, liver, instances)
