"""The shipped recogniser, and a phantom patient that no training has seen."""

from __future__ import annotations

import pytest

from livercad.core.phases import Phase
from livercad.phantom.studies import CTStudy, make_ct_study
from livercad.phases.recognize import PhaseRecognizer
from livercad.settings import Settings


@pytest.fixture(scope="session")
def recognizer() -> PhaseRecognizer:
    return PhaseRecognizer(Settings(device="cpu"))


@pytest.fixture(scope="session")
def patient() -> CTStudy:
    """Four phases on one coarse grid, of a seed that no training draws from."""
    grid = {"shape": (128, 112, 60), "spacing": (3.0, 3.0, 4.0), "orientation": "LPS"}
    return make_ct_study((7_000_001, 5), phases=tuple(Phase), breathing_mm=0.0, slice_mm={}, **grid)
