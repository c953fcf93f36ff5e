"""Equation 6 and its intervals, against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, fbeta_score, precision_score, recall_score, roc_auc_score

from livercad.papers.qi2019 import published
from livercad.papers.qi2019.criteria import Counts, area, draws_of
from livercad.papers.qi2019.methods import Method
from livercad.papers.qi2019.splits import Side

RNG = np.random.default_rng(0)
TRUTH = RNG.integers(2, size=40)
TOLD = np.round(np.clip(0.3 * TRUTH + RNG.random(40) * 0.8, 0, 1), 1)
OFTEN = RNG.integers(4, size=40).astype(float)


@pytest.mark.parametrize("weights", [np.ones(40), OFTEN], ids=["once", "drawn"])
def test_criteria_are_those_of_scikit_learn(weights: np.ndarray) -> None:
    counts, called = Counts.of(TRUTH, TOLD, weights), TOLD >= 0.5
    given = {"sample_weight": weights}
    assert counts.accuracy == pytest.approx(accuracy_score(TRUTH, called, **given))
    assert counts.sensitivity == pytest.approx(recall_score(TRUTH, called, **given))
    assert counts.specificity == pytest.approx(recall_score(1 - TRUTH, ~called, **given))
    assert counts.precision == pytest.approx(precision_score(TRUTH, called, **given))
    assert counts.f_beta(2.0) == pytest.approx(fbeta_score(TRUTH, called, beta=2.0, **given))
    assert area(TRUTH, TOLD, weights) == pytest.approx(roc_auc_score(TRUTH, TOLD, **given))


def test_many_draws_at_once_are_each_as_if_alone() -> None:
    weights = np.stack([np.ones(40), OFTEN])
    assert area(TRUTH, TOLD, weights).tolist() == [area(TRUTH, TOLD, each) for each in weights]
    assert Counts.of(TRUTH, TOLD, weights).f_beta(2)[1] == Counts.of(TRUTH, TOLD, OFTEN).f_beta(2)


def test_what_is_not_defined_is_no_number_and_nothing_called_positive_scores_zero() -> None:
    nobody = Counts.of(np.array([1, 0]), np.array([0.1, 0.2]), np.ones(2))
    assert np.isnan(nobody.precision) and nobody.f_beta(2.0) == 0
    assert np.isnan(area(np.array([0, 0]), np.array([0.1, 0.2]), np.ones(2)))


def test_a_draw_takes_all_images_of_a_patient_or_none() -> None:
    draws = draws_of([7, 7, 3, 9, 3], seed=1)
    assert (draws[:, 0] == draws[:, 1]).all() and (draws[:, 2] == draws[:, 4]).all()
    assert ((draws[:, 0] + draws[:, 2] + draws[:, 3]) == 3).all()  # as many patients as there are
    assert len(np.unique(draws[:, 3])) > 2


def test_the_paper_s_f_scores_follow_from_its_sensitivities_and_specificities() -> None:
    """Of the numbers of images in the test (section 4.3, its shares of positives), to rounding."""
    for (question, side), rows in published.TABLES.items():
        positive = published.POSITIVE[question] / published.IMAGES
        for numbers in rows.values():
            tp, fp = numbers.sensitivity * positive, (1 - numbers.specificity) * (1 - positive)
            counts = Counts(np.array(tp), np.array(fp), np.array(positive - tp), np.array(1 - positive - fp))
            assert counts.f_beta(2.0) == pytest.approx(numbers.f_beta, abs=0.006), (question, side, numbers)


def test_figure_9_has_the_only_counts_that_come_to_the_paper_s_numbers() -> None:
    images = published.SIDES[Side.TEST]
    for question, counts in published.FIGURE_9.items():
        told = published.TABLES[question, Side.TEST][Method.REM]
        found = [
            (tp, yes - tp, images - yes - tn, tn)
            for yes in range(1, images)
            for tp in {round(told.sensitivity * yes)}
            for tn in {round(told.specificity * (images - yes))}
            if round(tp / yes, 4) == told.sensitivity
            and round(tn / (images - yes), 4) == told.specificity
            # The tables' digits are cut or rounded.
            and abs((tp + tn) / images - told.accuracy) < 1e-4
        ]
        assert found == [counts]
