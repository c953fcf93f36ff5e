from __future__ import annotations

import numpy as np
import pytest

from livercad.core.geometry import transform_points
from livercad.core.phases import Phase
from livercad.core.volume import grid_difference
from livercad.phantom.breathing import LARGEST_MM, Breathing, draw_breathing
from livercad.phantom.studies import CTStudy, make_ct_study
from livercad.phantom.tissues import Tissue

SMALL = {"shape": (56, 56, 40), "spacing": (6.6, 6.6, 6.0), "lesions": ()}
AXES = tuple(np.linspace(low, high, 12, dtype=np.float32) for low, high in ((-120, 120), (-80, 80), (-180, 20)))


def breathing(amplitude: float = 12.0) -> Breathing:
    return Breathing(amplitude, np.ones(3), np.random.default_rng(1))


@pytest.fixture(scope="module")
def moved() -> CTStudy:
    return make_ct_study(3, phases=tuple(Phase), breathing_mm=40, orientation="RAS", **SMALL)


def test_what_is_at_rest_is_found_back_in_the_breath_hold() -> None:
    rest = np.stack(breathing().at_rest(AXES), axis=-1).reshape(-1, 3)
    grid = np.stack(np.meshgrid(*AXES, indexing="ij"), axis=-1).reshape(-1, 3)
    assert np.abs(breathing().at(rest) - grid).max() < 0.7
    assert np.median(np.abs(breathing().at(rest) - grid)) < 0.05


def test_the_diaphragm_moves_along_the_body_and_the_spine_stays() -> None:
    liver, spine, back = breathing().at([[60, 0, -20], [0, -60, -60], [60, -130, -60]]) - [
        [60, 0, -20],
        [0, -60, -60],
        [60, -130, -60],
    ]
    assert liver[2] == pytest.approx(12, rel=0.35) and abs(liver[2]) > 3 * np.abs(liver[:2]).max()
    assert np.abs(spine).max() < 0.5 and np.abs(back).max() < 0.5


def test_the_belly_comes_forward_as_the_diaphragm_goes_down() -> None:
    front = np.array([[0.0, 80.0, -120.0]])
    assert (breathing(-12).at(front) - front)[0, 1] > 1
    assert (breathing(12).at(front) - front)[0, 1] < -1


def test_motion_never_folds_the_patient() -> None:
    points = np.stack(np.meshgrid(*AXES, indexing="ij"), axis=-1).reshape(-1, 3)
    for amplitude in (-LARGEST_MM, LARGEST_MM):
        motion = breathing(amplitude)
        columns = [(motion.at(points + 2 * unit) - motion.at(points - 2 * unit)) / 4 for unit in np.eye(3)]
        assert np.linalg.det(np.stack(columns, axis=-1)).min() > 0.5


def test_breath_holds_spread_up_to_the_largest_amplitude() -> None:
    drawn = [
        motion.amplitude_mm
        for seed in range(40)
        for motion in draw_breathing(tuple(Phase), 15.0, np.ones(3), np.random.default_rng(seed)).values()
    ]
    assert max(map(abs, drawn)) <= 15
    assert 3 < np.mean(np.abs(drawn)) < 8 and min(drawn) < -8 and max(drawn) > 8


def test_the_truth_fits_the_reference_phase_and_other_phases_lie_elsewhere(moved: CTStudy) -> None:
    assert set(moved.breathing) == set(Phase) - {Phase.PORTAL}
    assert np.array_equal(moved.livers[Phase.PORTAL].array, moved.liver.array)
    spread = moved.images[Phase.DELAYED].array[moved.livers[Phase.DELAYED].array > 0].std()
    assert spread < 0.8 * moved.images[Phase.DELAYED].array[moved.liver.array > 0].std()


def test_displaced_points_of_the_liver_lie_in_the_liver_of_the_other_phase(moved: CTStudy) -> None:
    points = transform_points(np.argwhere(moved.liver.array), moved.liver.affine)
    for phase in (Phase.UNENHANCED, Phase.ARTERIAL, Phase.DELAYED):
        liver = moved.livers[phase]
        there = np.rint(transform_points(moved.displaced(points, phase), np.linalg.inv(liver.affine))).astype(int)
        inside = liver.array[tuple(np.clip(there, 0, np.array(liver.shape) - 1).T)] > 0
        assert inside.mean() > 0.95
        center = transform_points(np.argwhere(liver.array).mean(axis=0), liver.affine)
        assert np.allclose(moved.displaced(points, phase).mean(axis=0), center, atol=1.5)


def test_bones_of_the_back_stay_where_they_are(moved: CTStudy) -> None:
    marrow = (moved.tissues.array == Tissue.BONE_MARROW) & (np.arange(56)[None, :, None] < 22)
    marrow[:24] = marrow[32:] = False  # the spine; ribs move a little
    points = transform_points(np.argwhere(marrow), moved.tissues.affine)
    for phase in moved.breathing:
        shifts = np.linalg.norm(moved.displaced(points, phase) - points, axis=1)
        amplitude = abs(moved.breathing[phase].amplitude_mm)
        assert np.median(shifts) < 0.02 * amplitude and np.percentile(shifts, 95) < 0.15 * amplitude


def test_phases_have_slices_of_their_own() -> None:
    study = make_ct_study(3, phases=(Phase.UNENHANCED, Phase.PORTAL), slice_mm={Phase.UNENHANCED: 12.0}, **SMALL)
    assert sorted(study.images[Phase.UNENHANCED].spacing) == pytest.approx([6.6, 6.6, 12.0])
    assert study.livers[Phase.UNENHANCED].shape == study.images[Phase.UNENHANCED].shape
    alone = make_ct_study(3, phases=(Phase.UNENHANCED,), slice_mm={Phase.UNENHANCED: 12.0}, **SMALL)
    assert not grid_difference(alone.images[Phase.UNENHANCED], alone.liver)


def test_a_phase_is_the_same_whatever_others_there_are() -> None:
    two, three = (
        make_ct_study(3, phases=phases, **SMALL)
        for phases in ((Phase.ARTERIAL, Phase.PORTAL), (Phase.DELAYED, Phase.ARTERIAL, Phase.PORTAL))
    )
    assert np.array_equal(two.images[Phase.ARTERIAL].array, three.images[Phase.ARTERIAL].array)


def test_a_patient_who_holds_still_has_all_phases_in_one_place() -> None:
    study = make_ct_study(3, phases=tuple(Phase), breathing_mm=0, slice_mm={}, **SMALL)
    for phase in Phase:
        assert np.array_equal(study.livers[phase].array, study.liver.array)
        assert not grid_difference(study.images[phase], study.liver)
