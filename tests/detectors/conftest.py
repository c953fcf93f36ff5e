"""A small liver with lesions, in several phases."""

from __future__ import annotations

import pytest

from livercad.core.phases import Phase
from livercad.core.volume import Volume
from livercad.detectors.scene import Scene
from two_lesions import make_liver


@pytest.fixture(scope="module")
def liver_case() -> tuple[dict[Phase, Volume], Volume, Volume]:
    """Images, liver, instances."""
    return make_liver()


@pytest.fixture(scope="module")
def scene(liver_case: tuple[dict[Phase, Volume], Volume, Volume]) -> Scene:
    """The same on the detector's grid."""
    images, liver, _ = liver_case
    return Scene.of(images, liver)
