"""Two small patients, made once."""

from __future__ import annotations

import pytest

from livercad.core.phases import Phase
from livercad.core.taxonomy import LesionType
from livercad.phantom.studies import CTStudy, make_ct_study

SHAPE, SPACING = (88, 88, 48), (4.2, 4.2, 5.0)


@pytest.fixture(scope="session")
def study() -> CTStudy:
    """A patient with one lesion of some types, in all phases of one breath-hold, axes along R, A, S."""
    wanted = [
        (LesionType.HCC, 45.0),
        (LesionType.METASTASIS, 38.0),
        (LesionType.HEMANGIOMA, 34.0),
        (LesionType.CYST, 28.0),
    ]
    return make_ct_study(
        11,
        case="all",
        phases=tuple(Phase),
        shape=SHAPE,
        spacing=SPACING,
        lesions=wanted,
        orientation="RAS",
        breathing_mm=0,
    )


@pytest.fixture(scope="session", params=(2, 3))
def patient(request: pytest.FixtureRequest) -> CTStudy:
    """Patients as they are drawn, axes along R, A, S."""
    return make_ct_study(request.param, shape=SHAPE, spacing=SPACING, orientation="RAS")
