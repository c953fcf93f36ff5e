import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from livercad.evaluation.roc import roc_curve


def test_the_area_is_the_share_of_pairs_in_order_with_ties_counted_half() -> None:
    rng = np.random.default_rng(0)
    truth = rng.random(60) < 0.4
    scores = np.round(rng.normal(0, 1, 60) + truth, 0)
    pairs = mannwhitneyu(scores[truth], scores[~truth]).statistic / (truth.sum() * (~truth).sum())
    assert roc_curve(truth, scores).auc == pytest.approx(pairs)


def test_four_scores_give_a_curve_of_five_points_from_corner_to_corner() -> None:
    curve = roc_curve([True, True, False, False, False], [4, 3, 3, 2, 1])
    assert curve.false_positive_rate == pytest.approx((0, 0, 1 / 3, 2 / 3, 1))
    assert curve.true_positive_rate == pytest.approx((0, 0.5, 1, 1, 1))


def test_a_curve_needs_both_kinds() -> None:
    with pytest.raises(ValueError, match="positives and negatives"):
        roc_curve([True, True], [1, 2])
