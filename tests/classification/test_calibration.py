from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.spatial.distance import mahalanobis
from scipy.special import softmax

from livercad.classification.calibration import (
    HOTTEST,
    all_sets,
    calibrate,
    consistent_temperature,
    likeliest_temperature,
    place_of,
)
from livercad.evaluation.classes import expected_calibration_error


def lesions(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits whose softmax is the true distribution of the classes drawn from it."""
    rng = np.random.default_rng(seed)
    logits = 2 * rng.standard_normal((n, 4))
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return logits, np.array([rng.choice(4, p=row) for row in chances])


@pytest.mark.parametrize("temperature_of", [consistent_temperature, likeliest_temperature])
def test_the_temperature_undoes_what_made_the_logits_too_sure(temperature_of: Callable[..., float]) -> None:
    logits, classes = lesions(4000, 0)
    assert temperature_of(logits, classes) == pytest.approx(1, rel=0.1)
    assert temperature_of(3 * logits, classes) == pytest.approx(3, rel=0.1)


def test_labels_are_as_probable_on_average_as_they_are_right() -> None:
    logits, _ = lesions(500, 6)
    wrong = logits.argmax(axis=1)
    wrong[:100] = (wrong[:100] + 1) % 4
    temperature = consistent_temperature(logits, wrong)
    assert softmax(logits / temperature, axis=1).max(axis=1).mean() == pytest.approx(0.8, abs=0.001)


def test_a_few_lesions_all_of_them_right_do_not_make_the_classifier_sure_of_everything() -> None:
    logits, _ = lesions(10, 7)
    temperature = consistent_temperature(logits, logits.argmax(axis=1))
    assert softmax(logits / temperature, axis=1).max(axis=1).mean() == pytest.approx(10.5 / 11)
    assert likeliest_temperature(logits, logits.argmax(axis=1)) < temperature


def test_lesions_that_are_all_labelled_wrong_make_it_as_unsure_as_it_can_be() -> None:
    logits, _ = lesions(50, 8)
    assert consistent_temperature(logits, logits.argmin(axis=1)) == HOTTEST


def test_calibrated_probabilities_are_as_often_right_as_they_say() -> None:
    logits, classes = lesions(4000, 1)
    features = np.random.default_rng(2).standard_normal((4000, 3))
    fitted = calibrate((features, classes), [(4 * logits, features), (2 * logits, features)], classes)
    other, truth = lesions(4000, 3)
    before = np.exp(4 * other) / np.exp(4 * other).sum(axis=1, keepdims=True)
    assert expected_calibration_error(before, truth) > 0.15
    assert expected_calibration_error(fitted.probabilities(4 * other, [True, False]), truth) < 0.03
    assert expected_calibration_error(fitted.probabilities(2 * other, [False, True]), truth) < 0.03


def test_every_set_of_phases_has_its_place() -> None:
    assert [place_of(shown) for shown in all_sets(4)] == list(range(15))
    assert sorted(tuple(shown) for shown in all_sets(2)) == [(False, True), (True, False), (True, True)]


def test_the_distance_is_mahalanobis_to_the_nearest_class() -> None:
    rng = np.random.default_rng(4)
    classes = np.repeat([0, 1, 2], 200)
    features = rng.standard_normal((600, 5)) @ rng.standard_normal((5, 5)) + 6 * classes[:, None]
    fitted = calibrate((features, classes), [(rng.standard_normal((600, 3)), features)], classes)
    point = rng.standard_normal(5) + 3
    expected = min(mahalanobis(point, mean, fitted.precision) for mean in fitted.means)
    assert fitted.distances(point[None])[0] == pytest.approx(expected)


def test_one_in_a_hundred_held_out_lesions_is_far_and_what_is_alien_is_farther() -> None:
    rng = np.random.default_rng(5)
    features, classes = rng.standard_normal((2000, 6)), rng.integers(0, 3, 2000)
    fitted = calibrate((features[:1000], classes[:1000]), [(np.zeros((1000, 3)), features[1000:])], classes[1000:])
    assert (fitted.distances(features[1000:]) > fitted.far).mean() == pytest.approx(0.01, abs=0.002)
    assert (fitted.distances(features + 8) > fitted.far).all()
