"""A DeepLesion folder of seconds: noise with a bright square in each slice."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from livercad.papers.aluko2018.settings import Settings
from livercad.studies.deeplesion.folder import COMPLETE, TABLE, write_table
from livercad.studies.deeplesion.rows import CoarseType, LesionRow, Part
from livercad.studies.deeplesion.slices import encode

SIZE = 64
KINDS = ("cyst", "hcc")
PARTS = (Part.TRAINING,) * 6 + (Part.VALIDATION,) * 2 + (Part.TEST,) * 6


def write_squares(folder: Path, parts: tuple[Part | None, ...] = PARTS) -> Path:
    """Write a slice for each patient, with one lesion that is annotated, and a faint one that is not."""
    rng = np.random.default_rng(0)
    rows, complete = [], []
    for patient, part in enumerate(parts, start=1):
        hu = rng.normal(50, 10, (3, SIZE, SIZE))
        x, y = (int(v) for v in rng.integers(8, 40, 2))
        side = int(rng.integers(10, 17))
        hu[:, y : y + side, x : x + side] = 200
        hu[:, 2:8, 2:8] = 100
        row = LesionRow(
            image=f"{patient:06d}_01_01_010",
            patient=patient,
            slice=10,
            box=(x, y, x + side, y + side),
            diameters_px=(float(side), float(side)),
            type=CoarseType.LIVER,
            spacing_mm=(1.0, 1.0, 5.0),
            size=(SIZE, SIZE),
            part=part,
            kind=KINDS[patient % 2],
        )
        rows.append(row)
        other = LesionRow(**{**row.__dict__, "box": (2.0, 2.0, 8.0, 8.0), "diameters_px": (6.0, 6.0)})
        complete += [row, other]
        for index, each in zip((9, 10, 11), hu, strict=True):
            path = folder / "Images_png" / row.series / f"{index:03d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            encode(each).save(path)
    write_table(folder / TABLE, rows)
    write_table(folder / COMPLETE, complete)
    return folder


def small_settings() -> Settings:
    """Trainings of seconds."""
    return Settings().changed(
        {
            "one_box": {"size": 32, "epochs": 2, "filters": (2, 2, 4, 4)},
            "vgg": {"size": 32, "epochs": 1, "batch": 8, "front_ends": (2,)},
            "detector": {
                "size": 64,
                "stride": 8,
                "backbones": ("small",),
                "types_backbone": "small",
                "epochs": 2,
                "units": 16,
                "proposals": 30,
                "rois": 8,
                "batch": 4,
            },
        }
    )
