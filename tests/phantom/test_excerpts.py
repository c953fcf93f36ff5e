from __future__ import annotations

import numpy as np
import pytest

from livercad.core.phases import Phase
from livercad.core.roi import axial_squares
from livercad.core.taxonomy import LesionType
from livercad.phantom import excerpts
from livercad.phantom.excerpts import Excerpt, PhantomPatient


@pytest.fixture(scope="module")
def patient() -> PhantomPatient:
    return PhantomPatient(5, 1)


@pytest.fixture(scope="module")
def hcc(patient: PhantomPatient) -> Excerpt:
    return patient.excerpt(0, LesionType.HCC, 26.0)


def test_the_lesion_lies_in_the_middle_of_every_phase(hcc: Excerpt) -> None:
    mask = axial_squares(hcc.lesion, hcc.center, 60, 60, outside=0)[0]
    assert mask[28:32, 28:32].all() and not mask[:10].any()
    for image in hcc.images.values():
        assert (axial_squares(image, hcc.center, 60, 60)[0] > -1024).all()


def test_a_carcinoma_is_brighter_than_liver_in_the_arterial_phase_and_darker_in_the_delayed(hcc: Excerpt) -> None:
    def contrast(phase: Phase) -> float:
        square = axial_squares(hcc.images[phase], hcc.center, 60, 60)[0]
        inside = axial_squares(hcc.lesion, hcc.center, 60, 60, outside=0)[0] > 0.99
        liver = (axial_squares(hcc.liver, hcc.center, 60, 60, outside=0)[0] > 0.99) & ~inside
        return float(np.median(square[inside]) - np.median(square[liver]))

    assert contrast(Phase.ARTERIAL) > 8 > -5 > contrast(Phase.DELAYED)


def test_slices_are_thicker_without_contrast_medium(hcc: Excerpt) -> None:
    spacing = {phase: image.spacing[2] for phase, image in hcc.images.items()}
    assert spacing == pytest.approx({**dict.fromkeys(Phase, 2.5), Phase.UNENHANCED: 5.0})


def test_the_same_seed_makes_the_same_excerpt_in_whatever_order(hcc: Excerpt) -> None:
    fresh = PhantomPatient(5, 1)
    fresh.excerpt(3, LesionType.CYST, 12.0, phases=(Phase.PORTAL,))
    again = fresh.excerpt(0, LesionType.HCC, 26.0, phases=(Phase.ARTERIAL,))
    assert np.array_equal(again.images[Phase.ARTERIAL].array, hcc.images[Phase.ARTERIAL].array)
    assert again.center == hcc.center


def test_another_number_lies_elsewhere_in_the_same_patient(patient: PhantomPatient, hcc: Excerpt) -> None:
    other = patient.excerpt(1, LesionType.HCC, 26.0, phases=(Phase.PORTAL,))
    assert other.patient == hcc.patient
    assert np.linalg.norm(np.subtract(other.center, hcc.center)) > 5


def test_a_lesion_that_no_liver_holds_is_refused(patient: PhantomPatient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excerpts, "TRIES", 1)
    with pytest.raises(RuntimeError, match="no place"):
        patient.excerpt(0, LesionType.CYST, 400.0)
