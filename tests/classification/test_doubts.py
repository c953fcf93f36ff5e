"""Doubt about classes: the divergence between phases by its definition, and the classifier's own answers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.stats import entropy

from livercad.classification.classifier import LesionClassifier
from livercad.classification.doubts import ClassDoubt, divergence_bits
from livercad.core.phases import Phase
from livercad.core.taxonomy import LesionType
from livercad.phantom.excerpts import Excerpt, PhantomPatient
from livercad.settings import Settings

NOTHING = np.zeros(1, np.float32)


@pytest.fixture(scope="module")
def classifier() -> LesionClassifier:
    return LesionClassifier(Settings())


@pytest.fixture(scope="module")
def cyst() -> Excerpt:
    return PhantomPatient(104, 1).excerpt(0, LesionType.CYST, 28.0)


def lesion_of(excerpt: Excerpt, number: int = 3) -> Any:
    return SimpleNamespace(number=number, center=excerpt.center, diameter_mm=excerpt.diameter_mm)


def test_divergence_is_the_entropy_of_the_middle_less_the_mean_entropy() -> None:
    for one, other in np.random.default_rng(0).dirichlet(np.ones(6), (20, 2)):
        expected = entropy((one + other) / 2, base=2) - (entropy(one, base=2) + entropy(other, base=2)) / 2
        assert divergence_bits(one, other) == pytest.approx(expected, abs=1e-9)
        assert divergence_bits(one, one) == 0
    assert divergence_bits([1, 0], [0, 1]) == pytest.approx(1)


@pytest.mark.parametrize(
    ("margin", "divergence", "value"), [(1, 0, 0), (0, 0, 1), (0, 1, 1), (1, 1, 1), (0.5, 0, 0.5), (0.8, 0.25, 0.4)]
)
def test_disagreement_of_phases_and_a_small_margin_both_raise_doubt(
    margin: float, divergence: float, value: float
) -> None:
    assert ClassDoubt(margin, divergence, NOTHING).value == pytest.approx(value)


def test_doubts_are_about_the_probabilities_that_the_classifier_gives(
    classifier: LesionClassifier, cyst: Excerpt
) -> None:
    def probabilities(phases: tuple[Phase, ...]) -> np.ndarray:
        found = classifier({phase: cyst.images[phase] for phase in phases}, [lesion_of(cyst)])[3].classification
        return np.array(list(found.probabilities.values()))

    (doubt,) = classifier.doubts(cyst.images, [lesion_of(cyst)]).values()
    fused = probabilities(tuple(cyst.images))
    alone = [divergence_bits(probabilities((phase,)), fused) for phase in cyst.images]
    assert len(alone) == 4
    second, first = np.sort(fused)[-2:]
    assert doubt.margin == pytest.approx(first - second, abs=1e-5)
    assert doubt.divergence == pytest.approx(np.mean(alone), abs=1e-5)
    assert doubt.features.std() > 0


def test_one_phase_alone_cannot_disagree(classifier: LesionClassifier, cyst: Excerpt) -> None:
    (doubt,) = classifier.doubts({Phase.PORTAL: cyst.images[Phase.PORTAL]}, [lesion_of(cyst)]).values()
    assert doubt.divergence == 0 and 0 < doubt.margin <= 1


def test_phases_of_different_lesions_disagree_more(classifier: LesionClassifier, cyst: Excerpt) -> None:
    metastasis = PhantomPatient(104, 1).excerpt(0, LesionType.HEMANGIOMA, 28.0)
    mixed = {**cyst.images, Phase.ARTERIAL: metastasis.images[Phase.ARTERIAL]}
    doubts = [classifier.doubts(images, [lesion_of(cyst)])[3] for images in (cyst.images, mixed)]
    assert doubts[0].value < doubts[1].value


def test_a_lesion_that_no_phase_shows_is_left_out(classifier: LesionClassifier, cyst: Excerpt) -> None:
    far = SimpleNamespace(number=4, center=(1e4, 0.0, 0.0), diameter_mm=20.0)
    assert set(classifier.doubts(cyst.images, [lesion_of(cyst), far])) == {3}
