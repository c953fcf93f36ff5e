from __future__ import annotations

import numpy as np
import pytest

from livercad.core.volume import Volume
from livercad.evaluation.detection import Detection
from livercad.evaluation.intervals import wilson
from livercad.evaluation.lesions import compare_lesions
from livercad.evaluation.outcomes import Outcome
from livercad.evaluation.settings import EvaluationSettings, HitCriterion
from livercad.evaluation.sizes import SizeBand, band_of

SETTINGS = EvaluationSettings()


def rods(*lesions: tuple[int, int, int]) -> Volume:
    """Rods of 2 mm³ voxels, 1 mm wide: (first voxel, length in mm, row), numbered from 1."""
    array = np.zeros((40, 20, 5), dtype=np.uint16)
    for number, (start, length, row) in enumerate(lesions, 1):
        array[start : start + length, row, 2] = number
    return Volume(array, np.diag([1.0, 1.0, 2.0, 1.0]))


def test_every_lesion_has_its_outcome_sizes_and_score() -> None:
    truth = rods((2, 6, 2), (2, 15, 8), (2, 25, 14))
    predicted = rods((2, 10, 8), (2, 25, 14), (30, 8, 4))
    missed, half, whole, wrong = compare_lesions(predicted, truth, SETTINGS, {1: 0.7, 2: 0.9, 3: 0.6})
    assert [r.outcome for r in (missed, half, whole, wrong)] == [
        Outcome.MISSED, Outcome.HIT, Outcome.HIT, Outcome.FALSE_POSITIVE,
    ]  # fmt: skip
    assert [r.band for r in (missed, half, whole, wrong)] == ["<10 mm", "10–20 mm", ">20 mm", "<10 mm"]
    assert (half.iou, half.dice, half.score) == (pytest.approx(2 / 3), pytest.approx(0.8), 0.7)
    assert half.true is not None and half.predicted is not None
    assert (half.true.diameter_mm, half.predicted.diameter_mm) == pytest.approx((15, 10))
    assert (half.true.volume_ml, half.predicted.volume_ml) == pytest.approx((0.030, 0.020))
    assert (missed.iou, missed.dice, missed.score, missed.predicted) == (0, None, None, None)
    assert (wrong.true, wrong.score) == (None, 0.6)


def test_coverage_forgives_an_outline_that_is_too_large() -> None:
    truth, predicted = rods((10, 3, 5)), rods((0, 35, 5))
    covered = EvaluationSettings(hit_criterion=HitCriterion.COVERAGE, hit_threshold=0.5)
    assert [r.outcome for r in compare_lesions(predicted, truth, SETTINGS, {})] == ["missed", "false positive"]
    assert [r.outcome for r in compare_lesions(predicted, truth, covered, {})] == ["hit"]


def test_a_lesion_found_in_two_pieces_is_one_hit_and_one_false_positive() -> None:
    results = compare_lesions(rods((2, 10, 5), (14, 8, 5)), rods((2, 20, 5)), SETTINGS, {})
    assert Detection.of(results) == Detection(hits=1, missed=0, false_positives=1)


def test_ten_and_twenty_millimetres_belong_to_the_middle_band() -> None:
    assert [band_of(d) for d in (9.99, 10, 20, 20.01)] == [
        SizeBand.SMALL, SizeBand.MEDIUM, SizeBand.MEDIUM, SizeBand.LARGE,
    ]  # fmt: skip


def test_rates_of_a_hand_worked_count() -> None:
    detection = Detection(hits=6, missed=2, false_positives=4)
    assert detection.sensitivity(0.95) == wilson(6, 8, 0.95)
    assert detection.precision(0.95) == wilson(6, 10, 0.95)
    f1 = detection.f1(0.95)
    assert f1 is not None
    assert f1.value == pytest.approx(2 * 0.75 * 0.6 / (0.75 + 0.6))
    assert f1.low is not None and f1.high is not None
    assert 0 < f1.low < f1.value < f1.high < 1


def test_the_interval_of_f1_covers_the_true_f1_as_often_as_it_says() -> None:
    # Lesions are hit, missed or false with fixed chances, so the true F1 is known.
    chances = np.array([0.6, 0.15, 0.25])
    true_f1 = 2 * chances[0] / (2 * chances[0] + chances[1] + chances[2])
    draws = np.random.default_rng(0).multinomial(40, chances, size=1500)
    intervals = {tuple(draw): Detection(*map(int, draw)).f1(0.95) for draw in np.unique(draws, axis=0)}
    covered = np.mean([intervals[tuple(d)].low <= true_f1 <= intervals[tuple(d)].high for d in draws])
    assert covered == pytest.approx(0.95, abs=0.02)


def test_nothing_to_find_and_nothing_found_has_no_rates() -> None:
    nothing = Detection(0, 0, 0)
    assert (nothing.sensitivity(0.95), nothing.precision(0.95), nothing.f1(0.95)) == (None, None, None)
