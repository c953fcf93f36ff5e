"""Phantoms as probes of many kinds show them, at many sizes: what a network is not to take for signs of a mass."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from PIL import Image

from livercad.code import code_hash
from livercad.phantom.ultrasound.cohort import Case, draw_cases
from livercad.phantom.ultrasound.making import NORMAL, Options, make_picture
from livercad.phantom.ultrasound.probe import Probe
from livercad.progress import Progress, silent
from livercad.studies.atomic import replacing, write_text
from livercad.studies.ultrasound.phantoms import VARIED_RECORD
from livercad.studies.ultrasound.rows import TABLE, Row, write_annotations

COLUMNS = (224, 512)
"""Pixels across an image are drawn between these. Like all below our choice: wider than what the phantoms of
`livercad phantom ultrasound` draw, from small convex probes to large ones."""
DEPTH_MM, RADIUS_MM, HALF_ANGLE, FREQUENCY_MHZ = (100.0, 190.0), (15.0, 75.0), (0.38, 0.75), (2.2, 4.5)
SIZE = (0.6, 1.2)
"""Lesions are drawn as many times as large."""


def write_varied(folder: Path, options: Options, progress: Progress = silent) -> None:
    """Write images and ``annotations.csv`` of phantom cases, each scanned by a probe of its own.

    Parameters
    ----------
    folder : Path
        Made if it is not there; a set of the same options and code is kept.
    options : Options
        Cases, seed and normals; the size is drawn.
    progress : Progress
        Told of every case; may raise `Cancelled`: the next call begins anew.
    """
    key = f"{code_hash(__name__)} {options.key}"
    record, table = folder / VARIED_RECORD, folder / TABLE
    if record.is_file() and table.is_file() and json.loads(record.read_text(encoding="utf-8"))["key"] == key:
        return
    table.unlink(missing_ok=True)  # images are written over: until all are, there is no set
    rows, told = [], []
    cases = draw_cases(options.cases, options.seed, options.normals)
    for done, drawn in enumerate(cases):
        progress(done, len(cases), drawn.name)
        case, columns = _varied(drawn)
        told.append({"case": case.name, "columns": columns, "diameter_mm": case.diameter_mm, **asdict(case.probe)})
        for number in range(case.views):
            picture, name = make_picture(case, number, columns), f"{case.name}-{number + 1}.png"
            with replacing(folder / name) as temporary:
                Image.fromarray(picture.array).save(temporary, format="PNG")
            rows.append(Row(case.name, name, kind=case.look.kind.value if case.look else NORMAL, circle=picture.circle))
    progress(len(cases), len(cases), "done")
    write_text(record, json.dumps({"key": key, "cases": told}, indent=1) + "\n")
    write_annotations(table, rows)


def _varied(case: Case) -> tuple[Case, int]:
    """The same patient under another probe, and how many columns the image has."""
    rng = np.random.default_rng((*case.seed, 4))
    probe = Probe(
        depth_mm=float(rng.uniform(*DEPTH_MM)),
        radius_mm=float(rng.uniform(*RADIUS_MM)),
        half_angle=float(rng.uniform(*HALF_ANGLE)),
        frequency_mhz=float(rng.uniform(*FREQUENCY_MHZ)),
        focus_mm=case.probe.focus_mm,
    )
    size = float(np.exp(rng.uniform(*np.log(SIZE))))
    return replace(case, probe=probe, diameter_mm=case.diameter_mm * size), int(rng.integers(*COLUMNS))
