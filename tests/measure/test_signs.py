"""Signs of lesions painted as textbooks describe them, and of numbers next to the thresholds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pytest

from lesion_scenes import ball, distance, grid
from livercad.core.lesion import PhaseMeasurement, Sign, SignFound
from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.measure.enhancement import measure_enhancement
from livercad.measure.signs import find_signs

UNENHANCED, ARTERIAL, PORTAL, DELAYED = Phase
LIVER = {UNENHANCED: 55, ARTERIAL: 70, PORTAL: 110, DELAYED: 95}
AORTA = {UNENHANCED: 40, ARTERIAL: 300, PORTAL: 160, DELAYED: 120}
GRID = grid((64, 60, 40), (1.2, 1.2, 2.0), degrees=10)
RADIUS = 13.0
AWAY = distance(GRID, (-4.0, 0.0, 0.0))
LESION = AWAY <= RADIUS
RIM, REST = LESION & (AWAY > 8.5), LESION & (AWAY <= 8.5)
ANGLE = np.arctan2(*(np.indices(GRID.shape)[:2] - np.array([28, 29]).reshape(2, 1, 1, 1)))
NODULES = RIM & (np.abs(np.sin(2 * ANGLE)) > 0.9)
"""Four puddles in the rim."""

Paint = Mapping[Phase, tuple[float, ...]]


def images_of(paint: Paint, *parts: npt.NDArray[np.bool_], noise: float = 0.0) -> dict[Phase, Volume]:
    """A lesion whose parts have the given HU in each phase, in a liver of usual HU."""
    rng, images = np.random.default_rng(0), {}
    for phase, values in paint.items():
        hu = np.full(GRID.shape, LIVER[phase], np.float32)
        for part, value in zip(parts, values, strict=True):
            hu[part] = value
        images[phase] = GRID.like((hu + rng.normal(0, noise, GRID.shape)).astype(np.int16))
    return images


def signs_of(images: Mapping[Phase, Volume], aorta: Mapping[Phase, float] = AORTA) -> dict[Sign, SignFound]:
    liver, instances = GRID.like(ball(GRID, (0, 0, 0), 34).astype(np.uint8)), GRID.like(LESION.astype(np.uint16))
    enhancement = measure_enhancement(images, liver, instances)
    return {found.sign: found for found in find_signs(images, instances, enhancement, aorta)[1]}


def present(paint: Paint, *parts: npt.NDArray[np.bool_], noise: float = 12.0) -> set[str]:
    return {sign.value for sign, found in signs_of(images_of(paint, *parts, noise=noise)).items() if found.present}


def test_a_classic_carcinoma_is_bright_early_and_washes_out() -> None:
    paint = {UNENHANCED: (48,), ARTERIAL: (105,), PORTAL: (98,), DELAYED: (78,)}
    expected = {"arterial_hyperenhancement", "portal_washout", "delayed_washout", "delayed_hypoattenuation"}
    assert present(paint, LESION) == expected


def test_a_carcinoma_that_is_bright_in_part_only_is_told_by_that_part() -> None:
    half = LESION & (np.indices(GRID.shape)[0] > 28)
    paint = {UNENHANCED: (45, 45), ARTERIAL: (40, 100), PORTAL: (60, 90), DELAYED: (60, 80)}
    signs = signs_of(images_of(paint, LESION, half, noise=12))
    assert abs(signs[Sign.ARTERIAL_HYPOATTENUATION].value) < 10
    assert signs[Sign.ARTERIAL_HYPERENHANCEMENT].value == pytest.approx(30, abs=4)
    assert signs[Sign.PORTAL_WASHOUT].value == pytest.approx(100 * 110 / 90, abs=4)
    assert signs[Sign.DELAYED_WASHOUT].present


def test_a_cyst_is_water_in_every_phase() -> None:
    expected = {"water_density", "no_enhancement", "arterial_hypoattenuation", "delayed_hypoattenuation"}
    assert present(dict.fromkeys(Phase, (6,)), LESION) == expected


def test_a_hemangioma_has_puddles_at_its_border_and_fills_from_there() -> None:
    paint = {UNENHANCED: (42, 42), ARTERIAL: (48, 210), PORTAL: (80, 170), DELAYED: (110, 125)}
    expected = {"peripheral_nodular_enhancement", "centripetal_filling", "delayed_hyperattenuation"}
    assert present(paint, LESION, NODULES) == expected


def test_what_the_hemangioma_kept_is_no_washout() -> None:
    paint = {ARTERIAL: (60, 200), PORTAL: (70, 170)}
    half = LESION & (np.indices(GRID.shape)[0] > 28)
    signs = signs_of(images_of(paint, LESION, half))
    assert signs[Sign.ARTERIAL_HYPERENHANCEMENT].present
    assert signs[Sign.PORTAL_WASHOUT].present is False


def test_a_small_hemangioma_fills_at_once_and_stays_bright() -> None:
    paint = {UNENHANCED: (42,), ARTERIAL: (190,), PORTAL: (160,), DELAYED: (125,)}
    assert present(paint, LESION) == {"arterial_hyperenhancement", "aorta_like_enhancement", "delayed_hyperattenuation"}


def test_a_metastasis_has_a_ring_around_a_dark_core() -> None:
    paint = {UNENHANCED: (40, 44), ARTERIAL: (45, 85), PORTAL: (55, 95), DELAYED: (55, 75)}
    found = present(paint, LESION, RIM)
    assert "rim_enhancement" in found
    assert not found & {"arterial_hyperenhancement", "peripheral_nodular_enhancement", "centripetal_filling"}


def test_liver_in_the_rim_of_a_cyst_is_no_rim_enhancement() -> None:
    blurred = LESION & (AWAY > RADIUS - 1.5)
    paint = {phase: (5, 0.5 * (5 + LIVER[phase])) for phase in Phase}
    signs = signs_of(images_of(paint, LESION, blurred))
    assert signs[Sign.RIM_ENHANCEMENT].value > 10
    assert signs[Sign.RIM_ENHANCEMENT].present is False


def test_a_hypervascular_nodule_is_as_dense_as_liver_later_on() -> None:
    paint = {UNENHANCED: (54,), ARTERIAL: (110,), PORTAL: (115,), DELAYED: (96,)}
    assert present(paint, LESION) == {"arterial_hyperenhancement", "delayed_isoattenuation"}


def test_a_dysplastic_nodule_is_dark_early_and_like_liver_later_on() -> None:
    paint = {UNENHANCED: (50,), ARTERIAL: (52,), PORTAL: (90,), DELAYED: (93,)}
    assert present(paint, LESION) == {"arterial_hypoattenuation", "delayed_isoattenuation"}


def test_a_core_that_brightens_without_a_bright_rim_before_is_no_filling() -> None:
    signs = signs_of(images_of({ARTERIAL: (48, 52), DELAYED: (105, 80)}, LESION, RIM))
    assert signs[Sign.CENTRIPETAL_FILLING].value > 10
    assert signs[Sign.CENTRIPETAL_FILLING].present is False


def test_fat_is_not_water() -> None:
    signs = signs_of(images_of({UNENHANCED: (-60,)}, LESION))
    assert (signs[Sign.WATER_DENSITY].present, signs[Sign.WATER_DENSITY].value) == (False, -60)


@pytest.mark.parametrize(
    ("phases", "known"),
    [
        ([UNENHANCED], {"water_density"}),
        ([PORTAL], {"water_density"}),
        ([DELAYED], {"delayed_hypoattenuation", "delayed_isoattenuation", "delayed_hyperattenuation"}),
        (
            [ARTERIAL],
            {
                *("arterial_hyperenhancement", "arterial_hypoattenuation", "aorta_like_enhancement"),
                *("rim_enhancement", "peripheral_nodular_enhancement"),
            },
        ),
        (list(Phase), {sign.value for sign in Sign}),
    ],
)
def test_a_sign_is_unknown_where_its_phase_is_missing(phases: list[Phase], known: set[str]) -> None:
    signs = signs_of(images_of({phase: (LIVER[phase] - 5,) for phase in phases}, LESION))
    assert list(signs) == list(Sign)
    assert {sign.value for sign, found in signs.items() if found.present is not None} == known
    for found in signs.values():
        assert (found.value is None) == (found.threshold is None) == (found.present is None)
        assert found.source and found.phases
        if found.present is not None:
            assert set(found.phases) <= set(phases)


def test_filling_and_water_fall_back_on_the_portal_phase() -> None:
    signs = signs_of(images_of({ARTERIAL: (48, 150), PORTAL: (90, 130)}, LESION, RIM))
    assert signs[Sign.CENTRIPETAL_FILLING].phases == (ARTERIAL, PORTAL)
    assert signs[Sign.CENTRIPETAL_FILLING].value == pytest.approx(42, abs=4)
    assert signs[Sign.WATER_DENSITY].phases == (PORTAL,)


def test_without_the_aorta_what_is_compared_with_it_stays_unknown() -> None:
    signs = signs_of(images_of({phase: (100,) for phase in Phase}, LESION), aorta={})
    unknown = {sign for sign, found in signs.items() if found.present is None}
    assert unknown == {Sign.AORTA_LIKE_ENHANCEMENT, Sign.PERIPHERAL_NODULAR_ENHANCEMENT}


def point(phase: Phase, lesion: float, liver: float) -> PhaseMeasurement:
    return PhaseMeasurement(phase, lesion, 0.0, liver, lesion - liver, lesion, lesion)


@pytest.mark.parametrize(
    ("lesion", "expected"),
    [
        (100.0, "delayed_hypoattenuation"),
        (101.0, "delayed_isoattenuation"),
        (114.0, "delayed_isoattenuation"),
        (115.0, "delayed_hyperattenuation"),
    ],
)
def test_exactly_one_delayed_attenuation_holds(lesion: float, expected: str) -> None:
    instances = GRID.like(LESION.astype(np.uint16))
    (signs,) = find_signs({}, instances, {1: (point(DELAYED, lesion, 107.0),)}, {}).values()
    assert [found.sign.value for found in signs if found.present] == [expected]


def test_a_tiny_lesion_has_no_rim_to_speak_of() -> None:
    images = images_of({phase: (90,) for phase in Phase}, LESION)
    instances = np.zeros(GRID.shape, np.uint16)
    instances[30:32, 30:32, 20] = 1
    liver = GRID.like(ball(GRID, (0, 0, 0), 34).astype(np.uint8))
    enhancement = measure_enhancement(images, liver, GRID.like(instances))
    signs = {found.sign: found for found in find_signs(images, GRID.like(instances), enhancement, AORTA)[1]}
    unknown = {sign for sign, found in signs.items() if found.present is None}
    assert unknown == {Sign.RIM_ENHANCEMENT, Sign.PERIPHERAL_NODULAR_ENHANCEMENT, Sign.CENTRIPETAL_FILLING}


def test_a_lesion_outside_the_arterial_image_has_no_arterial_signs() -> None:
    images = images_of({ARTERIAL: (100,), PORTAL: (90,)}, LESION)
    images[ARTERIAL].array[...] = -1024
    signs = signs_of(images)
    assert [sign.value for sign, found in signs.items() if found.present is not None] == ["water_density"]
