from __future__ import annotations

import numpy as np
import pytest

from livercad.evaluation.classes import (
    accuracy,
    expected_calibration_error,
    macro_auc,
    reliability,
    with_interval,
)

CLASSES = np.array([0, 0, 1, 1])
PROBABILITIES = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.3, 0.7]])


def test_accuracy_and_area_are_those_counted_by_hand() -> None:
    assert accuracy(PROBABILITIES, CLASSES) == 0.75
    assert macro_auc(PROBABILITIES, CLASSES) == 1.0
    assert macro_auc(np.array([[0.9, 0.1], [0.4, 0.6], [0.45, 0.55], [0.3, 0.7]]), CLASSES) == 0.75


def test_a_class_that_does_not_occur_does_not_enter_the_area() -> None:
    wide = np.hstack([PROBABILITIES, np.zeros((4, 1))])
    assert macro_auc(wide, CLASSES) == 1.0


def test_the_calibration_error_is_the_closed_form() -> None:
    # Confidences .9, .6, .8, .7, each in a bin of its own; right, wrong, right, right.
    assert expected_calibration_error(PROBABILITIES, CLASSES) == pytest.approx((0.1 + 0.6 + 0.2 + 0.3) / 4)
    assert [one.n for one in reliability(PROBABILITIES, CLASSES)] == [1, 1, 1, 1]


def test_certainty_that_is_right_is_calibrated() -> None:
    assert expected_calibration_error(np.eye(2)[CLASSES], CLASSES) == 0


def test_patients_with_many_like_lesions_widen_the_interval() -> None:
    rng = np.random.default_rng(0)
    patients = np.repeat(np.arange(20), 10)
    right = np.repeat(rng.random(20) < 0.7, 10)
    probabilities = np.where(right[:, None], [0.8, 0.2], [0.2, 0.8])
    classes = np.zeros(200, int)
    by_patient = with_interval(accuracy, probabilities, classes, patients)
    by_lesion = with_interval(accuracy, probabilities, classes, np.arange(200))
    assert by_patient.value == by_lesion.value == right.mean()
    assert by_patient.high - by_patient.low > 2 * (by_lesion.high - by_lesion.low)
