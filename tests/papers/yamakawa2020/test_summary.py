"""From answers to numbers, against counts by hand and scikit-learn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from livercad.papers.yamakawa2020.answers import Answers, averaged, averages, case_labels
from livercad.papers.yamakawa2020.dataset import Dataset, read_dataset
from livercad.papers.yamakawa2020.published import accuracy_in_cases
from livercad.papers.yamakawa2020.summary import best_ratio, dice, overlap_of, scores_of


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


def test_a_shift_is_compared_with_the_same_ratio_in_the_middle(dataset: Dataset) -> None:
    shifted, reference, centred = answers_of(dataset, 1, 0.4), answers_of(dataset, 2, 0.6), answers_of(dataset, 3, 0.4)
    scores = scores_of(shifted, reference, centred)
    assert scores.off_the_middle
    truth = [dataset.labels[dataset.cases == case][0] for case in range(len(dataset.case_names))]
    right, areas, images = [], [], []
    for answers in (shifted, centred):
        means = [answers.probabilities[dataset.cases == case].mean(axis=0) for case in range(len(truth))]
        right.append([mean.argmax() == label for mean, label in zip(means, truth, strict=True)])
        areas.append(roc_auc_score(truth, [mean[1] for mean in means]))
        images.append(answers.probabilities.argmax(axis=1) == dataset.labels)
    less = scores.off_the_middle
    assert less.cases.value == pytest.approx(np.mean(right[0]) - np.mean(right[1]))
    assert less.images.value == pytest.approx(images[0].mean() - images[1].mean())
    assert less.auc and less.auc.value == pytest.approx(areas[0] - areas[1])
    # Every case is of a patient of its own: to draw patients is to draw cases, with both answers to each.
    pairs = np.subtract(*np.array(right, dtype=float))
    draws = pairs[np.random.default_rng(1).integers(len(pairs), size=(20_000, len(pairs)))].mean(axis=1)
    assert (less.cases.low, less.cases.high) == pytest.approx(np.quantile(draws, (0.025, 0.975)), abs=0.03)
    assert less.cases.value != pytest.approx(scores.difference.value)
    assert scores_of(shifted, reference).off_the_middle is None
    assert scores_of(shifted, reference, reference).off_the_middle.cases == scores.difference


def test_an_average_of_networks_is_the_mean_of_their_probabilities(dataset: Dataset) -> None:
    each = [answers_of(dataset, seed) for seed in (1, 2, 3)]
    both = averaged(each, "all")
    np.testing.assert_allclose(both.probabilities.sum(axis=1), 1)
    np.testing.assert_allclose(both.probabilities[4], sum(answers.probabilities[4] for answers in each) / 3)
    assert both.of_cases.shape == (len(case_labels(dataset)), 2)


def test_the_average_of_all_networks_is_told_only_where_it_is_another(dataset: Dataset) -> None:
    sweep = {ratio: answers_of(dataset, seed, ratio) for seed, ratio in enumerate((0.2, 0.6, 1.0))}
    some, every = averages(sweep, (0.2, 1.0))
    assert (some.title, every.title) == ("average of the networks at 0.2, 1", "average of all 3 networks")
    np.testing.assert_allclose(some.probabilities, (sweep[0.2].probabilities + sweep[1.0].probabilities) / 2)
    np.testing.assert_allclose(every.probabilities, sum(each.probabilities for each in sweep.values()) / 3)
    (alone,) = averages(sweep, (1.0, 0.2, 0.6))
    assert alone.title == "average of the networks at 1, 0.2, 0.6"
    np.testing.assert_allclose(alone.probabilities, every.probabilities)


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


def test_the_paper_s_figure_5_follows_from_its_table_2() -> None:
    # 156 of 159 cysts, 59 of 68 hemangiomas, 63 of 73 carcinomas, 7 of 24 metastases.
    assert accuracy_in_cases(0.6) == pytest.approx((156 + 59 + 63 + 7) / 324)
    assert accuracy_in_cases(0.5) == pytest.approx((157 + 62 + 60 + 7) / 324)  # one case more
    best = sorted((accuracy_in_cases(n / 10) for n in range(1, 12)), reverse=True)
    assert {accuracy_in_cases(0.5), accuracy_in_cases(0.6)} == set(best[:2])  # as section 3.1 says of Figure 5
    assert best[0] - best[-1] == pytest.approx(0.06, abs=0.005)  # "only changed by approximately 6%"
