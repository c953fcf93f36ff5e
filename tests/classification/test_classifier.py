from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from livercad.classification.classifier import LesionClassifier
from livercad.core.crops import PHASES, crops_of
from livercad.core.phases import Phase
from livercad.core.taxonomy import LesionClass, LesionType
from livercad.core.volume import Volume
from livercad.errors import Cancelled
from livercad.phantom.excerpts import Excerpt, PhantomPatient
from livercad.settings import Settings


@pytest.fixture(scope="module")
def classifier() -> LesionClassifier:
    return LesionClassifier(Settings())


@pytest.fixture(scope="module")
def cyst() -> Excerpt:
    return PhantomPatient(104, 1).excerpt(0, LesionType.CYST, 28.0)


def lesion_of(excerpt: Excerpt) -> Any:
    """As much of a Lesion as the classifier looks at."""
    return SimpleNamespace(number=3, center=excerpt.center, diameter_mm=excerpt.diameter_mm)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (LesionType.CYST, LesionClass.CYST),
        (LesionType.HEMANGIOMA, LesionClass.HEMANGIOMA),
        (LesionType.METASTASIS, LesionClass.METASTASIS),
    ],
)
def test_large_phantom_lesions_that_it_has_not_seen_are_told(
    classifier: LesionClassifier, kind: LesionType, expected: LesionClass
) -> None:
    excerpts = [PhantomPatient(104, n).excerpt(0, kind, 34.0) for n in (2, 3)]
    found = [classifier(one.images, [lesion_of(one)])[3].classification for one in excerpts]
    assert [one.label for one in found] == [expected] * 2
    assert all(one.is_malignant == expected.is_malignant for one in found)


@pytest.mark.parametrize("phases", [(Phase.PORTAL,), (Phase.ARTERIAL, Phase.DELAYED), tuple(Phase)])
def test_whatever_phases_there_are_will_do(
    classifier: LesionClassifier, cyst: Excerpt, phases: tuple[Phase, ...]
) -> None:
    found = classifier({phase: cyst.images[phase] for phase in phases}, [lesion_of(cyst)])[3]
    said = found.classification
    assert said.label is LesionClass.CYST and said.phases == phases
    assert sum(said.probabilities.values()) == pytest.approx(1)
    malignant = [p for name, p in said.probabilities.items() if LesionClass(name).is_malignant]
    assert said.malignancy == pytest.approx(sum(malignant))
    assert set(said.attention) == set(phases) and sum(said.attention.values()) == pytest.approx(1)
    assert set(found.view.crops) == set(found.view.saliency) == set(phases)
    seen, _ = crops_of(cyst.images, found.view.center, lesion_of(cyst).diameter_mm)
    assert all(np.array_equal(found.view.crops[phase], seen[PHASES.index(phase)]) for phase in phases)
    assert max(map_.max() for map_ in found.view.saliency.values()) == pytest.approx(1)


def test_the_order_of_the_axes_does_not_matter(classifier: LesionClassifier, cyst: Excerpt) -> None:
    def turned(volume: Volume) -> Volume:
        affine = volume.affine @ np.array([[0, -1, 0, volume.shape[0] - 1], [0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 0, 1]])
        return Volume(np.transpose(volume.array[::-1], (2, 0, 1)), affine)

    images = {phase: turned(image) for phase, image in cyst.images.items()}
    straight = classifier(cyst.images, [lesion_of(cyst)])[3].classification.probabilities
    assert classifier(images, [lesion_of(cyst)])[3].classification.probabilities == pytest.approx(straight, abs=1e-3)


def test_what_no_phantom_looks_like_is_unsure_and_says_why(classifier: LesionClassifier, cyst: Excerpt) -> None:
    rng = np.random.default_rng(0)
    images = {
        phase: image.like(rng.integers(-1000, 1500, image.shape).astype(np.int16))
        for phase, image in cyst.images.items()
    }
    said = classifier(images, [lesion_of(cyst)])[3].classification
    assert said.is_unsure and said.reason


def test_a_lesion_that_no_phase_shows_is_not_classified(classifier: LesionClassifier, cyst: Excerpt) -> None:
    far = SimpleNamespace(number=1, center=(1000.0, 0.0, 0.0), diameter_mm=20.0)
    assert classifier(cyst.images, [far]) == {}
    assert classifier({}, [lesion_of(cyst)]) == {}


def test_it_can_be_cancelled(classifier: LesionClassifier, cyst: Excerpt) -> None:
    def stop(done: float, total: float, what: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        classifier(cyst.images, [lesion_of(cyst)], stop)


def test_a_speck_is_unsure_however_probable_its_class(classifier: LesionClassifier, cyst: Excerpt) -> None:
    speck = SimpleNamespace(number=1, center=cyst.center, diameter_mm=9.0)
    said = classifier(cyst.images, [speck])[1].classification
    assert said.is_unsure and "smaller than 10 mm" in said.reason
