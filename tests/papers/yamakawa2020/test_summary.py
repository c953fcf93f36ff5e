"""From answers to numbers, against counts by hand and scikit-learn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from livercad.papers.yamakawa2020.answers import Answers, averaged, case_labels
from livercad.papers.yamakawa2020.dataset import Dataset, read_dataset
from livercad.papers.yamakawa2020.published import accuracy_in_cases
from livercad.papers.yamakawa2020.results import Interval
from livercad.papers.yamakawa2020.summary import best_ratio, dice, overlap_of, scores_of, verdict_of


@pytest.fixture(scope="module")
def dataset(discs: Path) -> Dataset:
    return read_dataset(discs)


def answers_of(dataset: Dataset, seed: int, ratio: float | None = None) -> Answers:
    first = np.random.default_rng(seed).uniform(0, 1, len(dataset.images))
    return Answers(dataset, np.column_stack([first, 1 - first]), f"{seed}", ratio)


def test_scores_are_those_of_hand_and_of_scikit_learn(dataset: Dataset) -> None:
    answers, reference = answers_of(dataset, 1, 0.3), answers_of(dataset, 2, 0.6)
    scores = scores_of(answers, reference)
    truth, means, before = [], [], []
    for case in range(len(dataset.case_names)):
        own = np.flatnonzero(dataset.cases == case)
        truth.append(dataset.labels[own[0]])
        means.append(np.mean([answers.probabilities[n] for n in own], axis=0))
        before.append(np.mean([reference.probabilities[n] for n in own], axis=0))
    right = np.array([mean.argmax() == label for mean, label in zip(means, truth, strict=True)])
    right_before = np.array([mean.argmax() == label for mean, label in zip(before, truth, strict=True)])
    assert scores.cases.value == pytest.approx(right.mean())
    assert scores.cases.low is not None and scores.cases.low < right.mean()
    assert scores.by_class["malignant"].value == pytest.approx(right[np.array(truth) == 1].mean())
    assert scores.auc and scores.auc.value == pytest.approx(roc_auc_score(truth, [mean[1] for mean in means]))
    before_auc = roc_auc_score(truth, [mean[1] for mean in before])
    assert scores.auc_difference and scores.auc_difference.value == pytest.approx(scores.auc.value - before_auc)
    assert scores.auc_difference.low is not None and scores.auc_difference.low < scores.auc_difference.value
    assert scores.difference.value == pytest.approx(right.mean() - right_before.mean())
    assert np.trace(scores.confusion) == right.sum() and np.sum(scores.confusion) == 12
    both = len(set(np.flatnonzero(right)) & set(np.flatnonzero(right_before)))
    assert scores.dice == pytest.approx(2 * both / (right.sum() + right_before.sum()))
    assert scores_of(reference, reference).difference.value == 0
    assert scores_of(reference, reference).dice == 1


def test_an_average_of_networks_is_the_mean_of_their_probabilities(dataset: Dataset) -> None:
    each = [answers_of(dataset, seed) for seed in (1, 2, 3)]
    both = averaged(each, "all")
    np.testing.assert_allclose(both.probabilities.sum(axis=1), 1)
    np.testing.assert_allclose(both.probabilities[4], sum(answers.probabilities[4] for answers in each) / 3)
    assert both.of_cases.shape == (len(case_labels(dataset)), 2)


def test_sets_of_correct_cases_are_counted(dataset: Dataset) -> None:
    a, b, c = (np.array([bool(int(sign)) for sign in signs]) for signs in ("111000", "110100", "100010"))
    assert dice(a, b) == pytest.approx(2 * 2 / 6)
    assert dice(~a & a, ~b & b) == 1
    told = overlap_of((0.2, 0.6, 1.0), (a, b, c), b, list("pqrstu"))
    assert told.regions == {
        "": 1, "0.2": 1, "0.6": 1, "1": 1, "0.2+0.6": 1, "0.2+1": 0, "0.6+1": 0, "0.2+0.6+1": 1,
    }  # fmt: skip
    assert told.union.value == pytest.approx(5 / 6)
    assert told.gain.value == pytest.approx(5 / 6 - 3 / 6)


def test_the_best_ratio_has_its_equals_and_an_interval_over_patients() -> None:
    people = [str(n) for n in range(40)]
    low, high = np.arange(40) < 20, np.arange(40) < 30
    best = best_ratio((0.2, 0.6, 0.7, 1.0), (low, high, high, low), people)
    assert best.ratios == [0.6, 0.7] and best.accuracy == 0.75
    assert (best.low, best.high) == (0.6, 0.7)  # equally good in every draw
    other = np.arange(40) >= 11
    best = best_ratio((0.2, 0.6), (high, other), people)
    assert best.ratios == [0.2] and (best.low, best.high) == (0.2, 0.6)
    assert best_ratio((0.2, 0.6), (high[:4], other[:4]), people[:4]).low is None  # too few to be drawn


def test_the_verdict_says_whether_both_sides_fall(dataset: Dataset) -> None:
    plain = scores_of(answers_of(dataset, 1), answers_of(dataset, 1))

    def at(ratio: float, difference: float, high: float) -> object:
        number = Interval(value=difference, low=difference - 0.02, high=high, n=12)
        return plain.model_copy(update={"ratio": ratio, "difference": number})

    sweep = [at(0.1, -0.1, -0.05), at(0.6, 0.0, 0.0), at(1.1, -0.03, 0.01)]
    people = ["a", "b", "c"]
    inside = best_ratio((0.6,), (np.array([True, True, False]),), people)
    told = verdict_of(sweep, inside, 0.6)
    assert "within 0.4 to 0.8; the paper has it at 0.5 and 0.6" in told
    assert "smallest ratio, 0.1, it is −0.100 (−0.120 to −0.050) against 0.6: lower by more than chance" in told
    assert "largest ratio, 1.1" in told and told.endswith("not lower by more than chance.")
    outside = best_ratio((1.1,), (np.array([True, True, False]),), people)
    assert "outside 0.4 to 0.8" in verdict_of(sweep, outside, 0.6)


def test_the_paper_s_figure_5_follows_from_its_table_2() -> None:
    # 156 of 159 cysts, 59 of 68 hemangiomas, 63 of 73 carcinomas, 7 of 24 metastases.
    assert accuracy_in_cases(0.6) == pytest.approx((156 + 59 + 63 + 7) / 324)
    best = sorted((accuracy_in_cases(n / 10) for n in range(1, 12)), reverse=True)
    assert {accuracy_in_cases(0.5), accuracy_in_cases(0.6)} == set(best[:2])  # as section 3.1 says of Figure 5
    assert best[0] - best[-1] == pytest.approx(0.06, abs=0.005)  # "only changed by approximately 6%"
