"""Images whose classes can be seen, and a study of seconds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from livercad.papers.qi2019.frozen import compare
from livercad.papers.qi2019.frozen.results import Results as Compared
from livercad.papers.qi2019.reproduce import reproduce
from livercad.papers.qi2019.results import Results
from livercad.papers.qi2019.settings import (
    ChengSettings,
    HanSettings,
    NetworkSettings,
    Settings,
    TrainingSettings,
)
from random_backbone import random_backbone
from ultrasound_files import sector

KINDS = ("benign", "malignant", "normal")
PATIENTS, VIEWS = 18, 2


def write_breast_images(folder: Path) -> Path:
    """Images of 18 patients, two each: a dark disc is benign, a bright one malignant, none normal."""
    lines = ["case,image,center_x,center_y,diameter,class"]
    for patient in range(PATIENTS):
        kind = KINDS[patient % 3]
        for view in range(VIEWS):
            grey = sector(10 * patient + view, (80, 104))
            rows, columns = np.indices(grey.shape)
            x, y = 44 + 8 * view, 40 + patient % 5
            if kind != "normal":
                disc = (rows - y) ** 2 + (columns - x) ** 2 <= 14**2
                grey = np.where(disc, 20 if kind == "benign" else 235, grey).astype(np.uint8)
            name = f"{patient:02}-{view}.png"
            folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(grey).save(folder / name)
            place = f"{x},{y},28" if kind != "normal" else ",,"
            lines.append(f"p{patient},{name},{place},{kind}")
    (folder / "annotations.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def qi_settings() -> Settings:
    return Settings(
        networks=NetworkSettings(side=107, divisor=16, shallow=20),
        training=TrainingSettings(epochs=1, batch=12),
        han=HanSettings(side=64, divisor=8),
        cheng=ChengSettings(side=12, layers=(20, 8), pretraining_epochs=3, epochs=4),
        crops=2,
    )


@pytest.fixture(scope="session")
def breast_images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_breast_images(tmp_path_factory.mktemp("breast") / "images")


@pytest.fixture(scope="session")
def qi_study(
    tmp_path_factory: pytest.TempPathFactory, breast_images: Path, qi_settings: Settings
) -> tuple[Path, Results]:
    """The folder of a small study, and its results."""
    output = tmp_path_factory.mktemp("qi")
    return output, reproduce(output, qi_settings, data=breast_images, workers=1)


@pytest.fixture(scope="session")
def compared(breast_images: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Compared]:
    """The folder of a comparison by frozen features of a network that has learnt nothing, and its results."""
    output = tmp_path_factory.mktemp("views")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compare, "SIDE", 64)
        patch.setattr(compare, "load_backbone", random_backbone)
        return output, compare.compare_views(breast_images, "random", output)
