"""A study of seconds, and one that was done."""

from __future__ import annotations

from pathlib import Path

import pytest

from livercad.papers.shah2021.reproduce import reproduce
from livercad.papers.shah2021.results import Results
from livercad.papers.shah2021.settings import ImageSettings, LesionSettings, LiverSettings, Settings
from shah_patients import SimpleSource


@pytest.fixture(scope="session")
def shah_settings() -> Settings:
    narrow = (8, 8, 4, 4, 4, 8, 8)
    return Settings(
        images=ImageSettings(field_mm=160, pixels=40, lesion_images=4, liver_images=2, smallest_mm2=60),
        liver=LiverSettings(
            channels=(6, 6, 6), kernels=(5, 3, 3), dilations=(1, 2, 2), pixels=32, epochs=3, batch=8, learning_rate=1e-2
        ),
        lesions=LesionSettings(
            base="resnet18",
            stages=(1,),
            location=narrow,
            classification=narrow,
            pixels=32,
            epochs=3,
            batch=8,
            learning_rate=3e-3,
        ),
        patients=8,
    )


@pytest.fixture(scope="session")
def shah_study(tmp_path_factory: pytest.TempPathFactory, shah_settings: Settings) -> tuple[Path, Results]:
    """The folder of a small study, and its results."""
    output = tmp_path_factory.mktemp("shah")
    return output, reproduce(SimpleSource(), output, shah_settings, workers=1)
