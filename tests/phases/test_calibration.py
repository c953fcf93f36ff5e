"""Temperature and calibration error against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from livercad.phases.classifier import softmax
from livercad.phases.training.calibration import expected_calibration_error, fit_temperature


def test_the_temperature_undoes_what_made_scores_too_sharp():
    rng = np.random.default_rng(0)
    scores = rng.normal(0, 1.5, (20000, 4))
    classes = (softmax(scores).cumsum(axis=1) < rng.random((20000, 1))).sum(axis=1)
    assert fit_temperature(scores * 3, classes) == pytest.approx(3, rel=0.05)
    assert expected_calibration_error(softmax(scores), classes) < 0.02
    assert expected_calibration_error(softmax(scores * 3), classes) > 0.1


def test_the_calibration_error_is_the_gap_between_confidence_and_accuracy():
    probabilities = np.array([[0.85, 0.15]] * 4 + [[0.35, 0.65]] * 4)
    classes = np.array([0, 0, 0, 1, 1, 1, 0, 0])
    assert expected_calibration_error(probabilities, classes) == pytest.approx((0.10 + 0.15) / 2)
