from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from livercad.core.geometry import transform_points
from livercad.core.phases import Phase
from livercad.core.volume import Volume, grid_difference
from livercad.errors import Cancelled
from livercad.phantom.studies import CTStudy, reorient
from livercad.registration import align as align_module
from livercad.registration.align import ALIKE_OVERLAP, OUTSIDE_HU, Aligned, align


def errors_mm(aligned: Aligned, points: np.ndarray, truth: np.ndarray) -> np.ndarray:
    return np.linalg.norm(aligned.mapping(points) - truth, axis=1)


def dice(one: Volume, other: Volume) -> float:
    a, b = one.array > 0, other.array > 0
    return 2 * (a & b).sum() / (a.sum() + b.sum())


def test_a_known_breath_is_found_back(
    patient: CTStudy, liver_points: np.ndarray, phase: Phase, aligned: Aligned
) -> None:
    truth = patient.displaced(liver_points, phase)
    assert np.median(np.linalg.norm(truth - liver_points, axis=1)) > 8
    assert np.median(errors_mm(aligned, liver_points, truth)) <= 2.0
    shift = np.median(np.linalg.norm(truth - liver_points, axis=1))
    assert aligned.quality.median_shift_mm == pytest.approx(shift, abs=1.5)


def test_livers_and_images_agree_better_than_before(patient: CTStudy, aligned: Aligned) -> None:
    quality = aligned.quality
    assert quality.method == "rigid + B-spline" and not quality.is_poor
    assert quality.liver_overlap_after > quality.liver_overlap_before + 0.05
    assert quality.similarity_after > quality.similarity_before + 0.2
    assert quality.liver_overlap_after == pytest.approx(dice(aligned.liver, patient.liver), abs=0.02)


def test_everything_comes_back_on_the_fixed_grid(patient: CTStudy, phase: Phase, aligned: Aligned) -> None:
    fixed = patient.images[Phase.PORTAL]
    for volume in (aligned.image, aligned.liver):
        assert not grid_difference(volume, fixed)
    assert aligned.image.array.dtype == np.int16 and aligned.liver.array.dtype == np.uint8
    inside = patient.liver.array > 0
    own = patient.images[phase].array[patient.livers[phase].array > 0]
    assert np.median(aligned.image.array[inside]) == pytest.approx(np.median(own), abs=4)


def test_the_bend_folds_nothing(liver_points: np.ndarray, aligned: Aligned) -> None:
    columns = [(aligned.mapping(liver_points + e) - aligned.mapping(liver_points - e)) / 2 for e in np.eye(3)]
    assert np.linalg.det(np.stack(columns, axis=-1)).min() > 0.2


def test_labels_are_brought_to_the_same_places_and_keep_their_numbers(
    patient: CTStudy, phase: Phase, aligned: Aligned
) -> None:
    labels = patient.livers[phase].like(patient.livers[phase].array.astype(np.uint16) * 517)
    brought = aligned.bring(labels)
    assert brought.array.dtype == np.uint16 and set(np.unique(brought.array)) == {0, 517}
    assert dice(brought, aligned.liver) > 0.95


def test_the_same_input_gives_the_same_result(patient: CTStudy) -> None:
    one, other = (
        align(
            patient.images[Phase.ARTERIAL],
            patient.livers[Phase.ARTERIAL],
            patient.images[Phase.PORTAL],
            patient.liver,
        )
        for _ in range(2)
    )
    assert np.array_equal(one.image.array, other.image.array) and one.quality == other.quality


def test_oblique_flipped_grids_far_from_each_other_are_laid_over_each_other(
    patient: CTStudy, liver_points: np.ndarray
) -> None:
    scanner = np.eye(4)
    scanner[:3, :3] = Rotation.from_euler("xyz", (14, -9, 21), degrees=True).as_matrix()
    scanner[:3, 3] = (12, 40, -300)
    elsewhere = scanner.copy()
    elsewhere[:3, 3] += (25, -20, 160)

    def lying(volume: Volume, where: np.ndarray, axes: str) -> Volume:
        flipped = reorient(volume, axes)
        return Volume(flipped.array, where @ flipped.affine)

    aligned = align(
        lying(patient.images[Phase.UNENHANCED], elsewhere, "SRA"),
        lying(patient.livers[Phase.UNENHANCED], elsewhere, "SRA"),
        lying(patient.images[Phase.PORTAL], scanner, "LAI"),
        lying(patient.liver, scanner, "LAI"),
    )
    points = transform_points(liver_points, scanner)
    truth = transform_points(patient.displaced(liver_points, Phase.UNENHANCED), elsewhere)
    assert np.median(errors_mm(aligned, points, truth)) <= 2.5
    assert aligned.quality.liver_overlap_before == 0 and aligned.quality.liver_overlap_after > 0.92
    assert aligned.image.shape == reorient(patient.liver, "LAI").shape


