"""Folds by case, accuracy in cases and images, and the network's shape."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from livercad.networks.yamakawa2020 import YamakawaNetwork
from livercad.papers.yamakawa2020.accuracy import Accuracy, accuracy_of, case_probabilities
from livercad.papers.yamakawa2020.folds import folds_of

TABLE_1 = {"cyst": 159, "hemangioma": 68, "hcc": 73, "metastasis": 24}
KINDS = [kind for kind, count in TABLE_1.items() for _ in range(count)]


def test_every_case_tests_once_and_validates_once_and_never_does_two_things() -> None:
    folds = folds_of(KINDS)
    assert len(folds) == 10
    for role in ("test", "validation"):
        assert sorted(np.concatenate([getattr(fold, role) for fold in folds])) == list(range(324))
    for fold in folds:
        assert sorted(np.concatenate([fold.training, fold.validation, fold.test])) == list(range(324))


def test_groups_have_about_as_many_cases_of_each_type() -> None:
    for fold in folds_of(KINDS, seed=5):
        for kind, count in TABLE_1.items():
            assert abs(sum(KINDS[case] == kind for case in fold.test) - count / 10) < 1


def test_another_seed_divides_otherwise_and_the_same_alike() -> None:
    first, again, other = (folds_of(KINDS, seed=seed)[0].test.tolist() for seed in (0, 0, 1))
    assert first == again != other


@pytest.mark.parametrize(("kinds", "count"), [(KINDS, 2), (KINDS, 25), (["cyst"] * 30 + ["hcc"] * 9, 10)])
def test_too_few_groups_or_cases_are_refused(kinds: list[str], count: int) -> None:
    with pytest.raises(ValueError, match="expected 3 groups or more"):
        folds_of(kinds, count)


def test_a_case_is_called_by_the_mean_over_its_images() -> None:
    # Two images weakly for type 1, one strongly for type 0: most images are called 1, the case 0.
    probabilities = np.array([[0.45, 0.55], [0.45, 0.55], [0.95, 0.05], [0.2, 0.8]])
    cases, truth = np.array([7, 7, 7, 3]), np.array([0, 0, 0, 1])
    names, averages = case_probabilities(probabilities, cases)
    assert names.tolist() == [3, 7]
    np.testing.assert_allclose(averages, [[0.2, 0.8], [1.85 / 3, 1.15 / 3]])
    assert accuracy_of(probabilities, cases, truth) == Accuracy(cases=1.0, images=0.5)


def test_networks_are_chosen_in_cases_first_then_in_images() -> None:
    assert max(Accuracy(0.9, 0.7), Accuracy(0.8, 0.99), Accuracy(0.9, 0.75)) == Accuracy(0.9, 0.75)


@pytest.mark.parametrize(("crops", "pixels"), [(1, 64), (3, 32)])
def test_the_network_takes_square_grey_images_of_one_or_more_scales(crops: int, pixels: int) -> None:
    network = YamakawaNetwork(crops, pixels, channels=(4, 8)).eval()
    assert network(torch.zeros(2, crops, pixels, pixels)).shape == (2, 4)
    convolutions = [layer for layer in network.modules() if isinstance(layer, torch.nn.Conv2d)]
    assert len(convolutions) == 4 and all(layer.kernel_size == (3, 3) for layer in convolutions)


def test_the_same_convolutions_look_at_each_scale_by_itself() -> None:
    torch.manual_seed(0)
    network = YamakawaNetwork(2, 32, channels=(4, 8)).eval()
    first, second = torch.randn(2, 3, 1, 32, 32)
    alone = [network.convolutions(each).flatten(1) for each in (first, second)]
    expected = network.decision(torch.cat(alone, dim=1))
    torch.testing.assert_close(network(torch.cat([first, second], dim=1)), expected)
