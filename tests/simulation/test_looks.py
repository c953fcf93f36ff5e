from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from livercad.simulation.looks import entropy, margin


def test_entropy_is_scipy_s_over_that_of_even_odds() -> None:
    p = np.random.default_rng(0).dirichlet(np.ones(5), 20)
    assert entropy(p) == pytest.approx(stats.entropy(p, axis=1) / np.log(5))
    assert entropy(np.array([[0.2] * 5, [1, 0, 0, 0, 0]])) == pytest.approx([1, 0], abs=1e-6)


def test_the_margin_is_nothing_where_the_first_two_are_alike() -> None:
    assert margin(np.array([[0.5, 0.5, 0], [1, 0, 0], [0.2, 0.1, 0.7]])) == pytest.approx([0, 1, 0.5])
