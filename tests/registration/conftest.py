"""A small patient in three breath-holds."""

from __future__ import annotations

import numpy as np
import pytest

from livercad.core.geometry import transform_points
from livercad.core.phases import Phase
from livercad.core.taxonomy import LesionType
from livercad.phantom.studies import CTStudy, make_ct_study
from livercad.registration.align import Aligned, align


@pytest.fixture(scope="session")
def patient() -> CTStudy:
    """The liver lies some 12 mm lower in the arterial and unenhanced phases; the latter has slices of 10 mm."""
    return make_ct_study(
        5,
        phases=(Phase.UNENHANCED, Phase.ARTERIAL, Phase.PORTAL),
        shape=(96, 96, 56),
        spacing=(3.9, 3.9, 4.0),
        lesions=[(LesionType.HCC, 45.0), (LesionType.CYST, 30.0)],
        orientation="LPS",
        breathing_mm=24,
        slice_mm={Phase.UNENHANCED: 10.0},
    )


@pytest.fixture(scope="session")
def liver_points(patient: CTStudy) -> np.ndarray:
    """Points of the reference phase's liver, RAS mm."""
    return transform_points(np.argwhere(patient.liver.array)[::20], patient.liver.affine)


@pytest.fixture(scope="session", params=(Phase.UNENHANCED, Phase.ARTERIAL))
def phase(request: pytest.FixtureRequest) -> Phase:
    return request.param


@pytest.fixture(scope="session")
def aligned(patient: CTStudy, phase: Phase) -> Aligned:
    """A phase laid over the portal one."""
    return align(patient.images[phase], patient.livers[phase], patient.images[Phase.PORTAL], patient.liver)
