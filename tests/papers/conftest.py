"""A study of seconds, and one that was done."""

from __future__ import annotations

from pathlib import Path

import pytest

from lesion_balls import BallSource
from livercad.papers.yasaka2018.reproduce import reproduce
from livercad.papers.yasaka2018.results import Results
from livercad.papers.yasaka2018.settings import AugmentationSettings, CaptureSettings, Settings, TrainingSettings


@pytest.fixture(scope="session")
def small_settings() -> Settings:
    return Settings(
        capture=CaptureSettings(pixels=24, ratio=(0.5, 0.5)),
        augmentation=AugmentationSettings(quarter_turns=(0, 1), enlargements=(1.3,), noise_sd=(4.0,)),
        training=TrainingSettings(
            channels=(4, 8, 8), units=(16, 8), dropout=0.1, passes=1, fewest_steps=4, batch=16, checked=20
        ),
        runs=2,
    )


@pytest.fixture(scope="session")
def reproduction(tmp_path_factory: pytest.TempPathFactory, small_settings: Settings) -> tuple[Path, Results]:
    """The folder of a small study, and its results."""
    output = tmp_path_factory.mktemp("yasaka")
    return output, reproduce(BallSource(scanners=True), output, small_settings, workers=1)
