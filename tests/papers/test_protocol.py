"""The paper's own numbers, and where what it leaves open must come out at them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from livercad.core.taxonomy import YASAKA_CATEGORY_OF, YasakaCategory
from livercad.papers.choices import concerning
from livercad.papers.yasaka2018 import published
from livercad.papers.yasaka2018.datasets import paper_scanners_p
from livercad.papers.yasaka2018.fixed import FIXED_CHOICES
from livercad.papers.yasaka2018.phantoms import PhantomSource
from livercad.papers.yasaka2018.settings import AugmentationSettings, Model, TrainingSettings
from livercad.papers.yasaka2018.sources import LabelledLesion, Part, Patient, check_split
from livercad.papers.yasaka2018.training import new_network

SOURCE = PhantomSource()


def test_one_image_set_becomes_52_and_the_papers_1068_become_55536() -> None:
    assert AugmentationSettings().factor == 52
    assert sum(published.TRAINING_SETS.values()) * AugmentationSettings().factor == 55_536


def test_the_paper_s_types_add_up_to_its_categories() -> None:
    for types, totals in (
        (published.TRAINING_TYPES, published.TRAINING_SETS),
        (published.TEST_TYPES, published.TEST_LESIONS),
    ):
        assert {category: sum(kinds.values()) for category, kinds in types.items()} == totals
        assert all(YASAKA_CATEGORY_OF[kind] is category for category, kinds in types.items() for kind in kinds)


def test_the_paper_s_median_accuracy_is_near_the_sum_of_its_sensitivities() -> None:
    """Medians need not come from one training, so that they agree to a few of 100 lesions only."""
    for model in Model:
        hits = sum(row.hits or 0 for name, row in published.SENSITIVITY[model].items() if len(name) == 1)
        assert hits / 100 == pytest.approx(published.TEST_ACCURACY[model].median, abs=0.03)
        assert [round(row.hits / row.n, 2) for row in published.SENSITIVITY[model].values()] == [
            row.median for row in published.SENSITIVITY[model].values()
        ]


def test_phantoms_come_in_the_numbers_of_the_paper() -> None:
    counts = Counter({(part, category): 0 for part in Part for category in YasakaCategory})
    for patient in SOURCE.patients:
        for lesion in patient.lesions:
            counts[patient.part, lesion.category] += lesion.positions
    assert {category: counts[Part.TRAINING, category] for category in YasakaCategory} == published.TRAINING_SETS
    assert {category: counts[Part.TEST, category] for category in YasakaCategory} == published.TEST_LESIONS
    training = [patient for patient in SOURCE.patients if patient.part is Part.TRAINING]
    assert len(training) == pytest.approx(published.TRAINING_PATIENTS, abs=2)
    assert max(len(patient.lesions) for patient in training) <= 7
    assert max(lesion.positions for patient in training for lesion in patient.lesions) <= 5
    hypervascular = [patient.lesions[0].hypervascular for patient in SOURCE.patients if patient.part is Part.TEST]
    assert (hypervascular.count(True), hypervascular.count(False)) == (21, 14)


@pytest.mark.parametrize("sets", [50, 120, 333])
def test_fewer_sets_keep_the_proportions(sets: int) -> None:
    patients = [patient for patient in PhantomSource(sets=sets).patients if patient.part is Part.TRAINING]
    counts: Counter[YasakaCategory] = Counter()
    for patient in patients:
        for lesion in patient.lesions:
            counts[lesion.category] += lesion.positions
    assert counts.total() == sets
    for category, count in published.TRAINING_SETS.items():
        assert counts[category] == pytest.approx(count * sets / 1068, abs=3)


def test_no_phantom_patient_is_in_training_and_in_test() -> None:
    check_split(SOURCE.patients)


def test_a_patient_in_training_and_in_test_is_refused() -> None:
    patient = Patient("one", Part.TRAINING, (LabelledLesion(1, YasakaCategory.A),), person="p")
    with pytest.raises(ValueError, match="in training and in test"):
        check_split([patient, replace(patient, name="other", part=Part.TEST)])
    with pytest.raises(ValueError, match="more than one lesion"):
        check_split([replace(patient, part=Part.TEST, lesions=patient.lesions * 2)])


@pytest.mark.parametrize("model", Model)
def test_the_network_has_six_convolutions_three_poolings_and_three_connected_layers(model: Model) -> None:
    import torch
    from torch import nn

    network = new_network(model, TrainingSettings(), 70)
    layers = Counter(type(layer) for layer in network.modules())
    assert (layers[nn.Conv2d], layers[nn.MaxPool2d], layers[nn.Linear]) == (6, 3, 3)
    kinds = [type(layer) for layer in network.convolutions if not isinstance(layer, nn.ReLU)]
    assert kinds == [nn.Conv2d, nn.Conv2d, nn.MaxPool2d] * 3
    assert network(torch.zeros(2, len(model.phases), 70, 70)).shape == (2, 5)


def test_scores_order_categories_by_relevance() -> None:
    assert [published.RELEVANCE[category] for category in YasakaCategory] == [4, 4, 3, 2, 1]
    assert np.sum([counts for counts in published.SCANNERS.values()]) == 100


def test_the_paper_s_sizes_by_category_add_up_to_that_of_all() -> None:
    sizes, counts = published.TEST_DIAMETER_MM, published.TEST_LESIONS
    n = [counts[category] for category in YasakaCategory]
    means, sds = ([getattr(sizes[c], name) for c in YasakaCategory] for name in ("mean_mm", "sd_mm"))
    mean = np.average(means, weights=n)
    assert mean == pytest.approx(published.ALL_TEST_DIAMETER_MM.mean_mm, abs=0.05)
    squares = sum((k - 1) * sd**2 + k * (own - mean) ** 2 for k, own, sd in zip(n, means, sds, strict=True))
    assert np.sqrt(squares / (sum(n) - 1)) == pytest.approx(published.ALL_TEST_DIAMETER_MM.sd_mm, abs=0.05)


def test_the_paper_s_misdiagnoses_are_no_more_than_its_misses() -> None:
    for each in published.MISDIAGNOSES:
        row = published.SENSITIVITY[each.model][each.row]
        assert (each.n, each.ratio) == (row.n, round(each.hits / each.n, 2))
        assert each.hits <= row.n - row.hits


def test_fisher_s_test_gives_the_paper_s_p_on_its_scanners() -> None:
    assert {category: sum(counts) for category, counts in published.SCANNERS.items()} == published.TEST_LESIONS
    assert round(paper_scanners_p(), 3) == published.SCANNERS_P


def test_every_decision_that_no_setting_changes_stands_in_the_manual() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "yasaka2018.md").read_text(encoding="utf-8")
    for choice in FIXED_CHOICES:
        assert f"| {choice.name} | {choice.value} | {choice.reason} |" in manual
    assert {choice.of_phantoms for choice in concerning(FIXED_CHOICES, False)} == {None, False}
    assert {choice.of_phantoms for choice in concerning(FIXED_CHOICES, True)} == {None, True}
