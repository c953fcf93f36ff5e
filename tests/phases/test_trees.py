"""Exported trees against scikit-learn, which grew them."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from livercad.phases.classifier import PhaseClassifier
from livercad.phases.training.boosting import export_trees, grow_trees
from livercad.phases.trees import Trees


@pytest.fixture(scope="module")
def examples() -> tuple[np.ndarray, np.ndarray]:
    """Four classes that depend on sums, products and on what is missing."""
    rng = np.random.default_rng(0)
    x = rng.normal(0, 50, (800, 6))
    y = 2 * (x[:, 0] + x[:, 1] > 0) + (x[:, 2] * x[:, 3] > 0)
    x[rng.random(x.shape) < 0.15] = np.nan
    return x, y


@pytest.fixture(scope="module")
def model(examples) -> HistGradientBoostingClassifier:
    return grow_trees(*examples, seed=1)


def test_the_exported_trees_score_as_scikit_learn_does(examples, model):
    features, _ = examples
    unseen = np.random.default_rng(1).normal(0, 60, (300, 6))
    unseen[np.random.default_rng(2).random(unseen.shape) < 0.3] = np.nan
    trees = Trees.from_tensors(export_trees(model).to_tensors())
    for x in (features, unseen, np.full((1, 6), np.nan)):
        np.testing.assert_allclose(trees.scores(x), model.decision_function(x), atol=1e-4)


def test_calibrated_probabilities_are_scikit_learns_at_temperature_1(examples, model):
    features, _ = examples
    classifier = PhaseClassifier(export_trees(model), 1.0, np.zeros(6), np.zeros(6))
    np.testing.assert_allclose(classifier.probabilities(features), model.predict_proba(features), atol=1e-4)


def test_a_higher_temperature_makes_probabilities_milder_and_leaves_their_order(examples, model):
    features, trees = examples[0], export_trees(model)
    sharp, mild = (PhaseClassifier(trees, t, np.zeros(6), np.zeros(6)).probabilities(features) for t in (1.0, 3.0))
    assert (mild.max(axis=1) < sharp.max(axis=1)).all()
    assert (mild.argmax(axis=1) == sharp.argmax(axis=1)).all()


def test_features_that_lie_far_outside_the_known_range_are_strange(model):
    classifier = PhaseClassifier(export_trees(model), 1.0, np.full(6, -100.0), np.full(6, 100.0))
    rows = np.array([[0.0] * 6, [124.0] * 6, [200.0, 0, 0, 0, np.nan, np.nan], [np.nan] * 6])
    assert classifier.strange(rows).tolist() == [0, 0, 0.25, 0]