def test_a_liver_cut_by_the_field_of_view_is_laid_over_its_own_part(patient: CTStudy, liver_points: np.ndarray) -> None:
    image, liver = patient.images[Phase.ARTERIAL], patient.livers[Phase.ARTERIAL]
    middle = int(np.flatnonzero(liver.array.any(axis=(0, 1))).mean())
    far = np.eye(4)
    far[:3, 3] = (30, -25, 180)

    def lower_half(volume: Volume) -> Volume:
        half = volume.crop((0, 0, 0), (*volume.shape[:2], middle))
        return Volume(half.array, far @ half.affine)

    moving = lower_half(image)
    aligned = align(moving, lower_half(liver), patient.images[Phase.PORTAL], patient.liver)
    truth = transform_points(patient.displaced(liver_points, Phase.ARTERIAL), far)
    top = transform_points((0, 0, middle - 1), moving.affine)[2]
    assert np.median(errors_mm(aligned, liver_points, truth)[truth[:, 2] < top]) <= 2.0
    assert (aligned.image.array[:, :, -5:] == OUTSIDE_HU).all()


def test_one_image_twice_is_left_alone(patient: CTStudy) -> None:
    fixed = patient.images[Phase.PORTAL]
    aligned = align(fixed.like(fixed.array.copy()), patient.liver, fixed, patient.liver)
    assert aligned.quality.method == "none" and aligned.quality.largest_shift_mm == 0
    assert np.array_equal(aligned.image.array, fixed.array)
    labels = patient.instances
    assert np.array_equal(aligned.bring(labels).array, labels.array)


def test_phases_of_one_breath_hold_are_not_made_worse(patient: CTStudy) -> None:
    fixed = patient.images[Phase.PORTAL]
    noise = np.random.default_rng(0).normal(0, 12, fixed.shape)
    aligned = align(fixed.like((fixed.array + noise).astype(np.int16)), patient.liver, fixed, patient.liver)
    assert aligned.quality.largest_shift_mm <= 1.0
    assert aligned.quality.liver_overlap_after >= aligned.quality.liver_overlap_before


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was searched for, in turn."""
    names: list[str] = []

    def noting(name: str) -> None:
        search = getattr(align_module, name)

        def noted(*given: object) -> object:
            names.append(name)
            return search(*given)

        monkeypatch.setattr(align_module, name, noted)

    noting("find_rigid")
    noting("find_bend")
    return names


def test_livers_in_one_place_on_different_grids_are_left_there_without_a_search_for_a_bend(
    patient: CTStudy, searched: list[str]
) -> None:
    fixed = patient.images[Phase.PORTAL]
    moving, liver = (volume.crop((3, 2, 1), volume.shape) for volume in (fixed, patient.liver))
    noise = np.random.default_rng(0).normal(0, 12, moving.shape)
    aligned = align(moving.like((moving.array + noise).astype(np.int16)), liver, fixed, patient.liver)
    assert searched == ["find_rigid"]
    assert aligned.quality.method == "none" and aligned.quality.largest_shift_mm == 0
    assert aligned.quality.liver_overlap_before >= ALIKE_OVERLAP


def test_a_bend_is_searched_for_where_livers_lie_apart(patient: CTStudy, searched: list[str]) -> None:
    phase = Phase.ARTERIAL
    align(patient.images[phase], patient.livers[phase], patient.images[Phase.PORTAL], patient.liver)
    assert searched == ["find_rigid", "find_bend"]


def test_an_image_that_does_not_fit_is_called_poor(patient: CTStudy) -> None:
    moving = patient.images[Phase.ARTERIAL]
    upside_down = moving.like(moving.array[:, :, ::-1])
    liver = patient.livers[Phase.ARTERIAL]
    aligned = align(upside_down, liver.like(liver.array[:, :, ::-1]), patient.images[Phase.PORTAL], patient.liver)
    assert aligned.quality.is_poor


def test_cancelling_stops_the_search(patient: CTStudy) -> None:
    told: list[str] = []

    def stop(done: float, total: float, what: str) -> None:
        told.append(what)
        if len(told) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        align(
            patient.images[Phase.ARTERIAL],
            patient.livers[Phase.ARTERIAL],
            patient.images[Phase.PORTAL],
            patient.liver,
            stop,
        )
    assert len(told) == 3


def test_an_empty_liver_is_refused(patient: CTStudy) -> None:
    fixed = patient.images[Phase.PORTAL]
    with pytest.raises(ValueError, match="moving"):
        align(fixed, fixed.like(np.zeros(fixed.shape, np.uint8)), fixed, patient.liver)
