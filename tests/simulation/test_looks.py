from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import jensenshannon

from livercad.simulation.looks import disagreement, entropy, narrowness


def test_entropy_is_scipy_s_over_that_of_even_odds() -> None:
    p = np.random.default_rng(0).dirichlet(np.ones(5), 20)
    assert entropy(p) == pytest.approx(stats.entropy(p, axis=1) / np.log(5))
    assert entropy(np.array([[0.2] * 5, [1, 0, 0, 0, 0]])) == pytest.approx([1, 0], abs=1e-6)


def test_narrowness_is_one_where_the_first_two_are_alike() -> None:
    assert narrowness(np.array([[0.5, 0.5, 0], [1, 0, 0], [0.2, 0.1, 0.7]])) == pytest.approx([1, 0, 0.5])


def test_disagreement_of_two_is_the_jensen_shannon_divergence() -> None:
    p, q = np.random.default_rng(1).dirichlet(np.ones(4), (2, 9))
    assert disagreement(np.stack([p, q])) == pytest.approx(jensenshannon(p, q, axis=1) ** 2 / np.log(4))
    assert disagreement(np.stack([p, p])) == pytest.approx(0, abs=1e-7)
