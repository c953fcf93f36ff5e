"""A folder of ultrasound images of seconds: discs, bright or dark, on speckle; and a study of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from livercad.core.circle import Circle
from livercad.papers.yamakawa2020.settings import PAPER, Settings
from livercad.studies.ultrasound.rows import TABLE, Row, write_annotations

SHAPE = (96, 128)


def disc(circle: Circle, inside: float, outside: float, shape: tuple[int, int] = SHAPE) -> npt.NDArray[np.float64]:
    """A disc of one grey on another, shape (rows, columns)."""
    rows, columns = np.indices(shape)
    near = np.hypot(columns - circle.center[0], rows - circle.center[1]) <= circle.diameter / 2
    return np.where(near, inside, outside)


def write_discs(folder: Path, kinds: Sequence[str] = ("benign", "malignant"), cases: int = 6) -> Path:
    """Write cases of each class: the first are brighter inside, the second darker; every other case has two images."""
    rng = np.random.default_rng(0)
    rows = []
    for n in range(cases * len(kinds)):
        kind = n % len(kinds)
        for view in range(1 + n // len(kinds) % 2):
            circle = Circle((float(rng.uniform(40, 90)), float(rng.uniform(35, 60))), float(rng.uniform(16, 26)))
            grey = disc(circle, (200, 40, 120, 10)[kind], 120) * rng.rayleigh(0.8, SHAPE)
            name = f"images/{n:02d}-{view}.png"
            (folder / "images").mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8)).save(folder / name)
            rows.append(Row(f"case-{n:02d}", name, kind=kinds[kind], circle=circle))
    write_annotations(folder / TABLE, rows)
    return folder


def small_settings() -> Settings:
    """Trainings of a second."""
    return PAPER.changed(
        {
            "crops": {"ratios": (0.3, 0.6, 1.0), "pixels": 16, "smallest": 16},
            "network": {"channels": (4, 8), "convolutions": 1, "units": (8,)},
            "training": {"epochs": (2, 3), "starts": 2, "versions": 3, "learning_rate": 0.01},
            "study": {"folds": 3, "scales": (0.3, 0.6, 1.0), "off_centre": ((0.6, 0.15),)},
        }
    )
